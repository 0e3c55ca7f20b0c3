"""Zero-shot: what the student's model says before it has learned anything."""

from __future__ import annotations

from typing import ClassVar

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Split, Steps


@methods.register(
    "zero_shot",
    about="the student's model untrained, or prompted without examples; weak labels play no part",
    source="Burns et al. 2023, sec. 4.2 and fig. 15",
)
@spec
class ZeroShot(Method):
    """The student is its own pretrained model: a control that every other method should beat.

    A model that was pretrained on the task answers as it is. A causal language model reads the text and answers with a
    class name; of a pair of texts it says which is better, with either one first, and both answers are averaged, to
    (p + 1 - p') / 2. Reported on chess: a very weak supervisor can pull a student below it. It cannot help where a
    model is at chance untrained, as small language models are on most tasks: then this control says nothing.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "zero_shot"

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        if objective != Objective():
            raise ConfigError("zero_shot trains nothing, so no transform, selection or loss can go with it")
        task = part.split.dataset.task
        found = self.zero_shot(steps, strong, part.split, task=task.name)
        if found is None:
            raise ConfigError(
                f"zero_shot needs a student that can do {task.name!r} untrained, and {strong.model.label!r} cannot; "
                "take a causal language model for tasks of texts, or a model that was pretrained on the task"
            )
        return found

    def zero_shot(self, steps: Steps, strong: Role, split: Split, *, task: str) -> Predictor | None:
        if task in strong.model.knows:
            return steps.untrained(strong.model)
        if strong.model.generates and split.dataset.task.kind in ("classification", "preference"):
            return steps.unprompted(strong.model)
        return None
