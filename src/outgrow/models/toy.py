"""Toy models: logistic regressions on one view of the toy task each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from outgrow.models.base import Model, Weights, models, seen
from outgrow.models.bases.toy import one_view
from outgrow.spec import spec
from outgrow.tasks.base import Output
from outgrow.tasks.toy import DIMENSIONS

if TYPE_CHECKING:
    import numpy as np

    from outgrow.learning.network import Network

VIEWS = {"toy-xs": 0, "toy-s": 1, "toy-m": 2, "toy-l": 3}


@spec
class ToyModel(Model):
    """A linear classifier of one view; a clearer view counts as a larger model."""

    name: str

    @property
    def cost(self) -> float:
        return float((1 + VIEWS[self.name]) * DIMENSIONS)

    def identity(self) -> dict[str, Any]:
        return {"family": "toy", "view": VIEWS[self.name]}

    def ladder(self) -> list[Model]:
        return [ToyModel(name=name) for name in VIEWS]

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        fits = inputs.dtype != object and inputs.shape[1:] == (len(VIEWS), DIMENSIONS)
        return "" if fits else f'sees points of the task "toy" alone, and the task has {seen(inputs)}'

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        return one_view(VIEWS[self.name], output.n_classes, seed=seed)


for _name, _view in VIEWS.items():
    models.add(
        _name,
        partial(ToyModel, name=_name),
        about=f"logistic regression on view {_view} of the toy task",
        source="made by this project",
    )
