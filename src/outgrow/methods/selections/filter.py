"""Only the rows that the supervisor is surest of."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.objective import Selection, WeakLabels
from outgrow.methods.selections.base import selections
from outgrow.spec import spec


@selections.register(
    "filter",
    about="the rows of each class that the supervisor is surest of",
    source="confidence filtering; Burns et al. 2023, appendix B",
)
@spec
class Filter(Selection):
    """Of the rows of each weak class, the share `keep` whose label is most probable; of equals, those of lowest id.

    Where texts are generated, a label is as probable as the share of supervisors that give it, so one supervisor's rows
    are all alike and the lowest ids are kept.

    Args:
        keep: share of the rows of each class, rounded up.
    """

    name: ClassVar[str] = "filter"
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        mean = weak.mean()
        labels, confidence = mean.argmax(-1), mean.max(-1)
        labelled = np.flatnonzero(confidence)
        order = np.lexsort([np.asarray(weak.ids)[labelled], -confidence[labelled]])
        found = np.zeros(len(mean))
        for label in np.unique(labels[labelled]):
            rows = labelled[order][labels[labelled][order] == label]
            found[rows[: int(np.ceil(self.keep * len(rows)))]] = 1
        return found
