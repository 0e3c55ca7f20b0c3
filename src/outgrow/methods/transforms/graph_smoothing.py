"""Weak labels smoothed over rows whose frozen features are alike."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.learning.graph import smoothed_labels
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@transforms.register(
    "graph_smoothing",
    about="weak labels smoothed over the graph of nearest rows by frozen features",
    source="after arXiv 2511.14166; the form is this project's own",
)
@spec
class GraphSmoothing(Transform):
    """W <- a S W + (1 - a) W0 for some rounds, rows scaled to sum to 1; S is the normalised graph of the neighbours.

    S = D^-1/2 A D^-1/2, and A joins rows of different groups of which one is among the nearest of the other by cosine
    (above 0). The source also predicts on which rows the student's own label is right, which `selective` does; its
    reported gains are for both together. A row without a label stays without one.

    It cannot help where errors of rows that are alike are alike.

    Args:
        alpha: a; 0 changes nothing.
        neighbours: how many.
        rounds: of the iteration.
    """

    name: ClassVar[str] = "graph_smoothing"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    needs_features: ClassVar[bool] = True
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.5
    neighbours: Annotated[int, Field(ge=1)] = 10
    rounds: Annotated[int, Field(ge=1)] = 20

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        return smoothed_labels(weak, alpha=self.alpha, k=self.neighbours, rounds=self.rounds, seed=seed)
