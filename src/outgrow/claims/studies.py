"""The settings in which claims are tested, as data. What was changed after a result was seen stands in `table.py`."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.claims.settings import Part, Setting
from outgrow.errors import ConfigError

EVERYWHERE = (1, 16, 18, 33)
SIZES = (2, 3, 4, 36)  # what a ladder of sizes on text can tell
METHODS = 'sweep.method.name=["naive", "confidence", "bootstrapping"]'
TWO = 'sweep.method.name=["naive", "confidence"]'
NAIVE = 'sweep.method.name=["naive"]'
PROBE = '{model="smollm2-135m", training="probe"}'
FULL = (
    "weak.model=minilm-l6", "strong.model=minilm-l6", "sweep.weak.layers=[1,2,3]", "sweep.strong.layers=[2,3,6]",
    "split.supervisor=1000", "split.transfer=1000", "split.pool=2100", "split.validation=1000", "split.test=2000",
    "train.evaluations=8",
)  # fmt: skip


# Rates of simulated errors are such that the supervisor is about as good as the trained one of the setting.


def errors(structures: Sequence[str], *more: str) -> list[tuple[str, ...]]:
    """A set of overrides for each simulated supervisor, given as what stands in its table."""
    return [(f"weak={{model={one}}}", *more) for one in structures]


CHESS = Setting(
    name="chess",
    about="the best move in chess puzzles; the shipped ladder of networks, trained in full on hard labels",
    parts=[
        Part(name="claims-chess", of="chess", seeds=3, claims=(*EVERYWHERE, 3, 5, 6, 7, 9, 13, 36)),
        Part(
            name="claims-chess-stopping", of="chess", seeds=3, claims=(14,),
            set=[('sweep.weak.model=["chess-xs", "chess-l"]', 'sweep.strong.model=["chess-xl"]', NAIVE,
                  "train.evaluations=15", "split.validation=3000")],
        ),
        Part(
            name="claims-chess-labels", of="chess", seeds=3, claims=(31, 40),
            set=[('sweep.weak.model=["chess-s"]', 'sweep.strong.model=["chess-l"]', NAIVE, "split.pool=12000",
                  f"split.transfer={n}") for n in (400, 1500, 6000)],
        ),
        Part(
            name="claims-chess-errors", of="chess", seeds=3, claims=(26, 34),
            set=errors(['"random", rate=0.75', '"adversarial", rate=0.75, of="chess-l"'],
                       'sweep.strong.model=["chess-l"]', NAIVE, "split.transfer=3000"),
        ),
        Part(
            name="claims-chess-easy", of="chess", seeds=3, claims=(29, 30),
            set=[(f'sweep.weak.model=["{size}"]', f'sweep.strong.model=["{size}"]', NAIVE, f"split.easy={easy}",
                  "split.supervisor=4000", "split.transfer=300") for size in ("chess-s", "chess-l")
                 for easy in (1, 200, 1000)],
        ),
    ],
)  # fmt: skip
TEXT = Setting(
    name="text",
    about="film reviews; SmolLM2-135M cut to 1 to 30 layers, linear heads on frozen features; MiniLM-L6 supervises "
    "where there is one supervisor",
    parts=[
        Part(name="claims-text", of="text-ladder", seeds=20, claims=(*EVERYWHERE, *SIZES, 10, 11, 17, 35, 39)),
        Part(
            name="claims-text-stopping", of="text-ladder", seeds=20, claims=(14, 15),
            set=[("sweep.weak.layers=[1,6]", "sweep.strong.layers=[30]", TWO, "train.evaluations=20",
                  "split.validation=2000")],
        ),
        Part(
            name="claims-text-labels", of="text-offline", seeds=20, claims=(31, 40),
            set=[(NAIVE, f"split.transfer={n}") for n in (50, 150, 500, 1750)],
        ),
        Part(
            name="claims-text-ensembles", of="text-offline", seeds=20, claims=(32,),
            set=[(NAIVE,),
                 *((NAIVE, 'weak={model="ensemble", members=5, of={model="minilm-l6", training="probe"}, '
                           f'by="{by}"}}') for by in ("seeds", "parts")),
                 (NAIVE, 'weak={model="ensemble", members=[{model="minilm-l6", training="probe"}, '
                         '{model="minilm-l3", training="probe"}]}')],
        ),
        Part(
            name="claims-text-errors", of="text-offline", seeds=10, claims=(25, 26, 27, 34),
            set=errors(['"random", rate=0.3', '"class_conditional", rate=0.3', '"longest", rate=0.3',
                        '"spurious", rate=0.3', f'"feature_dependent", rate=0.3, region=0.4, of={PROBE}',
                        f'"adversarial", rate=0.3, of={PROBE}', f'"simulable", rate=0.3, of={PROBE}',
                        f'"mixed", rate=0.3, random=0.25, of={PROBE}',
                        f'"simulable", rate=0.225, of={PROBE}'],  # the simulable part of the mixture
                       TWO, "train.evaluations=10", "split.validation=2000"),
        ),
        Part(
            name="claims-text-told", of="text-offline", seeds=10, claims=(28,),
            set=[('task={name="rotten-tomatoes-told", wrong=0.3}', TWO,
                  'weak={model="spurious", cue="word", word="I think this is fresh", rate=0}')],
        ),
        Part(
            name="claims-text-prompting", of="text-offline", seeds=3, claims=(19,),
            set=[('sweep.method=["naive", "confidence"]', "split.test=300"),
                 ('sweep.method=[{name="few_shot", shots=4}]', "split.test=300")],
        ),
        Part(
            name="claims-text-shift", of="text-ladder", seeds=10, claims=(37,),
            set=[("sweep.weak.layers=[3,6,12]", "sweep.strong.layers=[18,30]", NAIVE,
                  'shift={name="tweets-binary", test=1000}')],
        ),
        Part(
            name="claims-text-shares", of="text-offline", seeds=20, claims=(38,),
            set=[(NAIVE, "split.transfer=900", *more)  # .9 of them are less than each seed has of a class
                 for more in ((), ("split.transfer_shares=[0.7, 0.3]",), ("split.transfer_shares=[0.9, 0.1]",))],
        ),
    ],
)  # fmt: skip
TEXT_FULL = Setting(
    name="text-full",
    about="film reviews; MiniLM-L6 cut to 1 to 6 layers, every weight trained",
    parts=[
        Part(
            name="claims-text-saliency",
            of="text-ladder",
            seeds=4,
            claims=(22,),
            set=[("weak.layers=2", "strong.layers=6", "weak.training=full", f"strong.training={kind}", *FULL[:2],
                  *FULL[4:], f"method.name={method}", *more)
                 for kind, method, more in (("probe", "naive", ('strong.train={optimizer="lbfgs"}',)),
                                            ("full", "naive", ()),
                                            ("full", "saliency", ("n_ground_truth=1000", "baselines=false")))],
        ),
        Part(
            name="claims-text-full", of="text-ladder", seeds=4,
            claims=(*EVERYWHERE, *SIZES, 10, 11, 14, 15, 17, 35),
            set=[("weak.training=full", "strong.training=full", METHODS, *FULL)],
        ),
        Part(
            name="claims-text-trends", of="text-ladder", seeds=4, claims=(23,),
            set=[(f"weak.training={kind}", f"strong.training={kind}", TWO, *FULL) for kind in ("probe", "full")],
        ),
    ],
)  # fmt: skip
REWARD = Setting(
    name="reward",
    about="which of two film reviews is better; SmolLM2-135M cut to 3 to 30 layers, linear heads on frozen features",
    parts=[
        Part(
            name="claims-reward", of="reward-offline", seeds=20, claims=(*EVERYWHERE, 8, 10, 12, 14, 15, 35, 36, 39),
            set=[("weak.model=smollm2-135m", "sweep.weak.layers=[3,6,12]", "sweep.strong.layers=[12,18,30]", METHODS,
                  "split.validation=1000", "train.evaluations=10")],
        ),
        Part(
            name="claims-reward-generative", of="reward-offline", seeds=3, claims=(20, 21),
            set=[("weak.model=smollm2-135m", "weak.layers=3", "strong.layers=12", "split.supervisor=500",
                  "split.transfer=500", "split.pool=1050", "split.validation=500", "split.test=500",
                  "train.evaluations=10", 'sweep.method.name=["naive", "generative_finetuning"]')],
        ),
        Part(
            name="claims-reward-labels", of="reward-offline", seeds=20, claims=(31, 40),
            set=[(NAIVE, f"split.transfer={n}") for n in (50, 200, 1000)],
        ),
    ],
)  # fmt: skip
VISION = Setting(
    name="vision",
    about="CIFAR-10; EfficientNet-Lite0 at 32 to 96 pixels supervises Lite2 at 224, linear heads on frozen features",
    parts=[
        Part(
            name="claims-vision", of="vision-offline", seeds=20, claims=(*EVERYWHERE, 24),
            set=[("sweep.weak.resolution=[32,64,96]", TWO)],
        ),
        Part(
            name="claims-vision-labels", of="vision-offline", seeds=20, claims=(31, 40),
            set=[(NAIVE, f"split.transfer={n}") for n in (100, 400, 1500)],
        ),
    ],
)  # fmt: skip
DIGITS = Setting(
    name="digits",
    about="small handwritten digits; 2 x 2 to 4 x 4 pixels supervise random patches, linear heads",
    parts=[
        Part(
            name="claims-digits", of="digits", seeds=20, claims=(*EVERYWHERE, 14, 24),
            set=[("sweep.weak.resolution=[2,3,4]", METHODS, "split.validation=190", "train.evaluations=10")],
        ),
        Part(
            name="claims-digits-errors", of="digits", seeds=10, claims=(25, 34),
            set=errors(['"random", rate=0.2', '"class_conditional", rate=0.2',
                        '"feature_dependent", rate=0.2, of="random-patches"',
                        '"adversarial", rate=0.2, of="random-patches"', '"simulable", rate=0.2, of="random-patches"',
                        '"mixed", rate=0.2, of="random-patches"', '"simulable", rate=0.1, of="random-patches"'], TWO),
        ),
        Part(
            name="claims-digits-labels", of="digits", seeds=20, claims=(31, 40),
            set=[(NAIVE, "split.pool=1000", f"split.transfer={n}") for n in (50, 200, 600)],
        ),
        Part(
            name="claims-digits-ensembles", of="digits", seeds=20, claims=(32,),
            set=[(NAIVE,),
                 *((NAIVE, 'weak={model="ensemble", members=5, of={model="pixels", resolution=3, '
                           f'train={{learning_rate=3e-2}}}}, by="{by}"}}') for by in ("seeds", "parts"))],
        ),
    ],
)  # fmt: skip
SETTINGS = {one.name: one for one in (CHESS, TEXT, TEXT_FULL, REWARD, VISION, DIGITS)}
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
