"""Metrics: one function from predictions, and how much each example counts, to a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outgrow.registry import Registry

if TYPE_CHECKING:
    from outgrow.tasks.base import Kind


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a role said about each example. Texts have no probabilities: the last three are NaN for generation.

    Args:
        predicted: most probable class, int64 [n]; a text that is no answer of any example has a number beyond all.
        truth: ground truth, int64 [n].
        rank: place of the truth among the classes, 0 for first, int64 [n].
        truth_probability: probability given to the truth, float32 [n]; for generation, 1 where the text is right.
        confidence: probability given to the most probable class, float32 [n].
        positive_probability: probability given to class 1, the positive one where there are two, float32 [n].
        squared_error: squared differences from the truth's 1 and the others' 0, summed over classes, float32 [n].
    """

    predicted: np.ndarray
    truth: np.ndarray
    rank: np.ndarray
    truth_probability: np.ndarray
    confidence: np.ndarray
    positive_probability: np.ndarray
    squared_error: np.ndarray


Values = Callable[[Predictions], np.ndarray]
"""Predictions of n examples to values float [n] whose mean is the score; NaN where there is no score.

A metric that is a mean gives each example's own score. Any other gives the score plus each example's influence on it, n
times the derivative by the example's weight (infinitesimal jackknife; Efron 1982): then its errors are those of a mean.
"""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How predictions are scored, and what has to be known to read the score.

    Args:
        values: the function.
        larger_is_better: which way is better.
        share: whether it lies between 0 and 1 and is shown in percent; otherwise it is shown as a number.
        kinds: kinds of task that it can score.
        chance: whether it tells an answer by the class shares alone from a good one; for scores of how sure answers
            are, chance goes by accuracy.
        fewest_classes, most_classes: numbers of classes that it can score.
    """

    values: Values
    larger_is_better: bool = True
    share: bool = True
    kinds: frozenset[Kind] = frozenset({"classification", "preference", "generation"})
    chance: bool = True
    fewest_classes: int = 1
    most_classes: int | None = None

    def misfit(self, kind: Kind, n_classes: int | None = None) -> str:
        """Why it cannot score a task of this kind, and with so many classes if that is known; empty if it can."""
        if kind not in self.kinds:
            return f"scores {' and '.join(sorted(self.kinds))} tasks, not {kind}"
        if n_classes is not None and n_classes < self.fewest_classes:
            return f"needs {self.fewest_classes} classes or more, not {n_classes}"
        if n_classes is not None and self.most_classes is not None and n_classes > self.most_classes:
            return f"is for {self.most_classes} classes, not {n_classes}"
        return ""


PROBABILITIES: frozenset[Kind] = frozenset({"classification", "preference"})
"""Kinds whose answers are probabilities of classes."""


metrics: Registry[Metric] = Registry("metrics", package="outgrow.metrics")
