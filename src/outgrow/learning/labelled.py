"""Rows that have a label, beside their frozen features: what a row's label is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from outgrow.learning.neighbours import Neighbours, nearest
from outgrow.learning.objective import WeakLabels, balanced
from outgrow.learning.out_of_fold import folds_of, in_sample, out_of_fold
from outgrow.tasks.base import Output


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The m of n rows that somebody labelled. Several supervisors are averaged; a known truth stands in their place.

    Rows are in the order of their ids: whatever is decided between equals does not depend on the order of the data.

    Args:
        rows: their numbers, int64 [m].
        targets: their labels, float32 [m, classes], rows summing to 1.
        known: whether the truth is known, bool [m].
        features: [m, width], or [m, 2, width] of pairs.
        groups: m of them.
        n: of all rows.
        seed: of the folds.
    """

    rows: np.ndarray
    targets: np.ndarray
    known: np.ndarray
    features: np.ndarray
    groups: Sequence[str]
    n: int
    seed: int

    @property
    def label(self) -> np.ndarray:
        """The most probable class, int64 [m]; of equals the first."""
        return np.asarray(self.targets.argmax(1))

    @property
    def output(self) -> Output:
        """What a head on these features answers."""
        kind: Literal["preference", "classification"] = "preference" if self.features.ndim == 3 else "classification"
        return Output(kind=kind, n_classes=self.targets.shape[1])

    def answers(self, *, l2: float, own: bool = False) -> np.ndarray:
        """Probabilities float32 [m, classes] of linear heads that learned the labels of other groups' rows.

        A class that no label gives any probability gets none: of thousands of moves, few are ever played.

        Args:
            l2: of the heads, as of `TrainSpec`.
            own: of one head instead that learned all rows, the row itself too.

        Raises:
            ValueError: all rows are of one group.
        """
        if not own and len(set(self.groups)) < 2:
            raise ValueError(f"all {len(self.rows):,} labelled rows are of one group: no head can be kept from a part")
        given = np.asarray(self.targets.any(0))
        if given.sum() < 2:
            given[:] = True
        lesson = balanced(self.targets[:, given], np.ones(len(self.rows)))
        output = replace(self.output, n_classes=int(given.sum()))
        if own:
            answers = in_sample(self.features, lesson, output, l2=l2)
        else:
            folds = folds_of(self.groups, seed=self.seed)
            answers = out_of_fold(self.features, [lesson], output, l2=[l2], folds=folds)[0, 0]
        found = np.zeros(self.targets.shape, np.float32)
        found[:, given] = answers
        return found

    def near(self, k: int, *, by: Literal["distance", "cosine"] = "distance", own: bool = False) -> Neighbours:
        """The k nearest labelled rows of other groups; or of all rows, each row itself the first (`own`)."""
        return nearest(self.features, k=k, groups=None if own else self.groups, by=by)

    def agreement(self, near: Neighbours) -> np.ndarray:
        """The share of neighbours that have the same label, float64 [m]."""
        return np.asarray((near.labels(self.label) == self.label[:, None]).mean(1))

    def everywhere(self, values: np.ndarray) -> np.ndarray:
        """Values [m, ...] in the places of all rows, [n, ...]: zero where there is no label."""
        found = np.zeros((self.n, *values.shape[1:]), values.dtype)
        found[self.rows] = values
        return found

    def keep(self, kept: np.ndarray) -> np.ndarray:
        """Weights of all rows, float64 [n]: 1 for those kept, bool [m], and for those whose truth is known."""
        return self.everywhere((kept | self.known).astype(np.float64))


def labelled(weak: WeakLabels, *, seed: int) -> Labelled:
    """The rows that have a label or a known truth.

    Raises:
        ValueError: there are no features, or no labels.
    """
    if weak.features is None:
        raise ValueError(
            "frozen features of the rows are needed, and there are none; choose a student that can be trained with "
            'training = "probe"'
        )
    targets = weak.corrected(weak.mean())
    rows = np.array(sorted(np.flatnonzero(targets.any(1)).tolist(), key=weak.ids.__getitem__), np.int64)
    if not len(rows):
        raise ValueError(f"none of {len(targets):,} rows has a label")
    known = np.zeros(len(rows), bool) if weak.truth is None else weak.truth[rows] >= 0
    return Labelled(
        rows=rows, targets=targets[rows], known=known, features=weak.features()[rows],
        groups=[weak.groups[row] for row in rows.tolist()], n=len(targets), seed=seed,
    )  # fmt: skip


def share_of_each(score: np.ndarray, label: np.ndarray, keep: float) -> np.ndarray:
    """The rows of each label with the highest scores, bool [m]: a share of each, rounded up; of equals, the first."""
    found = np.zeros(len(score), bool)
    for one in np.unique(label):
        rows = np.flatnonzero(label == one)
        found[rows[np.argsort(-score[rows], kind="stable")[: int(np.ceil(keep * len(rows)))]]] = True
    return found
