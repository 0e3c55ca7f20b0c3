"""Bootstrapping: a chain of students of rising size, each labelling fresh data for the next."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.naive import Naive
from outgrow.models.base import Model, Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "bootstrapping",
    about="a chain of students of rising size, each trained on the last one's labels of fresh data",
    source="Burns et al. 2023, sec. 4.3.1",
)
@spec
class Bootstrapping(Method):
    """M1 -> M2 -> ... -> student: every link trains on its own part of `transfer`, labelled by the link before.

    Args:
        links: how many intermediate sizes, spread evenly over the ladder between supervisor and student; fewer where
            the ladder has fewer, and with none in between the method equals `naive`.
        sizes: the intermediate models by name instead, smallest first; they take the student's options.
        labels: `soft` or `hard` labels on every link.
        fresh: every link has a part of `transfer` of its own; if false, all links share the whole of it.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "bootstrapping"
    links: Annotated[int, Field(ge=1)] = 2
    sizes: tuple[str, ...] = ()
    labels: Literal["soft", "hard"] = "soft"
    fresh: bool = True

    def objective(self) -> Objective:
        return Naive(labels=self.labels).objective()  # links are trained like any naive student, and share its steps

    def chain(self, weak_cost: float, strong: Model) -> list[Model]:
        """The models trained, smallest first; the last is the student."""
        if self.sizes:
            chain = [*(strong.of_size(name) for name in self.sizes), strong]
            costs = [weak_cost, *(model.cost for model in chain)]
            if costs != sorted(costs):
                raise ConfigError(
                    f"method.sizes = {list(self.sizes)}: the sizes must rise from the weak supervisor to the student "
                    f"{strong.name!r}; order them, or leave sizes out"
                )
            return chain
        between = [model for model in strong.ladder() if weak_cost < model.cost < strong.cost]
        links = min(self.links, len(between))
        picked = [between[round((i + 1) * (len(between) + 1) / (links + 1)) - 1] for i in range(links)]
        return [*picked, strong]

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        cost = labels.by.cost
        if cost is None:
            raise ConfigError(
                "bootstrapping needs a weak supervisor that is a model, so that sizes between can be chosen"
            )
        chain = self.chain(cost, strong.model)
        parts = part.pieces(len(chain)) if self.fresh else [part] * len(chain)
        student: Predictor | None = None
        for model, piece in zip(chain, parts, strict=True):
            piece_labels = labels if student is None else steps.label(student, piece)
            role = dataclasses.replace(strong, model=model)
            student = steps.finetune(role, piece, labels=piece_labels, objective=objective, seed=seed)
        assert student is not None
        return student
