"""The surest rows first, then all of them more slowly."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.selections.filter import Filter
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Steps, Trained


@methods.register(
    "curriculum", about="the surest half of the rows first, then all more slowly", source="alignment.anthropic.com 2026"
)
@spec
class Curriculum(Method):
    """Training on the surest rows of each weak class, and from there on all, slower; the ceiling has these rates too.

    Reported: .68 of the gap, the best of many runs on one test set. It cannot help where confidence ranks at random.

    Args:
        share: of each weak class's rows that the first epochs are on, the surest.
        first: epochs of the first part; the rest of the student's are the second's.
        slower: factor of the learning rate there.
    """

    recipe: ClassVar[bool] = True
    in_epochs: ClassVar[bool] = True
    name: ClassVar[str] = "curriculum"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    first: Annotated[int, Field(ge=1)] = 2
    slower: Annotated[float, Field(gt=0)] = 0.5

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Trained:
        begin, go_on = self._roles(strong)
        sure = replace(objective, selections=(*objective.selections, Filter(keep=self.share)))
        before = steps.finetune(begin, part, labels=labels, objective=sure, seed=seed)
        return steps.finetune(go_on, part, labels=labels, objective=objective, seed=seed, after=before)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Trained:
        begin, go_on = self._roles(strong)
        return steps.finetune(go_on, part, seed=seed, after=steps.finetune(begin, part, seed=seed))

    def _roles(self, strong: Role) -> tuple[Role, Role]:
        train, rest = strong.train, strong.train.epochs - self.first
        need = f"more than first = {self.first} epochs" if rest < 1 else 'optimizer = "adam"'
        if rest < 1 or train.optimizer == "lbfgs":
            raise ConfigError(f"curriculum trains in two parts: the student needs {need}", key="strong.train")
        slow = replace(train, epochs=rest, learning_rate=train.learning_rate * self.slower)
        return replace(strong, train=replace(train, epochs=self.first)), replace(strong, train=slow)
