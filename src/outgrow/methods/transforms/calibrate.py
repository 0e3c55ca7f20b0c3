"""Labels as sure as they are right."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from outgrow.learning.calibration import Way, calibration
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@transforms.register(
    "calibrate",
    about="labels made as sure as they are right, by rows whose truth is known",
    source="Guo et al. 2017; Platt 1999",
)
@spec
class Calibrate(Transform):
    """softmax(log w / T), with the T under which known classes are most likely; each supervisor has its own.

    It learns from the rows of `transfer` whose truth is known; the supervisor `calibrated` keeps rows of `supervisor`
    aside instead. A temperature never changes which class is most probable; Platt's line, for two classes, can.

    Its sources report errors of confidence mended, and promise no better students. It cannot help a method that looks
    only at the order of confidences.

    Args:
        by: `temperature`, or `platt`: log-odds times a number, plus a number.
    """

    name: ClassVar[str] = "calibrate"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    uses_truth: ClassVar[bool] = True
    by: Way = "temperature"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        if weak.truth is None:
            return replace(weak, notes=(*weak.notes, "nothing is calibrated: no row's truth is known"))
        known = np.flatnonzero(weak.truth >= 0)
        groups = [weak.groups[row] for row in known.tolist()]
        made, notes = [], []
        for one in weak.probabilities:
            found = calibration(one[known], weak.truth[known], groups, by=self.by)
            made.append(found.apply(one))
            notes.append(f"labels are calibrated: {found.words}")
        return replace(weak.with_probabilities(np.stack(made)), notes=(*weak.notes, *notes))
