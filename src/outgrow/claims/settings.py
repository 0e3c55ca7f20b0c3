"""The settings in which claims are tested: each a few studies, made of shipped experiments that need no hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from outgrow.config import read_experiments
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment


@dataclass(frozen=True, kw_only=True)
class Part:
    """One study of a setting.

    Args:
        name: what its rows are called in the store.
        of: shipped experiments, by name.
        set: overrides, for each of them; several sets make one study of several lists of experiments.
        seeds: how many, from 0.
        claims: numbers of the claims that it tests.
    """

    name: str
    of: str
    set: Sequence[Sequence[str]] = ((),)
    seeds: int
    claims: Sequence[int]

    def experiments(self, seeds: int | None = None) -> list[Experiment]:
        """All experiments of the study; with other seeds, if that is said."""
        numbers = list(range(seeds or self.seeds))
        found = [one for some in self.set for one in read_experiments(self.of, settings=some, seeds=numbers)]
        return list(dict.fromkeys(replace(one, name=self.name) for one in found))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where claims are tested.

    Args:
        about: one line: task, models, and how they are trained.
    """

    name: str
    about: str
    parts: Sequence[Part]

    def only(self, claims: Sequence[int]) -> Setting:
        """The parts of it that test one of these claims, and of each these claims; all where none is named."""
        if not claims:
            return self
        parts = [replace(one, claims=[n for n in one.claims if n in claims]) for one in self.parts]
        return replace(self, parts=[one for one in parts if one.claims])


EVERYWHERE = (1, 16, 18, 33)
METHODS = 'sweep.method.name=["naive","confidence","bootstrapping"]'

SETTINGS: dict[str, Setting] = {
    one.name: one
    for one in (
        Setting(
            name="chess",
            about="the best move in chess puzzles; the shipped ladder of networks, trained in full on the hard labels "
            "of the supervisor",
            parts=[Part(name="claims-chess", of="chess", seeds=3, claims=(*EVERYWHERE, 3, 5, 6, 7, 9, 13))],
        ),
        Setting(
            name="text",
            about="film reviews; SmolLM2-135M cut to 1 to 30 layers, linear heads on frozen features",
            parts=[Part(name="claims-text", of="text-ladder", seeds=20, claims=(*EVERYWHERE, 2, 3, 4, 10, 11, 17))],
        ),
        Setting(
            name="text-full",
            about="film reviews; SmolLM2-135M cut to 1, 2 and 4 layers, every weight trained",
            parts=[
                Part(
                    name="claims-text-full", of="text-ladder", seeds=3, claims=(*EVERYWHERE, 2, 3, 4, 10, 11, 17),
                    set=[
                        (
                            "weak.training=full", "strong.training=full", "sweep.weak.layers=[1,2,4]",
                            "sweep.strong.layers=[1,2,4]", METHODS, "split.supervisor=1000", "split.transfer=1000",
                        )
                    ],
                )
            ],
        ),
        Setting(
            name="reward",
            about="which of two film reviews is better; SmolLM2-135M cut to 3 to 30 layers, linear heads on frozen "
            "features",
            parts=[
                Part(
                    name="claims-reward", of="reward-offline", seeds=20, claims=(*EVERYWHERE, 8, 10, 12),
                    set=[
                        (
                            "weak.model=smollm2-135m", "sweep.weak.layers=[3,6,12]", "sweep.strong.layers=[12,18,30]",
                            METHODS,
                        )
                    ],
                )
            ],
        ),
        Setting(
            name="vision",
            about="CIFAR-10; EfficientNet-Lite0 at 32 to 96 pixels supervises Lite2 at 224, linear heads",
            parts=[
                Part(
                    name="claims-vision", of="vision-offline", seeds=20, claims=(*EVERYWHERE, 24),
                    set=[("sweep.weak.resolution=[32,64,96]",)],
                )
            ],
        ),
        Setting(
            name="digits",
            about="small handwritten digits; 2 x 2 to 4 x 4 pixels supervise random patches, linear heads",
            parts=[
                Part(
                    name="claims-digits", of="digits", seeds=20, claims=EVERYWHERE,
                    set=[("sweep.weak.resolution=[2,3,4]", METHODS)],
                )
            ],
        ),
    )
}  # fmt: skip
"""By name."""


def chosen(names: Sequence[str], claims: Sequence[int]) -> list[Setting]:
    """Settings by name, all where none is named, with what tests these claims. Raises ConfigError for unknown names."""
    if unknown := [name for name in names if name not in SETTINGS]:
        raise ConfigError(f"--settings: there is no setting {unknown[0]!r}; there are {', '.join(SETTINGS)}")
    found = [SETTINGS[name].only(claims) for name in names or SETTINGS]
    if not any(one.parts for one in found):
        numbers = ", ".join(map(str, claims))
        raise ConfigError(f"--claims {numbers}: no study of {', '.join(one.name for one in found)} tests them")
    return [one for one in found if one.parts]
