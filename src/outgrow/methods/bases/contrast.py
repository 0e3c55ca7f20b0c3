"""What methods share that look for a direction between a row's two answers instead of learning labels."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method
from outgrow.models.base import Role
from outgrow.steps import Labels, Part, Predictor, Steps
from outgrow.steps.contrast import Finder
from outgrow.tasks.base import Output


class Contrast(Method):
    """Features of each text with either answer below it, or of both candidates of a preference; no label is learned."""

    recipe: ClassVar[bool] = True

    def finder(self) -> Finder:
        """What looks for the direction."""
        raise NotImplementedError

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        if output.n_classes != 2:
            return f"makes pairs of two answers, and there are {output.n_classes:,} classes"
        if output.kind == "classification" and (inputs.dtype != object or inputs.ndim != 1):
            return "writes both answers below a text, and these rows are no texts"
        return ""

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        if objective != Objective():
            raise ConfigError(f"{self.name} learns no labels, so no transform, selection or loss can go with it")
        if strong.model.extractor() is None:
            raise ConfigError(
                f"{self.name} needs a student with frozen features, and {strong.model.label!r} trains all weights; "
                'set strong.training = "probe" where the model has that'
            )
        if (task := part.split.dataset.task).kind == "generation":
            raise ConfigError(f"{self.name} needs two answers, and {task.name!r} is a generation task")
        return steps.contrast(strong.model, part, labels=labels, finder=self.finder(), seed=seed)
