"""Only the rows whose label a student believes that has hardly begun to learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.learning.second_look import SmallLoss as Rows
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "small_loss",
    about="a short training, then one on the rows whose loss was small after it",
    source="Arazo et al. 2019; Li et al. 2020, DivideMix",
)
@spec
class SmallLoss(Method):
    """After a warm-up, the losses of all rows are fitted by two normal distributions; rows of the lower one are kept.

    A row is kept if its loss belongs to the lower one with a probability above `sure`. The student then starts anew.
    Networks learn rules before they learn exceptions: so it can help with errors at random, and cannot help where
    errors follow a rule. Reported: on noise as people make it, selections of this kind helped pretrained encoders most.
    With soft labels, the loss is also large where the label itself is unsure. A head that is solved to the optimum has
    no warm-up: then the losses of the whole training are looked at.

    Args:
        warm_up: epochs of the first training.
        sure: probability above which a row is kept.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "small_loss"
    warm_up: Annotated[int, Field(ge=1)] = 1
    sure: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        again = replace(objective, selections=(*objective.selections, Rows(sure=self.sure)))
        if misfit := again.misfit(part.split.dataset.task.kind):
            raise ConfigError(f"small_loss takes a short training's probabilities of classes: {misfit}", key="method")
        short = replace(strong, train=replace(strong.train, epochs=self.warm_up))
        said = steps.label(steps.finetune(short, part, labels=labels, objective=objective, seed=seed), part)
        return steps.finetune(strong, part, labels=labels, objective=again, earlier=said, seed=seed)
