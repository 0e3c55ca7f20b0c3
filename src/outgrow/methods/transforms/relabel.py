"""Labels that frozen features suggest, in place of the weak ones."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from outgrow.learning.labelled import labelled
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@transforms.register(
    "relabel",
    about="what a linear head, or the neighbours, on frozen features say in place of the weak labels",
    source="after EleutherAI's w2s, made out of fold",
)
@spec
class Relabel(Transform):
    """A row's label becomes the answer of a head that learned the weak labels, or the mean label of its neighbours.

    By default neither has seen the row or its group. With `out_of_fold = false` both have, as in the source: a head
    then partly gives back what it learned, and a row is its own first neighbour. The report that relabelling is no
    better than plain training is about that form. A row without a label stays without one.

    It cannot help where the supervisor's errors follow a rule that features show: then the rule is learned.

    Args:
        by: `logistic`, a linear head, or `knn`, the nearest neighbours.
        out_of_fold: whether the row itself plays no part.
        neighbours: how many, for `knn`.
        l2: of the head, as of `train`; the source uses 0.001.
    """

    name: ClassVar[str] = "relabel"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    needs_features: ClassVar[bool] = True
    by: Literal["logistic", "knn"] = "logistic"
    out_of_fold: bool = True
    neighbours: Annotated[int, Field(ge=1)] = 50
    l2: Annotated[float, Field(ge=0)] = 0.1

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        rows, own = labelled(weak, seed=seed), not self.out_of_fold
        if self.by == "logistic":
            found = rows.answers(l2=self.l2, own=own)
        else:
            found = rows.near(self.neighbours, own=own).mean(rows.targets)
        return weak.with_probabilities(rows.everywhere(found.astype(np.float32))[None])
