"""Rows by how much a training learns of their labels, and labels of the least learned ones smoothed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.spec import Option, spec

LEAST = 1e-6  # a probability below this counts as this


def learned(targets: np.ndarray, first: np.ndarray | None, last: np.ndarray) -> np.ndarray:
    """By how much each row's cross-entropy fell between two looks at a student, [n].

    Args:
        targets: what it learns, [n, classes]; zeros for rows without a label, of which nothing is learned.
        first: its answers at the first look, [n, classes]; None for what it says before it has learned anything but
            how often each class occurs.
        last: its answers at the last look.
    """
    if first is None:
        first = np.broadcast_to(targets.sum(0) / max(targets.sum(), LEAST), targets.shape)
    then, now = (np.log(np.clip(said.astype(np.float64), LEAST, 1)) for said in (first, last))
    return np.asarray((targets * (now - then)).sum(1))


def smoothed(targets: np.ndarray, gains: np.ndarray, *, share: float) -> np.ndarray:
    """Labels [n, classes] of which the least learned rows are drawn to even ones: t <- (1 - c) t + c / classes.

    The labelled row of rank r, from 0 (least learned) up to 1, has c = (1 - r / share)^2, and 0 from r = share on. Of
    equals, the earlier row has the lower rank. Rows without a label stay so.
    """
    rows = np.flatnonzero(targets.any(1))
    rank = np.empty(len(rows))
    rank[np.argsort(gains[rows], kind="stable")] = np.arange(len(rows)) / max(len(rows), 1)
    even = np.where(rank < share, (1 - rank / share) ** 2, 0.0)[:, None]
    found = targets.copy()
    found[rows] = (1 - even) * targets[rows] + even / targets.shape[1]
    return found


@spec
class Smoothing(Option):
    """The labels of the least learned rows drawn to even ones, as `smoothed` has it."""

    name: ClassVar[str] = "smoothed"
    share: float

    def apply(self, targets: np.ndarray, said: list[np.ndarray]) -> np.ndarray:
        """New labels, by the answers of the last look, or of the first and the last."""
        first = said[0] if len(said) > 1 else None
        return smoothed(targets, learned(targets, first, said[-1]), share=self.share)
