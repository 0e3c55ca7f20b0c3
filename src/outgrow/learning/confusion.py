"""Confusion matrices [classes, classes]: shares of the labels (last) that each class gets."""

from __future__ import annotations

import numpy as np

from outgrow.errors import ConfigError, DataError


def check_confusion(matrix: tuple[tuple[float, ...], ...], rate: float) -> None:
    """ConfigError where it is none, or the rate is no share."""
    if not 0 <= rate < 1:
        raise ConfigError(f"rate = {rate:g}: it must be at least 0 and less than 1", key="rate")
    for row in matrix:
        if len(row) != len(matrix) or min(row) < 0 or abs(sum(row) - 1) > 1e-6:
            raise ConfigError(
                f"confusion: a row is {list(row)}, and {len(matrix)} shares that sum to 1 are wanted for each of "
                f"{len(matrix)} classes",
                key="confusion",
            )


def towards(klass: int, classes: int) -> np.ndarray:
    """All of the others are taken for one class, -1 for the last; DataError where there is no such class."""
    if not -classes <= klass < classes:
        raise DataError(f"weak.towards = {klass}: the task has the classes 0 to {classes - 1}")
    found = np.zeros((classes, classes))
    found[:, klass] = 1
    return found


def rated(matrix: np.ndarray, shares: np.ndarray, rate: float) -> np.ndarray:
    """The matrix with errors scaled so that their rate is `rate`, given the shares of the classes; as it is for 0.

    Raises:
        DataError: the task has another number of classes, or some class would have to be wrong more than always.
    """
    if len(matrix) != len(shares):
        raise DataError(f"weak.confusion is for {len(matrix)} classes, and the task has {len(shares)}")
    if not rate:
        return matrix
    errors = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    now = float(shares @ errors.sum(1))
    most = 0.0 if now == 0 else now / errors.sum(1).max()
    if rate > most:
        raise DataError(f"weak.rate = {rate:g}: with such errors it can be {most:.3f} at most; choose a smaller one")
    errors *= rate / now
    return np.asarray(errors + np.diag(1 - errors.sum(1)))


def given_label(matrix: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Probabilities of the classes (last) given each label, [classes, classes]; a label that nobody gives is sure."""
    joint = (matrix * shares[:, None]).T
    total = joint.sum(1, keepdims=True)
    found: np.ndarray = np.where(total > 0, joint / np.where(total > 0, total, 1), np.eye(len(matrix)))
    return found
