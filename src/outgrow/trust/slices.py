"""Where a model is worst: its accuracy on slices of the rows, by class, length, source or any column.

Of many slices, some are low by chance. A slice is marked as apart only if its accuracy differs from that of all other
rows after Holm's correction (1979) for all slices that were tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import DataError
from outgrow.plain import counted, plain
from outgrow.trust.given import checked_confidence, checked_right, checked_rows, checked_weights
from outgrow.trust.intervals import LEVEL, Estimate, prediction_powered

ENOUGH = 10  # audited rows of a slice, from which on its own accuracy is shown and compared
MOST, SAME = 100_000, 1e-9  # rows that an estimate is taken to be worth at most; logarithms that are the same
FEWEST = 20  # rows of a slice; smaller ones are counted, and not shown


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of the rows.

    Args:
        column, value: what its rows have in common.
        n: its rows.
        audited: of these.
        expected: mean confidence of its rows, corrected by what all audited rows say.
        estimate: accuracy from its own audited rows; None where none is.
        p: of the hypothesis that it is as good as all other rows, not corrected; None with few audited rows.
        apart: its accuracy is another one than that of all others, corrected for how many slices were tried.
    """

    column: str
    value: str
    n: int
    audited: int
    expected: float
    estimate: Estimate | None
    p: float | None = None
    apart: bool = False

    @property
    def accuracy(self) -> float:
        """The one to go by: its own with enough audited rows, else the expected one."""
        return self.estimate.value if self.estimate and self.audited >= ENOUGH else self.expected


@dataclass(frozen=True, kw_only=True)
class Slices:
    """Slices, the worst first; the accuracy of all rows, None without an audit; and what to know of both."""

    slices: tuple[Slice, ...]
    whole: Estimate | None
    words: tuple[str, ...]


def slices(
    confidence: ArrayLike, by: Mapping[str, Sequence[object] | np.ndarray], *, rows: ArrayLike = (),
    right: ArrayLike = (), weights: ArrayLike | None = None, level: float = LEVEL,
) -> Slices:  # fmt: skip
    """Accuracy by the values of each column, the worst first.

    Args:
        confidence: the model's probability of its answer, [N], or of each class, [N, K].
        by: columns by name, each with a value for every row: the predicted class, the weak one, `quarters` of lengths,
            a source.
        rows, right, weights: audited rows, as of `prediction_powered`.
        level: of intervals, and one minus the risk that any slice is marked by chance.

    Raises:
        DataError: a column has not a value for every row.
    """
    sure = checked_confidence(confidence)
    audited = checked_rows(rows, of=len(sure))
    found = checked_right(right) if len(audited) else np.empty(0)
    own = checked_weights(weights, n=len(audited))
    whole = prediction_powered(sure, audited, found, weights=own, level=level) if len(audited) else None
    expected = sure if whole is None else np.clip(whole.value + whole.factor * (sure - sure.mean()), 0, 1)

    def of(inside: np.ndarray) -> Estimate | None:
        here = inside[audited]
        if not here.any():
            return None
        place = np.cumsum(inside) - 1
        return prediction_powered(sure[inside], place[audited[here]], found[here], weights=own[here], level=level)

    made, small = [], 0
    for column, values in by.items():
        if len(values) != len(sure):
            raise DataError(f"column {column!r} has {counted(len(values), 'value')} for {counted(len(sure), 'row')}")
        texts = np.array([plain(one) for one in values], object)
        for value in sorted(set(texts)):
            inside = texts == value
            n, checked = int(inside.sum()), int(inside[audited].sum())
            if n < FEWEST:
                small += 1
                continue
            one = Slice(
                column=column, value=value, n=n, audited=checked, expected=float(expected[inside].mean()),
                estimate=of(inside),
            )  # fmt: skip
            if min(checked, len(audited) - checked) >= ENOUGH:
                one = replace(one, p=_differ(one.estimate, of(~inside)))
            made.append(one)
    marked = _holm(made, 1 - level)
    return Slices(
        slices=tuple(sorted(marked, key=lambda one: (one.accuracy, one.column, one.value))),
        whole=whole,
        words=_words(marked, small, whole, level),
    )


def quarters(lengths: Sequence[int]) -> list[str]:
    """Which quarter of the lengths each row's is in, in words; fewer than four where many lengths are equal."""
    given = np.asarray(lengths, np.int64)
    if not given.size:
        return []
    edges = np.unique(np.quantile(given, (0.25, 0.5, 0.75, 1), method="lower"))
    place = np.searchsorted(edges, given)
    starts = [int(given.min()), *(int(given[given > edge].min()) for edge in edges[:-1])]
    width = len(str(edges[-1]))  # so that names sort as lengths do
    names = [f"{start:{width}} to {edge:{width}} long" for start, edge in zip(starts, edges, strict=True)]
    return [names[i] for i in place]


def _differ(one: Estimate | None, other: Estimate | None) -> float:
    """Two-sided p of equal accuracies, by Fisher's exact test with the rows that each is worth.

    The probability of the very table counts half (Lancaster 1961): in full, the test would be too careful.
    """
    if one is None or other is None:
        return 1.0
    n, m = (max(1, round(min(found.worth, MOST))) for found in (one, other))
    right = round(one.value * n)
    total = right + round(other.value * m)
    possible = range(max(0, total - m), min(n, total) + 1)
    logs = [_log_choose(n, k) + _log_choose(m, total - k) - _log_choose(n + m, total) for k in possible]
    own = logs[right - possible.start]
    return sum(math.exp(log) * (1 if log < own - SAME else 0.5) for log in logs if log <= own + SAME)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _holm(made: Sequence[Slice], risk: float) -> list[Slice]:
    """The slices, with those marked whose difference stands up to all that were tried."""
    tried = sorted((one.p, i) for i, one in enumerate(made) if one.p is not None)
    marked = list(made)
    for rank, (p, i) in enumerate(tried):
        if p > risk / (len(tried) - rank):
            break
        marked[i] = replace(made[i], apart=True)
    return marked


def _words(made: Sequence[Slice], small: int, whole: Estimate | None, level: float) -> tuple[str, ...]:
    words = []
    tried = sum(one.p is not None for one in made)
    if whole is None:
        words.append("no row is audited: what is shown is mean confidence, which is weak evidence")
    else:
        words.append(
            f"no slice has {ENOUGH} audited rows or more, inside and outside, so that none can be told apart"
            if not tried
            else f"{counted(tried, 'slice')} with {ENOUGH} audited rows or more, inside and outside, compared with all "
            f"other rows: {sum(one.apart for one in made)} apart from them, at a risk of {1 - level:.0%} that any is "
            "marked by chance (Holm)"
        )
        if few := len(made) - tried:
            words.append(f"{counted(few, 'slice')} with fewer: expected accuracy, from confidence and the whole audit")
    if small:
        words.append(f"{counted(small, 'value')} with fewer than {FEWEST} rows not shown")
    return tuple(words)
