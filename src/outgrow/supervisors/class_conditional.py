"""A simulated supervisor whose errors depend on the class."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.confusion import check_confusion, given_label, rated, towards
from outgrow.learning.synthetic import Seen, by_confusion
from outgrow.spec import spec
from outgrow.supervisors.base import supervisors
from outgrow.supervisors.bases.simulated import SimulatedSupervisor, told


@supervisors.register(
    "class_conditional",
    about="simulated: wrong as often as a confusion matrix says",
    source="Dawid and Skene 1979: the labellers that their model describes",
)
@spec
class ClassConditional(SimulatedSupervisor):
    """Given the class, labels are drawn from a row of a confusion matrix; nothing else tells where it errs.

    Args:
        confusion: for each class in order, the shares of the labels that it gets; sums of 1.
        rate: overall, on transfer; the errors of `confusion` are scaled to it. 0 leaves them as they are. Without
            `confusion` it is 0.1 by default, and all errors say `towards`.
        towards: without `confusion`, the class that it says too often; -1 is the last.
        soft: probabilities of the classes given the label, instead of certain labels.
    """

    name: ClassVar[str] = "class_conditional"
    confusion: tuple[tuple[float, ...], ...] = ()
    rate: float = 0.0
    towards: int = -1
    soft: bool = False

    def __post_init__(self) -> None:
        check_confusion(self.confusion, self.rate)

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        shares = np.bincount(seen.truth[: seen.transfer], minlength=seen.output.n_classes) / seen.transfer
        matrix = np.array(self.confusion) if self.confusion else towards(self.towards, len(shares))
        matrix = rated(matrix, shares, self.rate or (0.0 if self.confusion else 0.1))
        labels = by_confusion(seen.truth, matrix, seen.draws("label"))
        found, notes = told(seen, labels, "its errors depend on the class alone")
        return (given_label(matrix, shares)[labels] if self.soft else found), notes
