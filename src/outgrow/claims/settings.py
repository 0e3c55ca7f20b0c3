"""A setting: a few studies that test claims, each made of a shipped experiment that needs no hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from outgrow.config import read_experiments
from outgrow.experiment import Experiment


@dataclass(frozen=True, kw_only=True)
class Part:
    """One study of a setting.

    Args:
        name: what its rows are called in the store.
        of: the shipped experiment that it is made of.
        set: overrides of it; several sets make one study of several lists of experiments.
        seeds: how many, from 0.
        claims: numbers of the claims that it tests.
    """

    name: str
    of: str
    set: Sequence[Sequence[str]] = ((),)
    seeds: int
    claims: Sequence[int]

    def experiments(self, seeds: int | None = None) -> list[Experiment]:
        """All experiments of the study; with another number of seeds, if that is said."""
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

    def experiments(self, seeds: int | None = None) -> list[Experiment]:
        """Those of all parts."""
        return [one for part in self.parts for one in part.experiments(seeds)]
