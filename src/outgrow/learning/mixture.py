"""Losses of rows as a mixture of two normal distributions: of labels that are right, and of labels that are wrong."""

from __future__ import annotations

import numpy as np

ROUNDS, TOLERANCE = 1_000, 1e-8
LEAST = 1e-3  # standard deviation of a component, where all losses span 1: so that none closes in on one row


def small(losses: np.ndarray) -> np.ndarray:
    """The probability of the component with the smaller mean, float64 [n], by expectation and maximisation.

    It never rises with the loss: what lies below that component's mean is as sure of it as the mean is. Where all
    losses are equal there is one component, and all rows are of it.

    Args:
        losses: float [n], finite.
    """
    span = float(losses.max() - losses.min())
    if span <= 0:
        return np.ones(len(losses))
    x = (losses.astype(np.float64) - losses.min()) / span
    mean, deviation, share = np.array([0.0, 1.0]), np.full(2, max(x.std(), LEAST)), np.full(2, 0.5)
    before = -np.inf
    for _ in range(ROUNDS):
        logs = _logs(x, mean, deviation, share)
        top = logs.max(1, keepdims=True)
        total = np.log(np.exp(logs - top).sum(1, keepdims=True)) + top
        responsible = np.exp(logs - total)
        likelihood = float(total.mean())
        if likelihood - before < TOLERANCE:
            break
        before, counts = likelihood, responsible.sum(0) + 1e-12
        share, mean = counts / counts.sum(), responsible.T @ x / counts
        deviation = np.sqrt((responsible * (x[:, None] - mean) ** 2).sum(0) / counts).clip(min=LEAST)
    low = int(mean.argmin())
    logs = _logs(np.maximum(x, mean[low]), mean, deviation, share)
    found = 1 / (1 + np.exp(np.clip(logs[:, 1 - low] - logs[:, low], -700, 700)))
    order = np.argsort(x, kind="stable")
    found[order] = np.minimum.accumulate(found[order])  # a wide component can win again far above
    return np.asarray(found)


def _logs(x: np.ndarray, mean: np.ndarray, deviation: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Log densities of both components, [n, 2], but for a number that both have."""
    return np.asarray(np.log(share) - np.log(deviation) - 0.5 * ((x[:, None] - mean) / deviation) ** 2)
