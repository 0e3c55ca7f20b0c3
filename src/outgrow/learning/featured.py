"""Labels of several labellers weighed against what features say of the same rows.

Confusion matrices come of a few rounds of Dawid and Skene's, the shares of the classes being kept as voted. A head
learns the posterior without its rows, and its answers are calibrated so that the labels are as likely as they can be,
the matrices being kept. The same is done with shares that are more even than voted; the most even ones are taken that
the labels do not speak against, by the ratio of likelihoods. Rows whose truth is known keep it; labellers, answers and
shares are judged by it too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from outgrow.learning.labellers import calibrated, fuse, hardest, likelihood_of, posterior_of
from outgrow.learning.objective import Lesson, WeakLabels, balanced
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.tasks.base import Output

EVEN = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far shares are moved towards even ones
NATS = 1.92  # by which labels may be less likely with more even shares: the 95 % of a likelihood ratio of one degree
EQUAL = 100  # rows of known class that tell as much of the shares as the vote does, whatever its number of rows


def fuse_with_features(
    weak: WeakLabels, *, rounds: int, l2: float, audit: float, smoothing: float, seed: int
) -> np.ndarray | str:
    """Posterior of the classes, float32 [n, classes], zero where nothing is known; or why there is none, in words.

    Args:
        rounds: of expectation and maximisation.
        l2: of the head.
        audit: as how many rows each row counts whose truth is known.
        smoothing: added to each count of a confusion matrix.
    """
    votes, truth = weak.probabilities.astype(np.float64), weak.truth
    if len(votes) == 1 and truth is None:
        return "one labeller alone does not show how often it errs"
    if weak.features is None:
        return "the student has no features to take a prior from"
    features = weak.features()
    judged: dict[str, Any] = {"truth": truth, "audit": audit}
    fused = [
        fuse(votes, prior=np.broadcast_to(own, votes.shape[1:]), smoothing=smoothing, rounds=rounds, **judged)
        for own in _shares(weak)
    ]
    heard = fused[0].posterior.sum(-1) > 0
    lessons = [balanced(one.posterior.astype(np.float32), heard.astype(np.float64)) for one in fused]
    output = Output(kind="preference" if features.ndim == 3 else "classification", n_classes=votes.shape[-1])
    answers = out_of_fold(features, lessons, output, l2=[l2], folds=folds_of(weak.groups, seed=seed))[:, 0]
    if not tells(answers[0], lessons[0]):
        return "the features tell no more of held-out labels than their shares do"
    priors = [calibrated(own, votes, one.confusion, **judged) for own, one in zip(answers, fused, strict=True)]
    known = None if truth is None else truth[heard]
    nats = heard.sum() * np.array([
        likelihood_of(votes[:, heard], one.confusion, prior[heard], truth=known, audit=audit)
        for one, prior in zip(fused, priors, strict=True)
    ])  # fmt: skip
    best = int(np.flatnonzero(nats >= nats.max() - NATS)[-1])
    found = posterior_of(votes, fused[best].confusion, priors[best], truth=truth) * heard[:, None]
    return np.asarray(found, np.float32)


def tells(answers: np.ndarray, lesson: Lesson) -> bool:
    """Whether answers [n, classes] make a lesson's targets more likely than the shares of its classes do."""
    weights = lesson.weights / lesson.weights.sum()
    shares = weights @ lesson.targets
    return bool(weights @ (lesson.targets * np.log(answers.clip(min=1e-12) / shares.clip(min=1e-12))).sum(-1) > 0)


def _shares(weak: WeakLabels) -> list[np.ndarray]:
    """What those of the classes may be, each [classes]: as voted and known, and ever more even."""
    vote = voted(weak.probabilities)
    shares = vote.sum(0) / max(vote.sum(), 1.0)
    if weak.truth is not None:
        known = np.bincount(weak.truth[weak.truth >= 0], minlength=len(shares))
        shares = (known + EQUAL * shares) / (known.sum() + EQUAL)
    return [(1 - share) * shares + share / len(shares) for share in EVEN]


def voted(votes: np.ndarray) -> np.ndarray:
    """The majority of votes [labellers, n, classes], float64 [n, classes]: ties share, zeros where nobody votes.

    A labeller that finds several classes equally probable gives each of them its share of a vote.
    """
    counts = hardest(votes).sum(0).round(9)  # thirds add up to the same in any order
    most = (counts == counts.max(-1, keepdims=True)) & (counts > 0)
    total = most.sum(-1, keepdims=True)
    return np.asarray(np.divide(most, total, out=np.zeros(most.shape), where=total > 0), np.float64)
