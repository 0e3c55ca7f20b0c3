"""Classes: those that were named or found, and the number of each label's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from outgrow.errors import ConfigError, DataError
from outgrow.estimators.cells import NOTHING, Cells, WrongInput, tidy
from outgrow.spec import short
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.class_forms import check_alike


def named(classes: Any, what: str) -> np.ndarray:
    """Classes that were named, in their order."""
    try:
        found = tidy(classes, what)
        said = found.said.tolist()
        wrong = found.values.ndim != 1 or not found.there.all() or len(set(said)) < max(2, len(said)) or _mixed(said)
    except WrongInput:
        wrong = ["no array of labels"]
    if wrong:
        raise ConfigError(
            f"{what} = {short(classes)}: name each class once, two at least, in their order: all texts, or all numbers"
        )
    return np.array(said) if found.values.dtype.kind == "O" else found.values


def classes_of(said: np.ndarray, told: Cells, given: np.ndarray | None, open_: bool) -> np.ndarray:
    """The classes [K] in order."""
    own, checked = said.tolist(), told.said.tolist()
    if mixed := _mixed([*own, *checked, *([] if given is None else given.tolist())]):
        raise WrongInput(
            f"labels are texts in one place and numbers in another, such as {short(mixed[0])} and {short(mixed[1])}; "
            "write all of y, of audited and of classes alike"
        )
    if given is not None:
        new = sorted({*own} - {*given.tolist()}) if open_ else []
        return np.array([*given.tolist(), *new]) if new else given
    if not own:
        return np.unique(told.values[told.there & ~told.among(NOTHING)])
    if not isinstance(own[0], str):
        return np.unique(said)
    counts = Counter(own)
    try:
        check_alike(counts, "y", lambda *_: "classes=[...]")
    except DataError as error:
        raise WrongInput(str(error)) from None
    return np.array(sorted(counts))


def codes_of(values: np.ndarray, of: np.ndarray, what: str) -> np.ndarray:
    """The number of each label's class, int64 [n]."""
    number, said = {one: i for i, one in enumerate(of.tolist())}, values.tolist()
    if other := [one for one in said if one not in number]:
        near = [one for one in number if folded(str(one)) == folded(str(other[0]))]
        raise WrongInput(
            f"{what} holds {short(other[0])}, which is none of the classes {short(of.tolist(), 100)}: "
            + (f"did you mean {short(near[0])}? If not, " if near else "leave out what is no class, or ")
            + "name all classes with classes=[...]"
        )
    return np.array([number[one] for one in said], np.int64)


def _mixed(labels: Sequence[Any]) -> list[Any]:
    """One text and one number, where there are both."""
    first = {isinstance(one, str): one for one in reversed(labels)}
    return [first[True], first[False]] if len(first) > 1 else []
