"""Scores of one's own to intervals, PGR and a verdict: no store, no task, no model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.errors import DataError
from outgrow.intervals.crossed import FEWEST, crossed
from outgrow.intervals.ratio import fieller
from outgrow.results.evaluation import interval
from outgrow.results.table import Bounded, Interval


@dataclass(frozen=True, kw_only=True)
class ScoreEvaluation:
    """What scores of three roles come to.

    Args:
        scores: mean of each role, with its interval.
        pgr: performance gap recovered; None, with a reason in `verdict`, where it must not be read.
        verdict: `ok`; `few-groups`: too few independent groups of rows; `no-gap`: the ceiling is not clearly above the
            supervisor.
        n_groups: independent groups of rows.
        n_seeds: seeds; with one, the spread between seeds is unknown, and no interval holds it.
    """

    scores: dict[str, Interval]
    pgr: Bounded | None
    verdict: str
    n_groups: int
    n_seeds: int


def evaluate_scores(
    *, weak: Any, student: Any, ceiling: Any, groups: Sequence[Hashable] | np.ndarray | None = None
) -> ScoreEvaluation:
    """Intervals of three roles' mean scores, and PGR, from scores of the same rows by the same seeds.

    Args:
        weak, student, ceiling: floats [seeds, n], larger is better; [n] for one seed.
        groups: which group each row belongs to, n values of any kind; each row by itself by default.

    Raises:
        DataError: shapes that differ, no rows, or scores that are not numbers.
    """
    roles = {"weak": _table(weak, "weak"), "student": _table(student, "student"), "ceiling": _table(ceiling, "ceiling")}
    shapes = {name: one.shape for name, one in roles.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(f"scores of the same seeds and rows are needed, and their shapes are {shapes}")
    n_seeds, n = roles["weak"].shape
    numbers = None if groups is None else _numbers(groups, n)
    table = crossed(np.stack(list(roles.values())), numbers)
    share = all(bool(((one >= 0) & (one <= 1)).all()) for one in roles.values())
    names = list(roles)
    scores = {
        name: interval(table.estimate(*(float(name == one) for one in names)), n=one.size, share=share, table=table)
        for name, one in roles.items()
    }
    gap = table.estimate(-1, 0, 1)
    if table.n_groups < FEWEST:
        verdict, pgr = "few-groups", None
    elif gap.low is None or gap.low <= 0:
        verdict, pgr = "no-gap", None
    else:
        ends = fieller(table, (-1, 1, 0), (-1, 0, 1))
        if ends is None:  # the gap bounds the ratio, but not within any size that a score has
            raise DataError(
                "student: its scores spread over a billion times the gap between weak and ceiling; look for a number "
                f"that is no score: the largest is {float(np.abs(roles['student']).max()):.3g}"
            )
        value = float((table.mean[1] - table.mean[0]) / (table.mean[2] - table.mean[0]))
        verdict, pgr = "ok", Bounded(value=value, low=ends[0], high=ends[1], n=n_seeds * n)
    return ScoreEvaluation(scores=scores, pgr=pgr, verdict=verdict, n_groups=table.n_groups, n_seeds=n_seeds)


def _table(given: Any, name: str) -> np.ndarray:
    """Scores as floats [seeds, n]."""
    try:
        found = np.asarray(given, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: scores must be numbers, one for each seed and row ({error})") from None
    found = found[None] if found.ndim == 1 else found
    if found.ndim != 2 or not found.size:
        raise DataError(f"{name}: scores must have the shape [seeds, n], at least one of each, not {list(found.shape)}")
    if not np.isfinite(found).all():
        raise DataError(f"{name}: {int((~np.isfinite(found)).sum()):,} scores are no numbers; leave such rows out")
    return found


def _numbers(groups: Sequence[Hashable] | np.ndarray, n: int) -> np.ndarray:
    """Groups of any kind as numbers."""
    names = list(groups.tolist() if isinstance(groups, np.ndarray) else groups)
    if len(names) != n:
        raise DataError(f"groups: one for each of the {n:,} rows is needed, not {len(names):,}")
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in names], np.int64)
