"""Internal coherence maximization: a model labels rows so that they fit together, and answers by these."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "icm",
    about="needs a real language model: it labels rows so that each label follows from the others; no weak labels",
    source="arXiv 2506.10139",
)
@spec
class Icm(Method):
    """The labels with the highest alpha * mean (log p(y_i | others) - that of the next class) - contradictions.

    The first rows of `transfer` are labelled by annealing, and then stand in the prompt of all answers; the paper
    trains on them instead. A control without weak labels. Each step reads every labelled row anew: rows times steps
    prompts. It cannot help a model that is at chance in context, as small ones are, and is reported to fail on
    unbalanced rows.

    Args:
        rows: of `transfer`, labelled and shown; the source has 256, which is long for a small model's prompt.
        steps: of the search; up to 3,000 in the source.
        alpha: weight of predictability against contradictions.
        consistent: whether at most one row of a group is of class 1, as of answers to one question; else nothing
            contradicts anything.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "icm"
    rows: Annotated[int, Field(ge=2)] = 64
    steps: Annotated[int, Field(ge=1)] = 200
    alpha: Annotated[float, Field(ge=0)] = 30.0
    consistent: bool = False

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        kind = part.split.dataset.task.kind
        if objective != Objective():
            raise ConfigError("icm learns no labels, so no transform, selection or loss can go with it")
        if kind != "classification" or not strong.model.generates:
            raise ConfigError(f"icm needs a causal language model and classes, not {strong.model.label!r} and {kind}")
        some = part.first(min(self.rows, part.size))
        return steps.elicit(strong.model, some, alpha=self.alpha, steps=self.steps, consistent=self.consistent,
                            seed=seed)  # fmt: skip
