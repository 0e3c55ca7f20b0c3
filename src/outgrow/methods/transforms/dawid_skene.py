"""Labels of several labellers as one, each trusted as much as its agreement with the others allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from outgrow.learning.labellers import SMOOTHING, doubts, fuse, hardest, judged_by
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec


@transforms.register(
    "dawid_skene",
    about="the posterior of each class, with the confusion matrix of each labeller",
    source="Dawid and Skene 1979",
)
@spec
class DawidSkene(Transform):
    """q_ij proportional to p_j prod_m C_m[j, y_im], where p_j = mean_i q_ij and C_m[j, l] counts m's labels l by q.

    A soft label counts as its most probable class, and equals share; with `labels = "soft"`, as shares of several.
    Shares of unsure models end even: each has its errors in it already. Abstentions are passed over; a row without a
    label stays without one. Rows whose truth is known keep it, and labellers are judged by it too. The labels of a
    labeller who shares no row with another stay as they are.

    Labellers are taken to err independently of each other, given the class. With one labeller nothing is learned: its
    labels stay as they are. With two that are of one mind, or where most are worse than chance, it cannot tell who
    errs. It cannot help labellers that err alike; users of label models report that they often equal the vote.

    Args:
        labels: what a soft label counts as.
        smoothing: added to each count of a confusion matrix.
    """

    name: ClassVar[str] = "dawid_skene"
    several: ClassVar[bool] = True
    labels: Literal["hard", "soft"] = "hard"
    smoothing: Annotated[float, Field(gt=0)] = SMOOTHING

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        if len(weak.probabilities) == 1 and weak.truth is None:
            return weak
        votes = hardest(weak.probabilities) if self.labels == "hard" else weak.probabilities
        found = fuse(votes, truth=weak.truth, smoothing=self.smoothing)
        made = weak.with_probabilities(found.posterior[None].astype(np.float32))
        return replace(made, notes=(*made.notes, *doubts(judged_by(votes, weak.truth), found)))
