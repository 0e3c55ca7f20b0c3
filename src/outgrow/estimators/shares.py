"""Probabilities as votes, and whose columns they stand in."""

from __future__ import annotations

from typing import Any

import numpy as np

from outgrow.estimators.cells import Cells, WrongInput
from outgrow.estimators.classes import named
from outgrow.own_labels.matrix import normalised
from outgrow.spec import short


def are_shares(cells: Cells) -> bool:
    """Whether annotators give probabilities of the second of two classes."""
    return cells.values.dtype.kind == "f" and bool((cells.said != np.rint(cells.said)).any())


def shares(cells: Cells, how: str) -> np.ndarray:
    """Probabilities as votes [labellers, n, K]."""
    if cells.values.dtype.kind == "O":
        raise WrongInput(f"y holds {short(cells.said.tolist()[0])}, which is no probability")
    found = np.where(cells.there, cells.values, np.nan).astype(np.float64)
    one_each = found.ndim == 1 or how == "annotators"
    if one_each:
        found = np.stack([1 - found, found], -1)  # of the second of two classes
    votes, wrong = normalised(found if found.ndim == 3 else found[:, None])
    if votes.shape[-1] < 2 or wrong.any():
        row = int(wrong.argmax()) if len(wrong) else 0
        columns = '; if each column is one annotator\'s, of the second of two classes, say labels="annotators"'
        raise WrongInput(
            f"row {row:,} of y is {short(cells.values[row].tolist())}: "
            + (
                "the probability of the second of two classes lies from 0 to 1, and NaN says that there is none"
                if one_each
                else "probabilities of at least two classes are at least 0 and sum to 1, or are all 0 or all NaN "
                f"where there is no label{columns if cells.values.ndim == 2 else ''}"
            )
        )
    return votes


def of_columns(columns: list[Any], k: int, given: np.ndarray | None) -> tuple[np.ndarray, list[int]]:
    """The classes of K columns of probabilities, and the columns in their order: by names, where they have some."""
    bare, order = columns in ([], list(range(k))), list(range(k))
    if given is None:
        return np.arange(k) if bare else named(columns, "the columns of y"), order
    if len(given) != k:
        raise WrongInput(f"y gives probabilities of {k} classes, and there are {len(given)}: {short(given)}")
    place, names = {str(one): i for i, one in enumerate(columns)}, [str(one) for one in given.tolist()]
    if sorted(place) == sorted(names):
        return given, [place[one] for one in names]
    if not bare:
        raise WrongInput(
            f"y has the columns {short(columns)}, and the classes are {short(given.tolist())}: call each column as its "
            "class, or give an array without names, in the order of the classes"
        )
    return given, order
