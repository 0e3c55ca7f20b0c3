"""How good each weak label probably is, by what frozen features say of rows like it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.learning.labelled import Labelled, labelled
from outgrow.learning.objective import WeakLabels
from outgrow.metrics.auroc import share_below
from outgrow.trust.confident import meant


@dataclass(frozen=True, kw_only=True)
class LabelQuality:
    """A table of the rows that have a label: what speaks for it. Every score is high where the label is probably right.

    Args:
        rows: their numbers, int64 [m].
        label: the most probable class, int64 [m].
        meant: the class that the row confidently is, by heads that have not learned from it; -1 for none.
        confidence: the weak label's own probability.
        self_confidence: the probability that such a head gives to the label.
        margin: that, less the highest of another class.
        agreement: the share of neighbours with the same label.
        density: the inverse of the mean distance to them.
    """

    rows: np.ndarray
    label: np.ndarray
    meant: np.ndarray
    confidence: np.ndarray
    self_confidence: np.ndarray
    margin: np.ndarray
    agreement: np.ndarray
    density: np.ndarray

    def ranked(self, truth: np.ndarray) -> dict[str, Ranking]:
        """How well each score ranks right labels before wrong ones.

        Args:
            truth: the class of all rows, int64 [n]; -1 where nobody knows it.
        """
        known = truth[self.rows] >= 0
        right = self.label == truth[self.rows]
        scores = ("confidence", "self_confidence", "margin", "agreement", "density")
        return {name: ranking(getattr(self, name)[known], right[known]) for name in scores}


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The share of pairs of a right and a wrong label in which the right one scores higher; ties count half.

    Args:
        value: None where all labels are right, or all are wrong.
        low, high: 95 % interval (DeLong et al. 1988); None where the pairs do not differ enough for one.
        right, wrong: how many labels there are.
    """

    value: float | None
    low: float | None
    high: float | None
    right: int
    wrong: int

    @property
    def words(self) -> str:
        """In one clause."""
        if self.value is None:
            return f"{self.right:,} labels are right and {self.wrong:,} wrong, so nothing can be ranked"
        interval = "" if self.low is None else f", 95 % interval {self.low:.3f} to {self.high:.3f}"
        return f"AUROC {self.value:.3f}{interval}; {self.right:,} right, {self.wrong:,} wrong"


def ranking(score: np.ndarray, right: np.ndarray) -> Ranking:
    """How well a score [m] ranks what is right, bool [m], before what is wrong."""
    counts = {"right": int(right.sum()), "wrong": int((~right).sum())}
    if not all(counts.values()):
        return Ranking(value=None, low=None, high=None, **counts)
    below, above = share_below(score[right], score[~right]), 1 - share_below(score[~right], score[right])
    value, low, high = float(below.mean()), None, None
    if min(counts.values()) > 1:
        deviation = float(np.sqrt(below.var(ddof=1) / len(below) + above.var(ddof=1) / len(above)))
        if deviation > 0:
            low, high = max(0.0, value - 1.96 * deviation), min(1.0, value + 1.96 * deviation)
    return Ranking(value=value, low=low, high=high, **counts)


def label_quality(weak: WeakLabels, *, seed: int, k: int = 20, l2: float = 0.1) -> LabelQuality:
    """What frozen features say of weak labels, without any ground truth.

    Args:
        seed: of the folds.
        k: neighbours.
        l2: of the out-of-fold heads, as of `TrainSpec`.

    Raises:
        ValueError: there are no features, no labels, or all labelled rows are of one group.
    """
    rows = labelled(weak, seed=seed)
    answers, near = rows.answers(l2=l2), rows.near(k)
    return LabelQuality(
        rows=rows.rows, label=rows.label, meant=meant(rows.label, answers), confidence=rows.targets.max(1),
        self_confidence=of_label(answers, rows.label), margin=margin(answers, rows.label),
        agreement=rows.agreement(near), density=density(near.distances),
    )  # fmt: skip


def of_label(answers: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The probability of each row's label, [m]."""
    return np.asarray(answers[np.arange(len(label)), label])


def margin(answers: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The probability of each row's label, less the highest of another class, [m]."""
    others = np.where(np.arange(answers.shape[1]) == label[:, None], -1.0, answers).max(1)
    return np.asarray(of_label(answers, label) - others)


def density(distances: np.ndarray) -> np.ndarray:
    """The inverse of the mean distance of neighbours [m, k]; where rows lie upon each other, that of the densest."""
    mean = distances.mean(1)
    least = mean[mean > 0].min(initial=np.inf)
    return np.asarray(1 / np.maximum(mean, least if np.isfinite(least) else 1.0))


def overlap_scores(rows: Labelled, *, k: int, l2: float) -> np.ndarray:
    """Z-scores [m, 4] of fit, agreement, density and doubt; a score that is the same for all rows is zero."""
    near, share = rows.near(k), rows.targets.astype(np.float64)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(1) / np.log(max(share.shape[1], 2))
    found = np.stack(
        [
            of_label(rows.answers(l2=l2), rows.label).astype(np.float64),
            rows.agreement(near),
            density(near.distances),
            -((entropy - 0.5) ** 2),
        ],
        axis=1,
    )
    spread = found.std(0)
    return np.asarray((found - found.mean(0)) * np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0.0))
