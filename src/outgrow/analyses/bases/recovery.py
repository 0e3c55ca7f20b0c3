"""PGR of one pair or several, and along the sizes of supervisors or students, as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from outgrow.analyses.base import Study
from outgrow.analyses.bases.finding import Finding, Within, finding
from outgrow.analyses.bases.pairs import Pair, measured, ordinary
from outgrow.intervals.crossed import Crossed, crossed
from outgrow.intervals.measured import Measured, average, slope
from outgrow.intervals.ratio import fieller
from outgrow.plain import counted

By = Literal["supervisors", "students"]


def readable(study: Study, method: str = "naive") -> list[Pair]:
    """Pairs of a method with a gap, measured."""
    return measured(study, ordinary(study, method, gap=True))


def pgr_of(pairs: Sequence[Pair], predicted: Within, what: str) -> Iterator[Finding]:
    """PGR, by Fieller's set of one pair, and the mean of several; nothing of none.

    Args:
        what: words for which pairs these are.
    """
    if len(pairs) > 1:
        about = f"mean PGR of {what} ({counted(len(pairs), 'pair')})"
        yield finding(about, average([one.pgr for one in pairs]), predicted, form=".2f")
    for pair in pairs if len(pairs) == 1 else ():
        found = finding(f"PGR of {what} ({named(pair)})", pair.pgr, predicted, form=".2f")
        ends = fieller(_table(pair), (-1.0, 1.0, 0.0), (-1.0, 0.0, 1.0))
        yield replace(found, low=ends[0], high=ends[1]) if ends else replace(found, low=None, high=None)


def named(pair: Pair) -> str:
    """The models of a pair."""
    return f"{pair.group.weak} \u2192 {pair.group.strong}"


def along(
    pairs: Sequence[Pair],
    value: Callable[[Pair], Measured],
    by: By,
    predicted: Within,
    what: str,
    *,
    form: str = "+.3f",
) -> Iterator[Finding]:
    """How a number changes with tenfold the cost of supervisors (of the same student) or of students (likewise)."""
    found = slope_along(pairs, value, by)
    if found is not None:
        other = "students" if by == "supervisors" else "supervisors"
        kinds = len({_kind(one, by) for one in pairs})
        of = f"{counted(len(pairs), 'pair')}, of {counted(kinds, other[:-1])}"
        about = f"change of {what} for {by} of ten times the cost ({of})"
        yield finding(about, found, predicted, form=form)


def slope_along(pairs: Sequence[Pair], value: Callable[[Pair], Measured], by: By) -> Measured | None:
    """The slope by the logarithm of cost where the other model stays the same; None of fewer than two sizes."""
    if len(pairs) < 2:
        return None
    sizes = [one.weak_size if by == "supervisors" else one.strong_size for one in pairs]
    return slope(sizes, [value(one) for one in pairs], [_kind(one, by) for one in pairs])


def _kind(pair: Pair, by: By) -> str:
    return pair.group.strong if by == "supervisors" else pair.group.weak


def _table(pair: Pair) -> Crossed:
    roles = [pair[role] for role in ("weak", "student", "ceiling")]
    return crossed(np.stack([one.value + one.influence for one in roles]), pair.cells.groups)
