"""Weak labels weighed against what the student's features say of the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.labellers import SMOOTHING, fuse
from outgrow.learning.objective import Lesson, Transform, WeakLabels, balanced
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.methods.transforms.base import transforms
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output


@transforms.register(
    "em_posterior",
    about="the posterior of a head's out-of-fold answers and each labeller's confusion matrix",
    source="Raykar et al. 2010; the prior out of fold",
)
@spec
class EMPosterior(Transform):
    """q_ij proportional to f_ij prod_m C_m[j, y_im]: a head f that has not seen the row, and labellers with errors C.

    The head learns from the posterior of the round before, first that of `dawid_skene`; C is then estimated with its
    answers as the prior of each row. Rows whose truth is known keep it, and labellers are judged by it too.

    It needs features that tell more of held-out labels than the shares of the classes do. Else errors cannot be told
    from classes, and the labels are left as `dawid_skene` has them, with a note. A head that learns errors that the
    labellers have in common confirms them.

    Args:
        rounds: of head and posterior.
        l2: of the head, as of `train`.
        smoothing: added to each count of a confusion matrix.
    """

    name: ClassVar[str] = "em_posterior"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    rounds: Annotated[int, Field(ge=1)] = 2
    l2: Annotated[float, Field(ge=0)] = 0.1
    smoothing: Annotated[float, Field(gt=0)] = SMOOTHING

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        votes = weak.probabilities
        found = DawidSkene(smoothing=self.smoothing).apply(weak, seed=seed).mean()
        if weak.features is None:
            return _told(weak, found, "the student has no features to take a prior from")
        features = weak.features()
        output = Output(kind="preference" if features.ndim == 3 else "classification", n_classes=votes.shape[-1])
        folds = folds_of(weak.groups, seed=seed)
        for _ in range(self.rounds):
            lesson = balanced(found, (found.sum(-1) > 0).astype(np.float64))
            prior = out_of_fold(features, [lesson], output, l2=[self.l2], folds=folds)[0, 0]
            if not tells(prior, lesson):
                return _told(weak, found, "of labels that are held out, the features tell no more than their shares do")
            found = fuse(votes, prior=prior, truth=weak.truth, smoothing=self.smoothing).posterior.astype(np.float32)
        return weak.with_probabilities(found[None])


def tells(prior: np.ndarray, lesson: Lesson) -> bool:
    """Whether answers [n, classes] make a lesson's targets more likely than the shares of its classes do."""
    weights = lesson.weights / lesson.weights.sum()
    shares = weights @ lesson.targets
    return bool(weights @ (lesson.targets * np.log(prior.clip(min=1e-12) / shares.clip(min=1e-12))).sum(-1) > 0)


def _told(weak: WeakLabels, found: np.ndarray, why: str) -> WeakLabels:
    return replace(
        weak, probabilities=found[None], notes=(*weak.notes, f"em_posterior did what dawid_skene does: {why}")
    )
