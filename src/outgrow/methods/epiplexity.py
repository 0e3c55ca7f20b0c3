"""Epiplexity: labels that a training learns little of are made even before the student learns from them."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.epiplexity import Smoothing
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "epiplexity",
    about="out-of-fold labels, of which the least learnable are smoothed, then one training on all rows",
    source="automated weak-to-strong research 2026",
)
@spec
class Epiplexity(Method):
    """t_i <- (1 - c_i) t_i + c_i / K for the share of rows whose loss falls least in a trial; c = (1 - rank / share)^2.

    The labels t come of two students, each of one half of the rows, so that no label was learned by who gives it. The
    reported PGR of .62 is the best of many runs on one test set: an upper bound. It cannot help where weak errors are
    structured, as such labels are learned well. Three trainings besides the last.

    Args:
        share: of the rows, those whose labels are smoothed.
        early: epochs before the first look at the loss; with 0 the trial knows only how often each class occurs.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "epiplexity"
    share: Annotated[float, Field(gt=0, le=1)] = 0.4
    early: Annotated[int, Field(ge=0)] = 0

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        if (task := part.split.dataset.task).kind == "generation":
            raise ConfigError(f"epiplexity needs probabilities of classes, and {task.name!r} is a generation task")
        looks, epochs = [strong], strong.train.epochs
        if self.early:
            if strong.train.optimizer == "lbfgs" or self.early >= epochs:
                raise ConfigError(f"epiplexity: early = {self.early} of {epochs} epochs; take fewer with adam, or 0")
            looks.insert(0, dataclasses.replace(strong, train=dataclasses.replace(strong.train, epochs=self.early)))
        halves = steps.halves(strong, part, labels=labels, objective=objective, seed=seed)
        own = steps.label(halves, part, audited=labels.audited)
        trial = tuple(steps.finetune(one, part, labels=own, objective=objective, seed=seed) for one in looks)
        by = steps.rework(own, trial, Smoothing(share=self.share))
        even = steps.label(by, part, audited=labels.audited)
        return steps.finetune(strong, part, labels=even, objective=objective, seed=seed)
