"""Without the rows whose label is probably meant as another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from outgrow.learning.labelled import labelled
from outgrow.learning.objective import Selection, WeakLabels
from outgrow.methods.selections.base import selections
from outgrow.spec import spec
from outgrow.tasks.base import Kind
from outgrow.trust.confident import meant, pruned


@selections.register(
    "confident_learning",
    about="without the rows whose label is probably meant as another class, by out-of-fold heads",
    source="Northcutt et al. 2021",
)
@spec
class ConfidentLearning(Selection):
    """A row counts as of class k if k is the most probable of the classes with p_k >= t_k.

    p is of an out-of-fold head, t_k its mean p_k over the rows labelled k. The counts of label and class, scaled to the
    counts of labels, say how many rows labelled j are of class k: so many are left out, those with the largest
    p_k - p_j (`noise_rate`). Or all rows are left out that count as another class than their label (`off_diagonal`).

    Reported: finding wrong labels works well; students that are robust already gain nothing from leaving them out. It
    cannot help where errors follow a rule that features show, since heads learn the rule too.

    Args:
        prune: which rows.
        l2: of the head, as of `train`.
    """

    name: ClassVar[str] = "confident_learning"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    needs_features: ClassVar[bool] = True
    prune: Literal["noise_rate", "off_diagonal"] = "noise_rate"
    l2: Annotated[float, Field(ge=0)] = 0.1

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        rows = labelled(weak, seed=seed)
        answers = rows.answers(l2=self.l2)
        if self.prune == "noise_rate":
            return rows.keep(~pruned(rows.label, answers))
        found = meant(rows.label, answers)
        return rows.keep((found < 0) | (found == rows.label))
