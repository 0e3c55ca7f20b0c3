"""What rows are for: how much each counts, which truths are learned from, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from outgrow.errors import ConfigError
from outgrow.estimators.cells import WrongInput
from outgrow.estimators.labels import Read
from outgrow.learning.objective import WeakLabels
from outgrow.own_labels.budget import divided
from outgrow.plain import counted
from outgrow.spec import short


def weights_of(given: Any, n: int) -> np.ndarray:
    """How much each row counts, float64 [n], at least 0 and not all 0; ones by default."""
    if given is None:
        return np.ones(n)
    try:
        found = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise WrongInput(f"sample_weight is no array of numbers: {error}") from None
    if found.shape != (n,):
        raise WrongInput(f"sample_weight has the shape {found.shape}: give {counted(n, 'number')}, one for each row")
    if wrong := found[~(np.isfinite(found) & (found >= 0))].tolist():
        raise WrongInput(f"sample_weight holds {wrong[0]}; a weight is at least 0")
    if not found.any():
        raise WrongInput("sample_weight is zero for every row, so that no row counts")
    return np.asarray(np.ldexp(found, 1 - np.frexp(found.max())[1]))  # only ratios count, and sums stay finite


def leads(votes: np.ndarray) -> np.ndarray:
    """Classes that no other one is before, by the mean of votes [labellers, n, K]: bool [n, K]."""
    mean = votes.mean(0)
    return np.asarray((mean >= mean.max(1, keepdims=True) - 1e-6) & (mean.max(1, keepdims=True) > 0))


def oddities(read: Read, rows: np.ndarray) -> list[str]:
    """Notes on some rows: on those whose labels are for several classes alike, and on classes that no label names."""
    tied = int((leads(read.votes)[rows].sum(1) > 1).sum())
    never = read.classes[~read.votes[:, rows].any((0, 1))].tolist()
    notes = []
    if tied:
        notes.append(
            f"{counted(tied, 'row')} whose labels are for several classes alike: these classes count in equal shares, "
            "or the first of them for a method that takes one, such as harden"
        )
    if never:
        notes.append(f"no weak label is one of {short(never)}: the model can hardly learn such a class")
    return notes


def check_split(audited: Any, *, along: bool) -> None:
    """WrongInput where audited rows are to be split along with X, and their numbers would mean other rows then."""
    if along and isinstance(audited, Mapping):
        raise WrongInput(
            "audited goes along with splits of X, as set_fit_request says, and a dictionary from rows to classes "
            "cannot: give an array with a truth or None for each row of X"
        )


def check_classes(read: Read, rows: np.ndarray) -> None:
    """WrongInput where labels and truths of these rows name fewer than two classes."""
    said = read.votes[:, rows].any((0, 1)) | np.isin(np.arange(len(read.classes)), read.truth[rows])
    named = read.classes[said].tolist()
    if len(named) < 2:
        what = f"one class, {short(named[0])}" if named else "no class"
        raise WrongInput(f"y has {what}: labels of at least two classes are needed to learn from")


def shared_out(audited: np.ndarray, groups: Sequence[str], *, budget: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the audited rows to learn from, and of those to check by; ConfigError for a budget that cannot be."""
    whole = isinstance(budget, int | np.integer) and not isinstance(budget, bool)
    if budget is not None and not (whole and 0 <= budget <= len(audited)):
        raise ConfigError(
            f"budget = {short(budget)}: how many audited rows may be learned from, 0 to {len(audited):,} here; None "
            "for half of them"
        )
    ids = [f"{row:09}" for row in range(len(groups))]
    return divided(audited, groups, ids, budget=budget, seed=seed)


def weak_labels_of(read: Read, groups: Sequence[str], rows: np.ndarray, *, learned: np.ndarray) -> WeakLabels:
    """The weak labels of some rows, and the truths that are learned from; ids count the rows of a group."""
    times: dict[str, int] = {}
    ids, own = [], [groups[row] for row in rows.tolist()]
    for group in own:
        times[group] = times.get(group, 0) + 1
        ids.append(f"{group}-{times[group]}")
    truth = np.full(len(groups), -1)
    truth[learned] = read.truth[learned]
    return WeakLabels(
        probabilities=read.votes[:, rows], ids=ids, groups=own, truth=truth[rows] if len(learned) else None
    )
