"""An identity that holds to the last bits: a deterministic test of the whole way from data to labels and features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.experiment import Experiment, teach
from outgrow.steps import Context, Steps

EXACT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """Mean squared distances on `transfer`: supervisor to truth, student to truth, student to supervisor."""

    weak: float
    student: float
    apart: float

    @property
    def holds(self) -> bool:
        """Whether the first is the sum of the others."""
        return abs(self.weak - self.student - self.apart) < EXACT


def misfit(one: Experiment, store: Artefacts) -> Misfit:
    """Of an experiment that has run: its weak labels against a least-squares student on its frozen features.

    The student's space is spanned by a constant, the features, and the truth, so it holds the truth. Then the gain is
    the misfit (Charikar et al. 2024), by Pythagoras' theorem.
    """
    steps, context = Steps(), Context(store)
    taught = teach(one, steps)
    part, features = taught.labels.part, steps.features(one.strong.model, taught.data.dataset)
    data = part.split.read(context)
    rows = data.rows(part)
    weak = taught.labels.read(context).mean().astype(np.float64)
    truth = np.eye(data.output.n_classes)[data.known_truth(part)]
    seen = np.asarray(features.read(context)[rows], np.float64).reshape(len(rows), -1)
    space = np.linalg.qr(np.column_stack([np.ones(len(rows)), truth, seen]))[0]
    student = space @ (space.T @ weak)

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.square(a - b).sum(1).mean())

    return Misfit(weak=distance(weak, truth), student=distance(student, truth), apart=distance(student, weak))
