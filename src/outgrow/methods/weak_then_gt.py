"""Weak labels first, then the rows of known truth: the plain way to use both."""

from __future__ import annotations

from typing import ClassVar

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "weak_then_gt",
    about="training on weak labels, then further on the rows of known truth",
    source="Zhu et al. 2023, Weaker than you think; arXiv 2410.13215",
)
@spec
class WeakThenGt(Method):
    """CE(f, w) on all rows, then from these weights on CE(f, y) on the `n_ground_truth` rows whose truth is known.

    Both trainings take the student's options. A linear head that is solved to the optimum has no first weights: its
    second training has the penalty on its distance from the first head, bias too, instead of from zero, and `l2` counts
    as many times as the first had more rows. So few rows leave the weak solution nearly as it is, and many replace it.

    Reported to be on the cost Pareto front of elicitation (2410.13215), and to take away most of the lead of cleverer
    methods (Zhu et al. 2023). It cannot help where a handful of rows makes a network forget what it learned.
    """

    recipe: ClassVar[bool] = True
    uses_truth: ClassVar[bool] = True
    name: ClassVar[str] = "weak_then_gt"

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        assert labels.audited is not None
        weak = labels if objective.uses_truth else steps.label(labels.by, labels.part)
        first = steps.finetune(strong, part, labels=weak, objective=objective, seed=seed)
        return steps.finetune(strong, labels.audited.part, labels=labels.audited, seed=seed, after=first)
