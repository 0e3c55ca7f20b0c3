"""Which labels to trust: a score of whether a label is right, learned from rows whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.errors import StepFailed
from outgrow.intervals.crossed import LEVEL, quantile
from outgrow.learning.objective import Lesson, WeakLabels
from outgrow.learning.out_of_fold import answers_of, folds_of, out_of_fold
from outgrow.metrics.auroc import share_below
from outgrow.metrics.calibration_error import bins_of
from outgrow.tasks.base import Output
from outgrow.trust.intervals import wilson

FEWEST = 2  # rows of known truth with a right label, and with a wrong one, below which no score is learned
RIGHT = Output(kind="classification", n_classes=2)
DRAWS = 200  # of what is right, were the scores true: how large a calibration error is by chance alone


def columns(said: np.ndarray, features: np.ndarray | None) -> np.ndarray:
    """What a score looks at, float16 [n, ...]: the labels, their entropy, both standardised, and frozen features.

    Of pairs, what the candidate that is labelled the better one has more than the other.

    Args:
        said: labels [n, classes]; zero where there is none.
        features: [n, width], or [n, 2, width] of pairs.
    """
    entropy = -(said * np.log(said.clip(min=1e-12))).sum(1, keepdims=True)
    own = standardised(np.concatenate([said, entropy], 1))
    if features is None:
        return np.asarray(own, np.float16)
    if features.ndim == 3:
        better = said.argmax(1)
        rows = np.arange(len(said))
        features = features[rows, better] - features[rows, 1 - better]
    return np.concatenate([own.astype(np.float16), np.asarray(features, np.float16)], 1)


def standardised(columns: np.ndarray) -> np.ndarray:
    """Columns [n, k] less their means, in units of their deviations; a column of one value is zero."""
    deviation = columns.std(0)
    return np.asarray((columns - columns.mean(0)) / np.where(deviation > 1e-6, deviation, 1))


def trust_scores(
    seen: np.ndarray, right: np.ndarray, groups: Sequence[str], *, l2: float, seed: int
) -> np.ndarray | None:
    """The probability that each label is right, [n]; of the rows it is learned from, by heads that have not seen them.

    Args:
        seen: what the score looks at, [n, width].
        right: 1 where the label is known to be right, 0 where wrong, -1 where that is not known; int64 [n].

    Returns:
        None where too few labels are known to be right, or to be wrong.
    """
    known = np.flatnonzero(right >= 0)
    if min(int((right == kind).sum()) for kind in (0, 1)) < FEWEST:
        return None
    targets = np.eye(2, dtype=np.float32)[right[known]]
    return apart(seen, known, targets, RIGHT, [groups[row] for row in known.tolist()], l2=l2, seed=seed)[:, 1]


def apart(
    features: np.ndarray,
    known: np.ndarray,
    targets: np.ndarray,
    output: Output,
    groups: Sequence[str],
    *,
    l2: float,
    seed: int,
) -> np.ndarray:
    """Probabilities [n, classes] of a head that learned some rows; of these, by heads that have not seen their group.

    Args:
        features: of all rows, [n, width], or [n, 2, width] for preference.
        known: numbers of the rows that are learned from, int64 [m].
        targets: of these, float32 [m, classes].
        groups: of these; where all are of one, they are answered by the head that learned them.
    """
    found = head_answers(features, known, targets, output, l2=l2)
    folds = folds_of(groups, seed=seed)
    if folds.max() > 0:
        lesson = Lesson(targets=targets, weights=np.ones(len(known), np.float32))
        found[known] = out_of_fold(features[known], [lesson], output, l2=[l2], folds=folds)[0, 0]
    return found


def head_answers(
    features: np.ndarray, known: np.ndarray, targets: np.ndarray, output: Output, *, l2: float
) -> np.ndarray:
    """Probabilities [n, classes] of all rows by a linear head that learned `targets` [m, classes] of the known ones.

    Raises:
        StepFailed: the head has no finite optimum.
    """
    import torch

    from outgrow.learning.heads import Student
    from outgrow.learning.lbfgs import solve
    from outgrow.learning.losses import CrossEntropy

    student = Student(
        rows=known, targets=torch.from_numpy(targets), weights=torch.ones(len(known)), loss=CrossEntropy(), seed=0,
        l2=l2,
    )  # fmt: skip
    (head,) = solve(features, [student], output, device=torch.device("cpu"))
    if isinstance(head, StepFailed):
        raise head
    return answers_of(head, features)


def known_right(weak: WeakLabels) -> np.ndarray:
    """1 where a label is known to be right, 0 where wrong, -1 where that is not known or there is none; int64 [n]."""
    said = weak.mean()
    truth = np.full(len(said), -1) if weak.truth is None else weak.truth
    return np.where((truth >= 0) & said.any(1), said.argmax(1) == truth, -1).astype(np.int64)


def weights_of(weak: WeakLabels, scores: np.ndarray | None, *, keep: float) -> np.ndarray:
    """1 for rows of known truth and for the `top` of other labelled rows, else 0, [n]; all 1 without scores [n]."""
    weights = np.ones(len(weak.ids))
    if scores is not None:
        unknown = True if weak.truth is None else weak.truth < 0
        rest = np.flatnonzero(unknown & weak.mean().any(1))
        weights[rest] = top(scores[rest], np.asarray(weak.ids)[rest], keep=keep)
    return weights


def top(scores: np.ndarray, ids: np.ndarray, *, keep: float) -> np.ndarray:
    """The share `keep` of rows with the highest scores, rounded up; of equals, those of lowest id. Bool [n]."""
    found = np.zeros(len(scores), bool)
    found[np.lexsort([ids, -scores])[: int(np.ceil(keep * len(scores)))]] = True
    return found


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """How well scores tell right labels from wrong ones.

    Args:
        auc: how often a right label has the higher score of a right and a wrong one, equals counting half.
        low, high: its 95 % interval (DeLong et al. 1988).
        brier: mean squared distance of the score from 1 or 0.
        calibration: expected calibration error, and what it is on average where the scores are true, `by_chance`.
        purity: share of right labels among the kept ones; `kept` is how many these are.
    """

    auc: float
    low: float
    high: float
    brier: float
    calibration: float
    by_chance: float
    purity: float
    kept: int


def ranked(scores: np.ndarray, right: np.ndarray, kept: np.ndarray) -> Ranked:
    """Of scores [n] whose labels are right or wrong, bool [n], of which some are kept, bool [n]."""
    above, below = share_below(scores[right], scores[~right]), 1 - share_below(scores[~right], scores[right])
    auc = float(above.mean())
    error = np.sqrt(sum(one.var(ddof=1) / len(one) for one in (above, below)))
    reach = quantile(np.inf, LEVEL) * float(error)
    drawn = np.random.default_rng(0).random((DRAWS, len(scores))) < scores
    return Ranked(
        auc=auc, low=max(0.0, auc - reach), high=min(1.0, auc + reach), brier=float(((scores - right) ** 2).mean()),
        calibration=calibration_error(scores, right),
        by_chance=float(np.mean([calibration_error(scores, one) for one in drawn])), purity=float(right[kept].mean()),
        kept=int(kept.sum()),
    )  # fmt: skip


def calibration_error(scores: np.ndarray, right: np.ndarray) -> float:
    """How far scores [n] lie from how often they are right, bool [n], over bins of like scores (Guo et al. 2017)."""
    return float(np.abs(np.bincount(bins_of(scores), scores - right)).sum() / len(scores))


def told(scores: np.ndarray | None, right: np.ndarray, ids: Sequence[str], *, keep: float) -> str:
    """A note on what `trust_scores` gave, [n], judged by the rows whose label is known to be right or wrong."""
    known = np.flatnonzero(right >= 0)
    hits = right[known] == 1
    n, good = len(hits), int(hits.sum())
    if scores is None:
        return f"trust keeps all rows: of {n:,} labels on rows of known truth {good:,} are right, so none can be ranked"
    found = ranked(scores[known], hits, top(scores[known], np.asarray(ids)[known], keep=keep))
    low, high = wilson(found.purity, found.kept)
    return (
        f"trust: of {n:,} rows of known truth, {good:,} have a right label ({good / n:.1%}); out of fold, the score "
        f"has AUC {found.auc:.2f} ({found.low:.2f} to {found.high:.2f}) and Brier {found.brier:.3f} "
        f"({good / n * (1 - good / n):.3f} if it said {good / n:.2f} of all), its calibration error is "
        f"{found.calibration:.3f} ({found.by_chance:.3f} by chance alone), and of the {found.kept:,} that it ranks "
        f"highest ({keep:.0%}), {found.purity:.1%} are right ({low:.1%} to {high:.1%})"
    )
