"""The mean of several supervisors, the surer of them counting more."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from outgrow.learning.objective import Transform, WeakLabels, mean_of
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec

LEAST = 1e-8  # added to an entropy: of hard labels it is zero


@transforms.register(
    "inverse_entropy",
    about="the mean of several supervisors, weighted by how sure they are",
    source="arXiv 2406.03199",
)
@spec
class InverseEntropy(Transform):
    """q_i proportional to sum_m w_mi / H_m, with the entropy H of the labels w of supervisor m.

    Supervisors that abstain on a row do not count there. It says who is sure, not who is right: a supervisor that is
    sure and wrong is followed. Hard labels have no entropy, and outweigh all that are soft. It cannot help where the
    surer supervisors are no more often right. The source has it beside a method of its own; we know of no figures.

    Args:
        over: the entropy is that of a supervisor's label of this row (`rows`), or its mean over the rows that the
            supervisor labels (`supervisors`).
    """

    name: ClassVar[str] = "inverse_entropy"
    several: ClassVar[bool] = True
    over: Literal["rows", "supervisors"] = "rows"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        votes = weak.probabilities.astype(np.float64)
        entropy = -(votes * np.log(np.where(votes > 0, votes, 1))).sum(-1)
        if self.over == "supervisors":
            labelled = np.maximum((~weak.abstains).sum(1), 1)
            entropy = np.broadcast_to((entropy.sum(1) / labelled)[:, None], entropy.shape)
        lowest = entropy.min(0)  # a factor that all supervisors share changes nothing, and keeps numbers moderate
        return weak.with_probabilities(mean_of(votes * ((lowest + LEAST) / (entropy + LEAST))[..., None])[None])
