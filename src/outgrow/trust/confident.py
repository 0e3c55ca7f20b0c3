"""Confident learning: how many labels of each class are meant as another, and which (Northcutt et al. 2021)."""

from __future__ import annotations

import numpy as np


def meant(label: np.ndarray, model: np.ndarray) -> np.ndarray:
    """The class that each row is confidently, int64 [n]; -1 for none.

    It is the most probable class among those at least as probable as they are on average where they are the label.

    Args:
        label: of one labeller [n] or of several [m, n]; -1 for none.
        model: probabilities of a model that has not learned from the row, [n, K].
    """
    threshold = np.full(model.shape[1], np.inf)
    for one in range(model.shape[1]):
        rows = np.nonzero(label == one)[-1]
        if len(rows):
            threshold[one] = model[rows, one].mean()
    above = np.where(model >= threshold - 1e-12, model, -1.0)
    return np.asarray(np.where(above.max(1) >= 0, above.argmax(1), -1))


def joint(label: np.ndarray, model: np.ndarray) -> np.ndarray:
    """How many rows have a label (first) and are of a class (last), float64 [K, K]; a row sums to the label's count.

    Args:
        label: [n], each a class.
        model: as of `meant`.
    """
    k, found = model.shape[1], meant(label, model)
    there = found >= 0
    counts = np.bincount(label[there] * k + found[there], minlength=k * k).reshape(k, k).astype(np.float64)
    total, labels = counts.sum(1), np.bincount(label, minlength=k)
    return np.where(total[:, None] > 0, counts * (labels / np.maximum(total, 1))[:, None], np.diag(labels))


def pruned(label: np.ndarray, model: np.ndarray) -> np.ndarray:
    """The rows to leave out by the noise rates, bool [n].

    Of the rows with one label, for each other class as many as `joint` says are of it: those with the largest margin of
    that class over the label; of equals, the first. One row of each label stays: the one whose label is most probable.

    Args:
        label: [n], each a class.
        model: as of `meant`.
    """
    counts = np.rint(joint(label, model)).astype(np.int64)
    found = np.zeros(len(label), bool)
    for one in range(model.shape[1]):
        rows = np.flatnonzero(label == one)
        for other in np.flatnonzero(counts[one]):
            if other != one:
                margin = model[rows, other] - model[rows, one]
                found[rows[np.argsort(-margin, kind="stable")[: counts[one, other]]]] = True
        if len(rows) and found[rows].all():
            found[rows[model[rows, one].argmax()]] = False
    return found
