"""Arrays of labels, whatever they come as: numbers, truth values or texts, with holes where there is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from outgrow.errors import DataError
from outgrow.spec import short

EXACT = 2.0**53  # from which on floats leave whole numbers out
NOTHING = (-1, "-1")  # what says in numbers that there is no label, where it is no class
ARE = "a label is a number or a text, and None where there is none"


class WrongInput(DataError, ValueError):
    """What is wrong with X, y or what comes with them; an error of both libraries."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Labels, and where there are any.

    Args:
        values: numbers or truth values; of objects, texts, or texts beside numbers.
        there: where a label is, bool of the same shape; what `values` holds elsewhere says nothing.
    """

    values: np.ndarray
    there: np.ndarray

    @property
    def said(self) -> np.ndarray:
        """The labels that are there, one after the other."""
        return np.asarray(self.values[self.there])

    def among(self, some: Collection[Any]) -> np.ndarray:
        """Where a label is one of some, bool of the same shape."""
        found = np.zeros(self.there.shape, bool)
        found[self.there] = [one in some for one in self.said.tolist()]
        return found


def tidy(given: Any, what: str) -> Cells:
    """An array of labels, in the narrowest of truth values, whole numbers, numbers and objects that holds them all."""
    try:
        values = np.asarray(given)
        if values.dtype.kind == "U":  # of a list, in which NaN and numbers among texts would be texts themselves
            values = np.asarray(values if isinstance(given, np.ndarray) else given, object)
    except ValueError as error:
        raise WrongInput(f"{what} is no array: {error}") from None
    if values.ndim == 0:
        raise WrongInput(f"{what} should be a 1d array, or have a row for each of X; got {short(given)}")
    if values.dtype.kind not in "biufO":
        raise WrongInput(f"{what} holds {short(next(iter(values.reshape(-1).tolist()), ''))}, {values.dtype}; {ARE}")
    if values.dtype.kind == "f":
        there = ~np.isnan(values)
        if np.isinf(values).any():
            raise WrongInput(f"Input {what} contains infinity")
        if len(large := values[there & (np.abs(values.astype(np.float64)) >= EXACT)]):
            raise WrongInput(
                f"{what} holds {large[0]}, and floats cannot tell such numbers apart: give whole numbers, and None, "
                "not NaN, where there is none"
            )
        return Cells(values=values, there=there)
    if values.dtype.kind != "O":
        return Cells(values=values, there=np.ones(values.shape, bool))
    there = np.array([not _missing(one) for one in values.reshape(-1)], bool).reshape(values.shape)
    said = values[there].tolist()
    if odd := [one for one in said if not isinstance(one, str | Real | np.bool_)]:
        raise WrongInput(f"{what} holds {short(odd[0])}; {ARE}")
    if any(isinstance(one, str) for one in said):
        return Cells(values=values, there=there)
    kinds = ((bool, (bool, np.bool_)), (np.int64, (Integral, np.bool_)), (np.float64, (Real, np.bool_)))
    dtype = next(dtype for dtype, kind in kinds if all(isinstance(one, kind) for one in said))
    found = np.zeros(values.shape, dtype)
    try:
        found[there] = said
    except OverflowError:
        raise WrongInput(f"{what} holds {short(max(said, key=abs))}; a number has 64 bits, or write texts") from None
    if dtype is np.float64:
        found[~there] = np.nan
        return tidy(found, what)
    return Cells(values=found, there=there)


def _missing(one: Any) -> bool:
    if isinstance(one, str):
        return not one.strip()
    return one is None or type(one).__name__ in ("NAType", "NaTType") or (isinstance(one, Real) and one != one)
