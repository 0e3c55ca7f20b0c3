"""Probabilities made as sure as they are right: temperature scaling, and Platt's line for two classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from outgrow.plain import counted

Way = Literal["temperature", "platt"]
LEAST = 1e-12  # below which a probability counts as this
COLDEST, HOTTEST = 0.01, 100.0  # temperatures, where rows would have them beyond all bounds
ROUNDS, TOLERANCE, RIDGE = 100, 1e-9, 1e-9


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Log-probabilities are multiplied by `slope`; of two classes, `offset` is added to the second.

    Args:
        slope: one over the temperature.
        offset: 0 unless fitted by Platt's way.
        n, groups: rows it was fitted on, and of how many groups they are: rows of one group are alike.
        before, after: mean negative log-likelihood of their truth, without and with it, in nats.
    """

    slope: float
    offset: float
    n: int
    groups: int
    before: float
    after: float

    @property
    def temperature(self) -> float:
        """Above 1 where the labels were too sure."""
        return 1 / self.slope

    @property
    def words(self) -> str:
        """In one clause."""
        line = f" and {self.offset:+.3g} for class 1" if self.offset else ""
        few = f", which are of {counted(self.groups, 'group')}" if self.groups < self.n else ""
        return (
            f"temperature {self.temperature:.3g}{line}, fitted on {counted(self.n, 'row')} of known truth{few}: their "
            f"negative log-likelihood falls from {self.before:.4f} to {self.after:.4f}"
        )

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities [..., classes] calibrated, float32; a row of zeros stays one."""
        if self.slope == 1 and self.offset == 0:
            return probabilities
        said = probabilities.any(-1, keepdims=True)
        return np.asarray(np.where(said, np.exp(_logs(probabilities, self.slope, self.offset)), 0), np.float32)


def calibration(probabilities: np.ndarray, truth: np.ndarray, groups: Sequence[str], *, by: Way) -> Calibration:
    """The calibration under which known classes are most likely.

    Args:
        probabilities: [n, classes]; rows of zeros are passed over.
        truth: [n], each a class.
        groups: of the rows, n.

    Raises:
        ValueError: no row has an answer, or `platt` is asked for with more than two classes.
    """
    said = probabilities.any(1)
    known, right = probabilities[said].astype(np.float64), truth[said]
    if not len(known):
        raise ValueError("none of the rows whose truth is known has a label to be calibrated")
    if by == "platt" and known.shape[1] != 2:
        raise ValueError(f"platt is for two classes, and there are {known.shape[1]}; use temperature")
    slope, offset = _line(known, right) if by == "platt" else (_slope(known, right), 0.0)
    at = np.arange(len(right)), right
    return Calibration(
        slope=slope, offset=offset, n=len(right), groups=len({groups[row] for row in np.flatnonzero(said).tolist()}),
        before=float(-_logs(known, 1.0, 0.0)[at].mean()),
        after=float(-_logs(known, slope, offset)[at].mean()),
    )  # fmt: skip


def _logs(probabilities: np.ndarray, slope: float, offset: float) -> np.ndarray:
    logs = slope * np.log(np.maximum(probabilities.astype(np.float64), LEAST))
    if offset:
        logs = logs + np.array([0.0, offset])
    top = logs.max(-1, keepdims=True)
    return np.asarray(logs - top - np.log(np.exp(logs - top).sum(-1, keepdims=True)))


def _slope(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The least of a convex function: where its derivative, which rises, is zero."""
    from scipy.optimize import brentq

    logs, at = np.log(np.maximum(probabilities, LEAST)), (np.arange(len(truth)), truth)

    def derivative(slope: float) -> float:
        return float(((np.exp(_logs(probabilities, slope, 0.0)) * logs).sum(1) - logs[at]).mean())

    low, high = 1 / HOTTEST, 1 / COLDEST
    if derivative(low) >= 0:
        return low if derivative(low) > 0 else 1.0  # at zero everywhere, all rows are even
    return high if derivative(high) <= 0 else float(brentq(derivative, low, high, xtol=1e-10))


def _line(probabilities: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Newton's method, halving a step that does not lead down; a slight pull to no change keeps numbers finite."""
    logits = np.log(np.maximum(probabilities, LEAST))
    z, y = logits[:, 1] - logits[:, 0], truth.astype(np.float64)
    x = np.stack([z, np.ones_like(z)], 1)
    start = found = np.array([1.0, 0.0])
    ridge = RIDGE * (1 + (x**2).mean(0))

    def cost(w: np.ndarray) -> float:
        return float((np.logaddexp(0, x @ w) - y * (x @ w)).mean() + 0.5 * ridge @ (w - start) ** 2)

    for _ in range(ROUNDS):
        p = 0.5 * (1 + np.tanh(x @ found / 2))
        gradient = x.T @ (p - y) / len(y) + ridge * (found - start)
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x / len(y) + np.diag(ridge), gradient)
        while cost(found - step) > cost(found) and np.abs(step).max() > TOLERANCE:
            step = step / 2
        if np.abs(step).max() <= TOLERANCE:
            break
        found = found - step
    return float(found[0]), float(found[1])
