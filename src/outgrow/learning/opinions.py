"""A score of whether a label is right, from what heads that have not seen the row say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from outgrow.learning.labelled import Labelled, labelled
from outgrow.learning.objective import WeakLabels, balanced
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.learning.quality import of_label
from outgrow.learning.trusted import FEWEST, RIGHT, apart, columns, head_answers, standardised, trust_scores

SURE = 1e-6  # from 0 and from 1, beyond which a probability counts as this
GROUPS = 3  # of known rows, below which none could be left out twice
L2 = 0.03  # of the head that weighs the opinions, of which there are few


def scores_of(weak: WeakLabels, right: np.ndarray, *, l2: float, seed: int) -> np.ndarray | None:
    """The probability that each label is right, [n]; of known rows, as learned from others. Rows without label: 0.

    Args:
        right: 1 where the label is known to be right, 0 where wrong, -1 where that is not known; int64 [n].
        l2: of the heads, as of `TrainSpec`.

    Returns:
        None where too few labels are known to be right, or to be wrong.
    """
    if min(int((right == kind).sum()) for kind in (0, 1)) < FEWEST:
        return None
    if weak.features is None or len({weak.groups[row] for row in np.flatnonzero(right >= 0).tolist()}) < GROUPS:
        return trust_scores(columns(weak.mean(), None), right, weak.groups, l2=l2, seed=seed)
    seen = opinions(weak, l2=l2, seed=seed)
    return seen.rows.everywhere(seen.scores())


@dataclass(frozen=True, kw_only=True)
class Opinions:
    """Labelled rows, and what is known of them.

    Args:
        rows: those that have a weak label, m of them.
        fixed: opinions in which no known truth has a part, [m, k]: the log-odds of each label by heads that learned the
            weak labels of other rows, the log-odds that such heads agree with labels of rows like it, the label itself.
        bare: the label and the features, [m, width].
        truth: the class where it is known, int64 [m]; else -1.
        l2: of the heads on features, as of `TrainSpec`.
    """

    rows: Labelled
    fixed: np.ndarray
    bare: np.ndarray
    truth: np.ndarray
    l2: float

    @property
    def right(self) -> np.ndarray:
        """1 where the label is known to be right, 0 where wrong, -1 where that is not known; int64 [m]."""
        return np.where(self.truth >= 0, self.rows.label == self.truth, -1).astype(np.int64)

    def scores(self) -> np.ndarray:
        """The probability that each label is right, [m]; that of a known row is learned from rows of other groups.

        All that is learned from truth for the score of a known row is learned without its fold: the head that says
        which class a row has, the one that says of bare features where labels err, and the one that weighs opinions.
        """
        known = np.flatnonzero(self.truth >= 0)
        groups = [self.rows.groups[row] for row in known.tolist()]
        found = self._learned(known)
        folds = folds_of(groups, seed=self.rows.seed)
        for fold in np.unique(folds):
            left_out = known[folds == fold]
            found[left_out] = self._learned(known[folds != fold])[left_out]
        return found

    def _learned(self, known: np.ndarray) -> np.ndarray:
        """Scores [m] learned from the truth of some rows, given by their numbers; too high or too low for these."""
        rows = self.rows
        classes = np.eye(rows.output.n_classes, dtype=np.float32)[self.truth[known]]
        groups = [rows.groups[row] for row in known.tolist()]
        says = apart(rows.features, known, classes, rows.output, groups, l2=self.l2, seed=rows.seed)
        right = np.eye(2, dtype=np.float32)[self.right[known]]
        errs = apart(self.bare, known, right, RIGHT, groups, l2=self.l2, seed=rows.seed)
        own = standardised(np.stack([log_odds(of_label(says, rows.label)), log_odds(errs[:, 1])], 1))
        seen = np.concatenate([self.fixed, own], 1).astype(np.float32)
        return np.asarray(head_answers(seen, known, right, RIGHT, l2=L2)[:, 1])


def opinions(weak: WeakLabels, *, l2: float, seed: int) -> Opinions:
    """Of rows with frozen features.

    Raises:
        ValueError: there are no features, no labels, or all labelled rows are of one group.
    """
    rows = labelled(replace(weak, truth=None), seed=seed)
    truth = np.full(len(rows.rows), -1) if weak.truth is None else weak.truth[rows.rows]
    answers = rows.answers(l2=l2)
    likely, agrees = of_label(answers, rows.label), answers.argmax(1) == rows.label
    lesson = balanced(np.eye(2, dtype=np.float32)[agrees.astype(np.int64)], np.ones(len(agrees)))
    bare = columns(rows.targets, rows.features)
    folds = folds_of(rows.groups, seed=seed)
    alike = out_of_fold(bare, [lesson], RIGHT, l2=[l2], folds=folds)[0, 0, :, 1]
    heads = standardised(np.stack([log_odds(likely), log_odds(alike)], 1))
    own = columns(rows.targets, None) / np.sqrt(rows.targets.shape[1])  # together about as heavy as one opinion
    return Opinions(rows=rows, fixed=np.concatenate([heads, own], 1), bare=bare, truth=truth, l2=l2)


def log_odds(chances: np.ndarray) -> np.ndarray:
    """Of probabilities [...], none of them nearer to 0 or 1 than `SURE`."""
    within = chances.astype(np.float64).clip(SURE, 1 - SURE)
    return np.asarray(np.log(within) - np.log1p(-within))
