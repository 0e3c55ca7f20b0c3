"""Unsupervised generative fine-tuning: the student reads the task's texts before it learns the task."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.methods.base import Method, methods
from outgrow.methods.naive import Naive
from outgrow.spec import spec

if TYPE_CHECKING:
    from outgrow.config import Role
    from outgrow.steps import Adapted, Labels, Part, Predictor, Steps


@methods.register(
    "generative_finetuning",
    about="language modelling on the task's texts, labels ignored, before naive fine-tuning",
    source="Burns et al. 2023, sec. 5.2.2",
)
@spec
class GenerativeFinetuning(Method):
    """Language-model loss on all inputs of `transfer` (for preference: both candidates), then naive fine-tuning.

    The ceiling gets the same step. Needs a causal language model.

    Args:
        epochs: of language modelling.
        learning_rate: its peak, in place of the student's.
        labels: `soft` or `hard` weak labels afterwards.
    """

    name: ClassVar[str] = "generative_finetuning"
    epochs: Annotated[int, Field(ge=1)] = 1
    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    labels: Literal["soft", "hard"] = "soft"

    def _adapt(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Adapted:
        if not strong.model.generates:
            raise ConfigError(
                f"generative_finetuning needs a causal language model as the student, and {strong.model.name!r} is none"
            )
        train = dataclasses.replace(
            strong.train,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            batch_size=min(32, strong.train.batch_size),
        )
        return steps.adapt(strong.model, train, part, seed=seed)

    def train_student(self, steps: Steps, strong: Role, part: Part, labels: Labels, *, seed: int) -> Predictor:
        start = self._adapt(steps, strong, part, seed=seed)
        naive = Naive(labels=self.labels)
        return steps.finetune(strong, part, labels=labels, method=naive, seed=seed, start=start)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        return steps.finetune(strong, part, seed=seed, start=self._adapt(steps, strong, part, seed=seed))
