"""What a student that learned before says of the rows, as a reason to leave out or to replace labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from outgrow.learning.graph import smoothed_labels
from outgrow.learning.mixture import small
from outgrow.learning.objective import Selection, Transform, WeakLabels
from outgrow.learning.quality import ranking
from outgrow.learning.trusted import columns, trust_scores
from outgrow.tasks.base import Kind

LEAST = 1e-12  # below which a probability counts as this
CLASSES: frozenset[Kind] = frozenset({"classification", "preference"})


@dataclass(frozen=True, kw_only=True)
class SmallLoss(Selection):
    """The rows on which an earlier student's loss is probably small, those of known truth too.

    Args:
        sure: probability above which a row is kept.
    """

    name: ClassVar[str] = "rows of small loss"
    kinds: ClassVar[frozenset[Kind]] = CLASSES
    sure: float

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        targets, found = weak.corrected(weak.mean()), np.zeros(len(weak.ids))
        said = np.flatnonzero(targets.any(1))
        if not len(said):
            return found
        loss = -(targets[said] * np.log(earlier_of(weak)[said].clip(min=LEAST))).sum(1)
        known = np.zeros(len(said), bool) if weak.truth is None else weak.truth[said] >= 0
        found[said] = (small(loss) > self.sure) | known
        return found


@dataclass(frozen=True, kw_only=True)
class Refilled(Transform):
    """Rows that selections leave out take an earlier student's label where it is sure, else none.

    Args:
        selections: a row is left out if one of them gives it no weight.
        sure: probability of its class from which on the student is sure.
    """

    name: ClassVar[str] = "refilled"
    kinds: ClassVar[frozenset[Kind]] = CLASSES
    selections: tuple[Selection, ...]
    sure: float

    @property
    def wants_features(self) -> bool:  # type: ignore[override]
        return any(one.wants_features for one in self.selections)

    @property
    def needs_features(self) -> bool:  # type: ignore[override]
        return any(one.needs_features for one in self.selections)

    @property
    def uses_truth(self) -> bool:  # type: ignore[override]
        return any(one.uses_truth for one in self.selections)

    @property
    def label(self) -> str:
        return f"refilled after {' + '.join(one.label for one in self.selections)}"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        targets = weak.corrected(weak.mean())
        out = np.zeros(len(targets), bool)
        for one in self.selections:
            out |= one.weights(weak, seed=seed) == 0
        out &= targets.any(1) if weak.truth is None else targets.any(1) & (weak.truth < 0)
        own = earlier_of(weak)
        filled = out & (own.max(1) >= self.sure)
        found = np.where(filled[:, None], own, np.where(out[:, None], 0, targets)).astype(np.float32)
        notes = (
            f"{out.sum():,} of {len(out):,} rows were left out at first; the student labels {filled.sum():,} of them, "
            f"and is less sure than {self.sure:g} of the others",
        )  # fmt: skip
        return replace(weak.with_probabilities(found[None]), notes=(*weak.notes, *(notes if out.any() else ())))


@dataclass(frozen=True, kw_only=True)
class Selected(Transform):
    """An earlier student's label where it is probably right, as rows of known truth teach to tell; else a smoothed one.

    Args:
        sure: probability that the student's label is right from which on it is taken.
        alpha, neighbours, rounds: of the smoothing.
        l2: of the head that tells, as of `TrainSpec`.
    """

    name: ClassVar[str] = "selected"
    kinds: ClassVar[frozenset[Kind]] = CLASSES
    needs_features: ClassVar[bool] = True
    uses_truth: ClassVar[bool] = True
    sure: float
    alpha: float
    neighbours: int
    rounds: int
    l2: float

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        own, features = earlier_of(weak), weak.features
        truth = np.full(len(own), -1) if weak.truth is None else weak.truth
        said = weak.mean().any(1)
        right = np.where(truth >= 0, own.argmax(1) == truth, -1).astype(np.int64)
        seen = columns(own, None if features is None else features())
        scores = trust_scores(seen, right, weak.groups, l2=self.l2, seed=seed)
        even = smoothed_labels(weak, alpha=self.alpha, k=self.neighbours, rounds=self.rounds, seed=seed)
        known, hits = right >= 0, right == 1
        if scores is None:
            note = (
                f"of {known.sum():,} rows of known truth the student gets {hits.sum():,} right: its labels cannot be "
            )
            return replace(even, notes=(*even.notes, f"{note}told apart, and none is taken"))
        taken = said & ~known & (scores >= self.sure)
        found = np.where(taken[:, None], own, even.mean()).astype(np.float32)
        note = (
            f"the student's own label is taken on {taken.sum():,} of {len(own):,} rows; out of fold, the score of its "
            f"being right has {ranking(scores[known], hits[known]).words}"
        )
        return replace(even.with_probabilities(found[None]), notes=(*even.notes, note))


def earlier_of(weak: WeakLabels) -> np.ndarray:
    """What an earlier student says; ValueError where there is none."""
    if weak.earlier is None:
        raise ValueError("an earlier student's answers are needed, and this training has none")
    return weak.earlier
