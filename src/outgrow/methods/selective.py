"""The student's own labels where it probably knows, and smoothed weak labels elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.learning.second_look import Selected
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "selective",
    about="the student's own labels where it is probably right, smoothed weak labels elsewhere",
    source="after arXiv 2511.14166; the form is this project's own",
)
@spec
class Selective(Method):
    """P(the student is right | its label, features), learned from rows of known truth, says whose label a row gets.

    A first student learns the weak labels alone. Where that probability is at least `sure`, a second one learns from
    its label; elsewhere from the weak label, smoothed as by `graph_smoothing`. Only a summary of the source was read,
    which reports gains on three sets of questions. It cannot help where the note's AUROC is near one half, and is of no
    use if `gt_only` and `weak_then_gt` do as well with the same rows.

    Args:
        sure: probability from which on the student's label is taken.
        alpha, neighbours: of the smoothing; with an alpha of 0 there is none.
        l2: of the head that tells, as of `train`.
    """

    recipe: ClassVar[bool] = True
    uses_truth: ClassVar[bool] = True
    name: ClassVar[str] = "selective"
    sure: Annotated[float, Field(ge=0, le=1)] = 0.75
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.5
    neighbours: Annotated[int, Field(ge=1)] = 10
    l2: Annotated[float, Field(ge=0)] = 0.1

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        chosen = Selected(sure=self.sure, alpha=self.alpha, neighbours=self.neighbours, rounds=20, l2=self.l2)
        again = replace(objective, transforms=(*objective.transforms, chosen))
        if misfit := again.misfit(part.split.dataset.task.kind):
            raise ConfigError(f"selective takes the student's probabilities of classes: {misfit}", key="method")
        weak = labels if objective.uses_truth else steps.label(labels.by, labels.part)
        said = steps.label(steps.finetune(strong, part, labels=weak, objective=objective, seed=seed), part)
        return steps.finetune(strong, part, labels=labels, objective=again, earlier=said, seed=seed)
