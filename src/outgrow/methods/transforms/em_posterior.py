"""Weak labels weighed against what the student's features say of the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.labellers import SMOOTHING, calibrated, fuse, likelihood_of, posterior_of
from outgrow.learning.objective import Lesson, Transform, WeakLabels, balanced
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.methods.transforms.base import transforms
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.methods.transforms.vote import Vote
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output


@transforms.register(
    "em_posterior",
    about="the posterior of a head's calibrated out-of-fold answers and each labeller's confusion matrix",
    source="Raykar et al. 2010, changed as its page says",
)
@spec
class EMPosterior(Transform):
    """q_ij proportional to f_ij prod_m C_m[j, y_im]: a head f that has not seen the row, and labellers with errors C.

    C comes of a few rounds of `dawid_skene`, the shares of the classes being kept as voted. A head learns the posterior
    without its rows, and its answers are calibrated so that the labels are as likely as they can be, C being kept.
    The same is done with shares that are more even than voted; the most even ones are taken that the labels do not
    speak against, by the ratio of likelihoods. Rows whose truth is known keep it;
    labellers, answers and shares are judged by it too.

    Raykar et al. go on until nothing changes. Then the shares, C and f follow the errors that labellers have in common
    with each other or with the features; a few rounds stay near the vote.

    It needs features that tell more of held-out labels than the shares of the classes do. Else errors cannot be told
    from classes, and the labels become what `dawid_skene` makes of them, with a note. The same where one labeller is
    alone and no truth is known: nothing tells how often it errs.

    Args:
        rounds: of `dawid_skene`.
        l2: of the head, as of `train`.
        audit: as how many rows each row counts whose truth is known.
        smoothing: added to each count of a confusion matrix.
    """

    name: ClassVar[str] = "em_posterior"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    rounds: Annotated[int, Field(ge=1)] = 3
    l2: Annotated[float, Field(ge=0)] = 0.1
    audit: Annotated[float, Field(gt=0)] = 20.0
    smoothing: Annotated[float, Field(gt=0)] = SMOOTHING

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        votes, truth = weak.probabilities.astype(np.float64), weak.truth
        if len(votes) == 1 and truth is None:
            return self._plain(weak, seed, "one labeller alone does not show how often it errs")
        if weak.features is None:
            return self._plain(weak, seed, "the student has no features to take a prior from")
        shares, features = self._shares(weak, seed), weak.features()
        judged: dict[str, Any] = {"truth": truth, "audit": self.audit}
        fused = [
            fuse(
                votes,
                prior=np.broadcast_to(own, votes.shape[1:]),
                smoothing=self.smoothing,
                rounds=self.rounds,
                **judged,
            )
            for own in shares
        ]
        heard = fused[0].posterior.sum(-1) > 0
        lessons = [balanced(one.posterior.astype(np.float32), heard.astype(np.float64)) for one in fused]
        output = Output(kind="preference" if features.ndim == 3 else "classification", n_classes=votes.shape[-1])
        answers = out_of_fold(features, lessons, output, l2=[self.l2], folds=folds_of(weak.groups, seed=seed))[:, 0]
        if not tells(answers[0], lessons[0]):
            return self._plain(weak, seed, "the features tell no more of held-out labels than their shares do")
        priors = [calibrated(own, votes, one.confusion, **judged) for own, one in zip(answers, fused, strict=True)]
        nats = heard.sum() * np.array([
            likelihood_of(votes[:, heard], one.confusion, prior[heard], truth=None if truth is None else truth[heard],
                          audit=self.audit)
            for one, prior in zip(fused, priors, strict=True)
        ])  # fmt: skip
        best = int(np.flatnonzero(nats >= nats.max() - NATS)[-1])
        found = posterior_of(votes, fused[best].confusion, priors[best], truth=truth) * heard[:, None]
        return weak.with_probabilities(found[None].astype(np.float32))

    def _shares(self, weak: WeakLabels, seed: int) -> list[np.ndarray]:
        """What those of the classes may be, each [classes]: as voted and known, and ever more even."""
        vote = Vote().apply(weak, seed=seed).mean().astype(np.float64)
        shares = vote.sum(0) / max(vote.sum(), 1.0)
        if weak.truth is not None:
            known = np.bincount(weak.truth[weak.truth >= 0], minlength=len(shares))
            shares = (known + EQUAL * shares) / (known.sum() + EQUAL)
        return [(1 - share) * shares + share / len(shares) for share in EVEN]

    def _plain(self, weak: WeakLabels, seed: int, why: str) -> WeakLabels:
        found = DawidSkene(smoothing=self.smoothing).apply(weak, seed=seed)
        return replace(found, notes=(*found.notes, f"em_posterior did what dawid_skene does: {why}"))


EVEN = (0.0, 0.25, 0.5, 0.75, 1.0)  # how far shares are moved towards even ones
NATS = (
    1.92  # by which labels may be less likely with more even shares: a likelihood ratio's 95 %, one degree of freedom
)
EQUAL = 100  # rows of known class that tell as much of the shares as the vote does, whatever its number of rows


def tells(answers: np.ndarray, lesson: Lesson) -> bool:
    """Whether answers [n, classes] make a lesson's targets more likely than the shares of its classes do."""
    weights = lesson.weights / lesson.weights.sum()
    shares = weights @ lesson.targets
    return bool(weights @ (lesson.targets * np.log(answers.clip(min=1e-12) / shares.clip(min=1e-12))).sum(-1) > 0)
