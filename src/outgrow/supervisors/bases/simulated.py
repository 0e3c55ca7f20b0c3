"""Supervisors whose errors are made: they are shown the truth of what they label, and everybody is told so."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.errors import ConfigError, DataError
from outgrow.learning.objective import Transform
from outgrow.learning.synthetic import Seen, said
from outgrow.methods.transforms.mean import Mean
from outgrow.models.base import as_probe
from outgrow.steps import Features, Predictor, Split, Steps
from outgrow.supervisors.base import Outside, Supervisor

Rate = Annotated[float, Field(gt=0, lt=1)]


class SimulatedSupervisor(Outside):
    """Labels with errors of one kind. Generation is refused: a wrong text is not one of a few classes.

    What is drawn depends on the seed and the row's id alone. Shares and cuts are those of `transfer`, and hold for
    validation and test too. A soft label is as sure as the supervisor is right on average.
    """

    simulated: ClassVar[bool] = True
    rule: ClassVar[Transform] = Mean()  # type: ignore[misc]  # of one labeller, any rule gives the same

    @property
    def label(self) -> str:
        return f"simulated {super().label}"

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed)

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        """Probabilities of the rows, float32 [n, classes], and notes."""
        raise NotImplementedError


def told(
    seen: Seen, labels: np.ndarray, what: str, *, soft: bool = False, shown: bool = True
) -> tuple[np.ndarray, list[str]]:
    """Labels as probabilities, and a note with how many of `transfer` are wrong.

    Args:
        shown: whether the labels were made of the rows' truth.
    """
    n = seen.transfer
    wrong = int((labels[:n] != seen.truth[:n]).sum())
    who = "simulated supervisor, which is shown the truth of what it labels" if shown else "simulated supervisor"
    note = f"{who}: {what}; {wrong:,} of {n:,} of its labels of transfer are wrong"
    return said(labels, seen.output.n_classes, error=wrong / n if soft else 0.0), [note]


def frozen(one: Supervisor, steps: Steps, data: Split) -> Features:
    """Features of the model that a simulated supervisor looks through; ConfigError where it cannot be frozen."""
    probe = as_probe(one.models[0]) if len(one.models) == 1 else None
    if probe is None:
        raise ConfigError(
            f"weak.of: {one.label!r} has no frozen features; name a model that has (outgrow list models)", key="weak.of"
        )
    return steps.features(probe, data.dataset)


def reach(rate: float, most: float, what: str) -> float:
    """Which share of rows to be wrong on of those, a share `most`, where an error is possible; DataError if too few."""
    if rate > most:
        raise DataError(f"weak.rate = {rate:g}: {what}, a share of {most:.3f} of transfer; choose a smaller rate")
    return rate / most
