"""Bootstrapping: a chain of students of rising size, each labelling fresh data for the next."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.naive import Naive
from outgrow.models.base import Role
from outgrow.models.bases.chain import chain
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

    Reported: on chess more of the gap, most for large students; little on text, nothing on rewards; one study. It
    cannot help where the ladder has no size in between, for then it is `naive`, or parts are too small to learn from.

    Args:
        links: how many intermediate sizes, spread evenly over the ladder; fewer where it has fewer.
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

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        models = chain(labels.by.cost, strong.model, links=self.links, sizes=self.sizes)
        parts = part.pieces(len(models)) if self.fresh else [part] * len(models)
        student: Predictor | None = None
        for model, piece in zip(models, parts, strict=True):
            own = labels if student is None else steps.label(student, piece)
            role = dataclasses.replace(strong, model=model)
            student = steps.finetune(role, piece, labels=own, objective=objective, seed=seed)
        assert student is not None
        return student
