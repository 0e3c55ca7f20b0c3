"""Pairs of supervisor and student, measured on the same seeds and test examples, so that they can be compared."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.analyses.base import Study
from outgrow.intervals.measured import Measured, mean
from outgrow.results.cells import Cells
from outgrow.results.table import Group
from outgrow.supervisors.base import supervisors


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A pooled result, and the means of it that numbers can be made of; larger is better in all scores.

    Args:
        rows: which seeds of the cells are those that all pairs have.
    """

    group: Group
    cells: Cells
    rows: Sequence[int]

    def __getitem__(self, name: str) -> Measured:
        """A mean: of a role's score, or of what `Cells` has besides."""
        sign = -1.0 if name in ROLES and not self.group.larger_is_better else 1.0
        return mean(sign * self.cells.values[name][list(self.rows)], self.cells.groups)

    def __contains__(self, name: str) -> bool:
        return name in self.cells.values

    @property
    def gain(self) -> Measured:
        """Student minus supervisor."""
        return self["student"] - self["weak"]

    @property
    def pgr(self) -> Measured:
        """The share of the gap recovered; only where there is a gap."""
        return self.gain / (self["ceiling"] - self["weak"])

    @property
    def agreement_when_right(self) -> Measured:
        """Agreement where the supervisor is right."""
        return self["same_right"] / self["right"]

    @property
    def agreement_when_wrong(self) -> Measured:
        """Agreement where the supervisor is wrong."""
        return (self["same"] - self["same_right"]) / (1 - self["right"])

    @property
    def misfit(self) -> Measured:
        """Mean squared difference of the student's and the supervisor's probability of class 1."""
        return self._squared("student_positive", "weak_positive")

    @property
    def squared_gain(self) -> Measured:
        """By how much the student's squared error (of the probability of class 1) is below its supervisor's."""
        return self._squared("weak_positive", "truth") - self._squared("student_positive", "truth")

    @property
    def cross_entropy(self) -> Measured:
        """Of the student's answers to its supervisor's, where there are two classes."""
        weak, student = (self._positive(role) for role in ("weak_positive", "student_positive"))
        student = np.clip(student, 1e-7, 1 - 1e-7)
        return mean(-weak * np.log(student) - (1 - weak) * np.log1p(-student), self.cells.groups)

    @property
    def capa(self) -> Measured:
        """Probable agreement of two classes beyond what their accuracies explain (Goel et al. 2025, CAPA)."""
        weak, student, truth = (self._positive(name) for name in ("weak_positive", "student_positive", "truth"))
        seen = mean(weak * student + (1 - weak) * (1 - student), self.cells.groups)
        a, b = (mean(truth * p + (1 - truth) * (1 - p), self.cells.groups) for p in (weak, student))
        chance = a * b + (1 - a) * (1 - b)
        return (seen - chance) / (1 - chance)

    def _squared(self, one: str, other: str) -> Measured:
        return mean((self._positive(one) - self._positive(other)) ** 2, self.cells.groups)

    def _positive(self, name: str) -> np.ndarray:
        return self.cells.values[name][list(self.rows)].astype(np.float64)

    @property
    def weak_size(self) -> float:
        """Powers of ten of the supervisor's cost."""
        return math.log10(self.group.weak_cost)

    @property
    def strong_size(self) -> float:
        """Powers of ten of the student's cost."""
        return math.log10(self.group.strong_cost)


ROLES = ("weak", "student", "ceiling", "zero_shot")


def measured(study: Study, groups: Sequence[Group]) -> list[Pair]:
    """These results on the seeds that all of them have; those on other test examples than most are left out."""
    found = [(g, cells) for g in groups if (cells := study.cells(g)) is not None]
    if not found:
        return []
    examples, _ = Counter(cells.examples for _, cells in found).most_common(1)[0]
    found = [(g, cells) for g, cells in found if cells.examples == examples]
    seeds = sorted(set.intersection(*(set(cells.seeds) for _, cells in found)))
    if not seeds:
        return []
    return [Pair(group=g, cells=cells, rows=[cells.seeds.index(s) for s in seeds]) for g, cells in found]


def ordinary(study: Study, method: str = "naive", *, gap: bool = False, varied: bool = False) -> list[Group]:
    """Results of a method, as most are that it was run with, of a trained supervisor and a larger student.

    Args:
        gap: only those with a gap to recover.
        varied: all that it was run with, such as other sizes of `transfer`.
    """
    found = [
        g
        for g in study.groups
        if method_of(g) == method
        and supervisor_of(g) not in supervisors
        and 0 < g.weak_cost <= g.strong_cost
        and g.weak != g.strong
        and g.verdict not in ("failed", "undefined")
    ]
    if found and not varied:
        variant, _ = Counter(g.method for g in found).most_common(1)[0]
        found = [g for g in found if g.method == variant]
    return [g for g in found if not gap or g.verdict == "ok"]


def contrasts(study: Study, method: str, *, gap: bool = True) -> list[tuple[Pair, Pair]]:
    """Naive results, each with that of a method on the same pair in the same settings.

    Where a method comes down to naive, as bootstrapping does without a size in between, there is nothing to compare.
    """
    others = {_apart_from_method(g): g for g in ordinary(study, method, gap=gap)}
    both = [(g, others[name]) for g in ordinary(study, gap=gap) if (name := _apart_from_method(g)) in others]
    both = [(a, b) for a, b in both if a.keys != b.keys]
    pairs = {id(one.group): one for one in measured(study, [g for two in both for g in two])}
    return [(pairs[id(a)], pairs[id(b)]) for a, b in both if {id(a), id(b)} <= pairs.keys()]


def method_of(group: Group) -> str:
    """The method's name without its options."""
    method = group.settings.get("method")
    return str(method.get("name", "")) if isinstance(method, dict) else str(method)


def supervisor_of(group: Group) -> str:
    """The name that `model` of [weak] gives: of a model, or of another supervisor."""
    weak = group.settings.get("weak")
    return str(weak.get("model", "")) if isinstance(weak, dict) else str(weak)


def methods_of(study: Study) -> list[str]:
    """The methods besides naive, as they come."""
    return [name for name in dict.fromkeys(method_of(g) for g in study.groups) if name != "naive"]


def _apart_from_method(group: Group) -> str:
    return json.dumps({k: v for k, v in group.settings.items() if k != "method"}, sort_keys=True, default=str)


def smallest(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of the smallest supervisor."""
    least = min(one.group.weak_cost for one in pairs)
    return [one for one in pairs if one.group.weak_cost == least]


def widest(pairs: Sequence[Pair]) -> Pair:
    """The smallest supervisor with its largest student."""
    return max(smallest(pairs), key=lambda one: one.group.strong_cost)


def next_sizes(pairs: Sequence[Pair]) -> list[Pair]:
    """Those whose student is the next size above its supervisor."""
    sizes = np.unique([cost for one in pairs for cost in (one.group.weak_cost, one.group.strong_cost)])
    place = {cost: i for i, cost in enumerate(sizes)}
    return [one for one in pairs if place[one.group.strong_cost] - place[one.group.weak_cost] == 1]
