"""Weak labels as arrays: classes, probabilities, or what several annotators say, all read as votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from outgrow.errors import ConfigError
from outgrow.estimators.cells import NOTHING, Cells, WrongInput, tidy
from outgrow.estimators.classes import classes_of, codes_of, named
from outgrow.estimators.shares import are_shares, of_columns, shares
from outgrow.own_labels.matrix import minus_one
from outgrow.plain import counted
from outgrow.spec import short

READINGS = ("auto", "classes", "probabilities", "annotators")
MOSTLY = 0.95  # of rows with a single 1, of which annotators who judge the same would hardly have so many


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
        abstain: the label that says nothing, besides None, NaN and empty text, or several; None for no other. `auto`
            takes -1 for it in a matrix of annotators, and never in a vector.
        classes: all of them; found in the labels by default, or in `audited` where there are none.
        audited: the truth where it is known: an array [n], with None, NaN or empty text elsewhere, or from rows to
            classes.
        open_: whether labels may name other classes than `classes`; they are added.

    Raises:
        WrongInput: what is wrong with the labels, and what to do.
    """
    if labels not in READINGS:
        raise ConfigError(f"labels = {short(labels)}: choose one of {', '.join(READINGS)}")
    given = None if classes is None else named(classes, "classes")
    auto = isinstance(abstain, str) and abstain == "auto"
    none = [] if auto else tidy(abstain if isinstance(abstain, list | tuple) else [abstain], "abstain").said.tolist()
    cells = tidy(y, "y")
    if cells.values.ndim == 2 and cells.values.shape[1] == 1 and labels != "annotators":
        cells = Cells(values=column_or_1d(cells.values, warn=True), there=cells.there.reshape(-1))
    values, n, notes = cells.values, len(cells.values), list[str]()
    how = _reading(cells) if labels == "auto" else labels
    told = tidy([None] * n if audited is None else _spread(audited, n), "audited")
    if told.values.shape != (n,):
        raise WrongInput(f"audited has the shape {told.values.shape}, and y {counted(n, 'row')}: give one truth each")
    told = replace(told, there=told.there & ~told.among(none))
    names = list(getattr(y, "columns", ()))
    if how == "probabilities" or (how == "annotators" and are_shares(cells)):
        votes = shares(cells, how)
        k = votes.shape[-1]
        of, order = of_columns(names if how == "probabilities" and len(names) == k else [], k, given)
        votes = votes[..., order]
    else:
        if values.ndim > (1 if how == "classes" else 2):
            sides = "[n]" if how == "classes" else "[n, labellers]"
            raise WrongInput(f"y has the shape {values.shape}; as {how} it has {sides}")
        none = [*none, *(NOTHING if -1 in none else ())]
        silent = _minus_one(cells, given, notes) if auto else cells.among(none)
        there = cells.there & ~silent
        of = classes_of(values[there], told, given, open_)
        holes = values.dtype.kind == "f" and not cells.there.all()
        if given is None and holes and of.dtype.kind == "f" and (of == np.rint(of)).all():
            of = of.astype(np.int64)  # whole numbers are floats for the holes between them alone
        codes = np.full(values.shape, -1)
        codes[there] = codes_of(values[there], of, "y")
        votes = np.asarray(codes.reshape(n, *codes.shape[1:] or (1,)).T[..., None] == np.arange(len(of)), np.float32)
    m = len(votes)
    own = how == "annotators" and len(names) == m
    truth = np.full(n, -1)
    known = told.there if {*NOTHING} & {*of.tolist()} else told.there & ~told.among(NOTHING)
    truth[known] = codes_of(told.values[known], of, "audited")
    return Read(
        votes=votes, classes=of, reading=how, truth=truth, notes=tuple(notes),
        labellers=tuple(str(names[i]) if own else f"labeller {i + 1}" for i in range(m)),
    )  # fmt: skip


def _spread(audited: Any, n: int) -> Any:
    if not isinstance(audited, Mapping):
        return audited
    found = np.full(n, None, object)
    for row, truth in audited.items():
        if not isinstance(row, int | np.integer) or isinstance(row, bool) or not 0 <= row < n:
            raise WrongInput(f"audited names the row {short(row)}; rows are numbered from 0 to {n - 1:,}")
        found[row] = truth
    return found


def _reading(cells: Cells) -> str:
    """How labels are to be read, by their type and shape; WrongInput where that does not tell."""
    sides = cells.values.ndim
    if cells.values.dtype.kind == "O" or sides > 2:
        return "probabilities" if sides > 2 else "classes" if sides == 1 else "annotators"
    numbers = cells.said.astype(np.float64)
    broken, outside = numbers[numbers != np.rint(numbers)], numbers[(numbers < 0) | (numbers > 1)]
    if len(broken):
        if sides == 1 and len(outside):
            raise WrongInput(
                f"Unknown label type: continuous: y holds {short(float(outside[0]))}, and fractions such as "
                f"{short(float(broken[0]))}; classes are whole numbers or texts, probabilities lie from 0 to 1, and "
                "NaN says that there is none"
            )
        return "probabilities"
    if sides == 1:
        return "classes"
    total = np.where(cells.there, cells.values, 0).sum(1, dtype=np.float64)
    single = int((total == 1).sum())
    if len(outside) or not single or single < min(MOSTLY * len(total), (total != 0).sum()):
        return "annotators"
    raise WrongInput(
        f"y holds 0 and 1, and {counted(single, 'row')} of {len(total):,} sum to 1: that can be probabilities of "
        f'classes, or labels of {cells.values.shape[1]} annotators; say labels="probabilities" or '
        'labels="annotators"'
    )


def _minus_one(cells: Cells, given: np.ndarray | None, notes: list[str]) -> np.ndarray:
    """Where -1 says that there is no label, bool of the same shape; WrongInput where it can be a class too."""
    wrapped = minus_one(cells.values)
    marked = cells.among(NOTHING if wrapped is None else (wrapped,))
    nowhere, times = np.zeros(marked.shape, bool), counted(int(marked.sum()), "time")
    if not marked.any() or (given is not None and {*NOTHING, wrapped} & {*given.tolist()}):
        return nowhere
    if given is not None and wrapped is None:
        return marked
    others = sorted(set(cells.values[cells.there & ~marked].tolist()), key=str)
    if cells.values.ndim == 1 and len(others) < 2:
        return nowhere  # -1 and 1: the two classes of many a data set
    if wrapped is not None:
        raise WrongInput(
            f"y holds {wrapped} ({times}), which is -1 in numbers without a sign: give int64, or set abstain={wrapped} "
            "if it says that there is no label, or abstain=None if it is a class"
        )
    if cells.values.ndim == 1 or len(others) == 1:
        raise WrongInput(
            f"y holds -1 ({times}) and {', '.join(map(str, others[:5]))}: -1 can be a class, or say that there is no "
            "label; set abstain=None for a class, abstain=-1 for none"
        )
    notes.append(f"{counted(int(marked.sum()), 'label')} of -1 taken for none; set abstain=None if -1 is a class")
    return marked
