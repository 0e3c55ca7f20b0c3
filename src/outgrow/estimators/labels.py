"""Weak labels as arrays: classes, probabilities, or what several annotators say, all read as votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from outgrow.errors import ConfigError
from outgrow.estimators.cells import WrongInput, missing, tidy
from outgrow.plain import counted
from outgrow.spec import short

READINGS = ("auto", "classes", "probabilities", "annotators")
NEARLY = 0.02  # by which probabilities may miss a sum of 1, as in files of weak labels


@dataclass(frozen=True, kw_only=True)
class Read:
    """What labellers say, read.

    Args:
        votes: float32 [labellers, n, K]; a row sums to 1, or is zero where that labeller says nothing.
        classes: [K], as in the labels; in their order, which is that of the columns of probabilities.
        labellers: their names.
        reading: one of READINGS, how they were read.
        truth: class of each row that somebody checked, int64 [n], -1 for all others.
        notes: what was taken for no label.
    """

    votes: np.ndarray
    classes: np.ndarray
    labellers: tuple[str, ...]
    reading: str
    truth: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def speaks(self) -> np.ndarray:
        """Classes that a label or a truth names, bool [K]."""
        return np.asarray(self.votes.any((0, 1)) | np.isin(np.arange(len(self.classes)), self.truth))


def read_labels(
    y: Any,
    *,
    labels: str = "auto",
    abstain: Any = "auto",
    classes: Sequence[Any] | np.ndarray | None = None,
    audited: Any = None,
    open_: bool = False,
) -> Read:
    """Read labels, a row each: [n], [n, labellers], [n, K] or [n, labellers, K].

    Args:
        labels: one of READINGS; `auto` goes by type and shape, and refuses what can be read in two ways.
        abstain: the label that says nothing, besides None, NaN and empty text; None for no other. `auto` takes -1 for
            it in a matrix of annotators, and never in a vector.
        classes: all of them; found in the labels and in `audited` by default.
        audited: the truth where it is known: an array [n], with None, NaN or empty text elsewhere, or from rows to
            classes.
        open_: whether labels may name other classes than `classes`; they are added.

    Raises:
        WrongInput: what is wrong with the labels, and what to do.
    """
    if labels not in READINGS:
        raise ConfigError(f"labels = {short(labels)}: choose one of {', '.join(READINGS)}")
    values = tidy(y, "y")
    if values.ndim == 2 and values.shape[1] == 1 and labels != "annotators":
        values = column_or_1d(values, warn=True)
    how = _reading(values) if labels == "auto" else labels
    told = None if audited is None else tidy(_spread(audited, len(values)), "audited")
    if told is not None and told.shape != (len(values),):
        raise WrongInput(
            f"audited has the shape {told.shape}, and y {counted(len(values), 'row')}: give one truth each"
        )
    names = [str(one) for one in getattr(y, "columns", ())]
    notes: list[str] = []
    if how == "probabilities" or (how == "annotators" and _are_shares(values)):
        votes = _shares(values, how)
        of = np.arange(votes.shape[-1]) if classes is None else np.asarray(classes)
        if len(of) != votes.shape[-1]:
            raise WrongInput(
                f"y gives probabilities of {votes.shape[-1]} classes, and there are {len(of)}: {short(of)}"
            )
    else:
        if values.ndim > (1 if how == "classes" else 2):
            sides = "[n]" if how == "classes" else "[n, labellers]"
            raise WrongInput(f"y has the shape {values.shape}; as {how} it has {sides}")
        there = ~missing(values) & ~_silent(values, abstain, classes, notes)
        of = _classes(values[there], None if told is None else told[~missing(told)], classes, open_)
        holes = values.dtype.kind != "f" or missing(values).any()
        if classes is None and holes and of.dtype.kind == "f" and (of == np.rint(of)).all():
            of = of.astype(np.int64)  # whole numbers are floats for the holes between them alone
        codes = np.full(values.shape, -1)
        codes[there] = _codes(values[there], of, "y")
        votes = np.asarray(codes.reshape(len(values), -1).T[..., None] == np.arange(len(of)), np.float32)
    m = len(votes)
    named = tuple(names) if how == "annotators" and len(names) == m else tuple(f"labeller {i + 1}" for i in range(m))
    truth = np.full(len(values), -1)
    if told is not None:
        known = ~missing(told) & ~((told == -1) & ~np.isin(-1, of))
        truth[known] = _codes(told[known], of, "audited")
    return Read(votes=votes, classes=of, labellers=named, reading=how, truth=truth, notes=tuple(notes))


def _spread(audited: Any, n: int) -> Any:
    if not isinstance(audited, Mapping):
        return audited
    found = np.full(n, None, object)
    for row, truth in audited.items():
        if not isinstance(row, int | np.integer) or not 0 <= row < n:
            raise WrongInput(f"audited names the row {short(row)}; rows are numbered from 0 to {n - 1:,}")
        found[row] = truth
    return found


def _reading(values: np.ndarray) -> str:
    """How labels are to be read, by their type and shape; WrongInput where that does not tell."""
    if values.dtype.kind in "UO" or values.ndim > 2:
        return "probabilities" if values.ndim > 2 else "classes" if values.ndim == 1 else "annotators"
    numbers = values[~missing(values)].astype(np.float64)
    whole, unit = bool((numbers == np.rint(numbers)).all()), bool(((numbers >= 0) & (numbers <= 1)).all())
    if not (whole or unit):
        raise WrongInput(
            f"Unknown label type: continuous: y holds {short(float(numbers[numbers != np.rint(numbers)][0]))}; classes "
            "are whole numbers or texts, and probabilities lie from 0 to 1"
        )
    if values.ndim == 1:
        return "classes" if whole else "probabilities"
    if not _sum_to_one(values):
        return "annotators"
    if whole:
        raise WrongInput(
            "y holds 0 and 1, and each row sums to 1: that can be probabilities of classes, or labels of "
            f'{values.shape[1]} annotators; say labels="probabilities" or labels="annotators"'
        )
    return "probabilities"


def _sum_to_one(values: np.ndarray) -> bool:
    found = np.nan_to_num(values.astype(np.float64))
    total = found.sum(-1)
    return bool((found >= 0).all() and ((np.abs(total - 1) <= NEARLY) | (total == 0)).all() and total.any())


def _are_shares(values: np.ndarray) -> bool:
    """Whether annotators give probabilities of the second of two classes."""
    return values.dtype.kind == "f" and bool((values != np.rint(values))[~missing(values)].any())


def _shares(values: np.ndarray, how: str) -> np.ndarray:
    """Probabilities as votes [labellers, n, K]."""
    if values.dtype.kind in "UO":
        raise WrongInput(f"y holds {short(values.reshape(-1).tolist()[0])}, which is no probability")
    found = values.astype(np.float64)
    if values.ndim == 1 or how == "annotators":
        found = np.stack([1 - found, found], -1)  # of the second of two classes
    found = np.nan_to_num(found.reshape(len(found), -1, found.shape[-1])).transpose(1, 0, 2)
    total = found.sum(-1, keepdims=True)
    wrong = ((found < 0).any(-1) | ((np.abs(total[..., 0] - 1) > NEARLY) & (total[..., 0] != 0))).any(0)
    if found.shape[-1] < 2 or wrong.any():
        row = int(np.flatnonzero(wrong)[0]) if wrong.any() else 0
        raise WrongInput(
            f"row {row:,} of y is {short(values[row].tolist())}: probabilities of at least two classes are at least "
            "0 and sum to 1, or are all 0 where there is no label"
        )
    return np.asarray(np.divide(found, total, out=np.zeros_like(found), where=total > 0), np.float32)


def _silent(values: np.ndarray, abstain: Any, classes: Any, notes: list[str]) -> np.ndarray:
    """Where a label that is there says that there is none, bool of the same shape."""
    auto = isinstance(abstain, str) and abstain == "auto"
    nowhere = np.zeros(values.shape, bool)
    if abstain is None:
        return nowhere
    marked = np.asarray(nowhere | (values == (-1 if auto else abstain)))
    if not auto or not marked.any():
        return marked
    if classes is not None:
        return nowhere if np.isin(-1, np.asarray(classes)) else marked
    others = np.unique(values[~marked & ~missing(values)])
    if values.ndim == 1 and len(others) < 2:
        return nowhere  # -1 and 1: the two classes of many a data set
    if values.ndim == 1 or len(others) == 1:
        raise WrongInput(
            f"y holds -1 ({counted(int(marked.sum()), 'time')}) and {', '.join(map(str, others[:5].tolist()))}: -1 can "
            "be a class, or say that there is no label; set abstain=None for a class, abstain=-1 for none"
        )
    notes.append(f"{counted(int(marked.sum()), 'label')} of -1 taken for none; set abstain=None if -1 is a class")
    return marked


def _classes(said: np.ndarray, checked: np.ndarray | None, given: Any, open_: bool) -> np.ndarray:
    """The classes [K] in order."""
    try:
        found = _unique(said)
        if given is not None:
            of = np.asarray(given)
            new = [one for one in found.tolist() if one not in set(of.tolist())] if open_ else []
            return np.array([*of.tolist(), *new]) if new else of
        if checked is not None:
            checked = checked[~((checked == -1) & ~np.isin(-1, found))]
            if {type(one) is str for one in (*found.tolist(), *checked.tolist())} == {True, False}:
                raise TypeError
            found = _unique(np.array([*found.tolist(), *checked.tolist()]))
    except TypeError:
        raise WrongInput("labels are texts in one place and numbers in another; write all classes alike") from None
    return found


def _unique(values: np.ndarray) -> np.ndarray:
    found = np.unique(values)
    if values.dtype.kind == "O":
        return np.array(found.tolist()) if len(found) else found
    return found


def _codes(values: np.ndarray, of: np.ndarray, what: str) -> np.ndarray:
    """The number of each label's class, int64 [n]."""
    number = {one: i for i, one in enumerate(of.tolist())}
    found, back = np.unique(values, return_inverse=True)
    codes = [number.get(one, -1) for one in found.tolist()]
    if -1 in codes:
        other = found.tolist()[codes.index(-1)]
        raise WrongInput(f"{what} holds {short(other)}, which is none of the classes {short(of.tolist(), 100)}")
    return np.array(codes, np.int64)[back.reshape(-1)]
