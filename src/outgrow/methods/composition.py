"""Several named pieces as one method: `method = ["filter", "confidence"]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.errors import ConfigError
from outgrow.learning.losses import CrossEntropy, Loss
from outgrow.learning.objective import Objective, Selection, Transform
from outgrow.methods.base import Method
from outgrow.methods.naive import Naive
from outgrow.models.base import Role
from outgrow.steps import Labels, Part, Predictor, Split, Steps
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np

Piece = Method | Transform | Selection | Loss


@dataclass(frozen=True, kw_only=True)
class Composition(Method):
    """Transforms one after the other, selections multiplied, at most one loss, and at most one recipe.

    A method among the pieces brings the transforms, selections and loss of its own objective.
    """

    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        recipes = [one.name for one in self.pieces if isinstance(one, Method) and one.recipe]
        own = [one.name for one in self.pieces if _loss(one) is not None]
        for what, found in (("recipe", recipes), ("loss", own)):
            if len(found) > 1:
                raise ConfigError(f"method: {' and '.join(map(repr, found))} each bring a {what}; leave one out")

    @property
    def name(self) -> str:  # type: ignore[override]
        return "+".join(one.name for one in self.pieces)

    @property
    def recipe(self) -> bool:  # type: ignore[override]
        return any(isinstance(one, Method) and one.recipe for one in self.pieces)

    @property
    def in_epochs(self) -> bool:  # type: ignore[override]
        return self._recipe.in_epochs

    @property
    def uses_truth(self) -> bool:  # type: ignore[override]
        return any(one.uses_truth for one in self.pieces)

    @property
    def label(self) -> str:
        return " + ".join(one.label for one in self.pieces)

    def identity(self) -> dict[str, Any]:
        return {"pieces": [one.identity() for one in self.pieces]}

    @property
    def _recipe(self) -> Method:
        return next((one for one in self.pieces if isinstance(one, Method) and one.recipe), Naive())

    def objective(self) -> Objective:
        transforms: list[Transform] = []
        selections: list[Selection] = []
        for one in self.pieces:
            if isinstance(one, Method):
                transforms += one.objective().transforms
                selections += one.objective().selections
            elif isinstance(one, Transform):
                transforms.append(one)
            elif isinstance(one, Selection):
                selections.append(one)
        loss = next((loss for one in self.pieces if (loss := _loss(one)) is not None), CrossEntropy())
        return Objective(transforms=tuple(transforms), selections=tuple(selections), loss=loss)

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        return next((why for one in self.pieces if isinstance(one, Method) and (why := one.misfit(inputs, output))), "")

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        return self._recipe.train_student(steps, strong, part, labels, objective=objective, seed=seed)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        return self._recipe.train_ceiling(steps, strong, part, seed=seed)

    def zero_shot(self, steps: Steps, strong: Role, split: Split, *, task: str) -> Predictor | None:
        return self._recipe.zero_shot(steps, strong, split, task=task)


def compose(pieces: Sequence[Piece]) -> Method:
    """One method of several pieces; a single method is itself."""
    if not pieces:
        raise ConfigError('method: an empty list; name at least one piece, such as ["filter", "confidence"]')
    if len(pieces) == 1 and isinstance(pieces[0], Method):
        return pieces[0]
    return Composition(pieces=tuple(pieces))


def _loss(piece: Piece) -> Loss | None:
    """The loss that a piece brings, if it brings another than the cross-entropy."""
    found = piece.objective().loss if isinstance(piece, Method) else piece if isinstance(piece, Loss) else None
    return None if found == CrossEntropy() else found
