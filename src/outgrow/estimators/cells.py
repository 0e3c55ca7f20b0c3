"""Arrays of labels, whatever they come as: numbers, truth values or texts, with holes where there is none."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from outgrow.errors import DataError
from outgrow.spec import short


class WrongInput(DataError, ValueError):
    """What is wrong with X, y or what comes with them; an error of both libraries."""


def tidy(given: Any, what: str) -> np.ndarray:
    """An array of numbers, truth values or texts; numbers with holes are floats, all else with holes is of objects."""
    try:
        values = np.asarray(given)
        if values.dtype.kind == "U" and not isinstance(given, np.ndarray):
            values = np.asarray(given, object)  # else NaN and numbers among texts would be texts themselves
    except ValueError as error:
        raise WrongInput(f"{what} is no array: {error}") from None
    if values.ndim == 0 or values.dtype.kind not in "biufUO":
        raise WrongInput(f"{what} should be a 1d array, or have a row for each of X; got {short(given)}")
    if values.dtype.kind == "O":
        there = values[~missing(values)].tolist()
        if there and all(isinstance(one, Real) and not isinstance(one, bool | np.bool_) for one in there):
            found = np.full(values.shape, np.nan)
            found[~missing(values)] = there
            values = found
        elif odd := [one for one in there if not isinstance(one, str | Real)]:
            raise WrongInput(
                f"{what} holds {short(odd[0])}; a label is a number or a text, and None where there is none"
            )
    if values.dtype.kind == "f" and np.isinf(values).any():
        raise WrongInput(f"Input {what} contains infinity")
    return values


def missing(values: np.ndarray) -> np.ndarray:
    """Where there is no label: None, NaN or empty text; bool, of the same shape."""
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    if values.dtype.kind == "U":
        return np.asarray(values == "")
    if values.dtype.kind != "O":
        return np.zeros(values.shape, bool)
    found = [one is None or type(one).__name__ == "NAType" or one == "" or one != one for one in values.reshape(-1)]
    return np.array(found, bool).reshape(values.shape)
