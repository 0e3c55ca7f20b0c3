"""Unsupervised generative fine-tuning: the student reads the task's texts before it learns the task."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.naive import Naive
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Adapted, Labels, Part, Predictor, Steps


@methods.register(
    "generative_finetuning", source="Burns et al. 2023, sec. 5.2.2",
    about="language modelling on the task's texts, labels ignored, before naive fine-tuning",
)  # fmt: skip
@spec
class GenerativeFinetuning(Method):
    """Language-model loss on all inputs of `transfer` (for preference: both candidates), then naive fine-tuning.

    Reported: 10 to 20 points of PGR on rewards, one study. It cannot help a model that read such texts before.

    Args:
        epochs: of language modelling, which needs a causal language model, and which the ceiling gets too.
        learning_rate: its peak, in place of the student's.
        labels: `soft` or `hard` weak labels afterwards.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "generative_finetuning"
    epochs: Annotated[int, Field(ge=1)] = 1
    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    labels: Literal["soft", "hard"] = "soft"

    def objective(self) -> Objective:
        return Naive(labels=self.labels).objective()

    def _adapt(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Adapted:
        if not strong.model.generates:
            name = strong.model.name
            raise ConfigError(f"{self.name} needs a causal language model as the student, and {name!r} is none")
        loose = dataclasses.replace(strong.train, anchor=0.0, batch_size=min(32, strong.train.batch_size))
        train = dataclasses.replace(loose, epochs=self.epochs, learning_rate=self.learning_rate)
        return steps.adapt(strong.model, train, part, seed=seed)

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        start = self._adapt(steps, strong, part, seed=seed)
        return steps.finetune(strong, part, labels=labels, objective=objective, seed=seed, start=start)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        return steps.finetune(strong, part, seed=seed, start=self._adapt(steps, strong, part, seed=seed))
