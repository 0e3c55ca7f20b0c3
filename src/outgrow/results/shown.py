"""Results as texts: the cells of the pooled table, wherever it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.results.columns import differing, flat
from outgrow.results.table import Group, Interval

NUMERIC = ("seeds", "weak score", "student", "ceiling", "zero-shot", "PGR (95 %)", "agreement")


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A table of texts.

    Args:
        names: of the columns.
        numeric: those that stand to the right.
        rows: as many cells as names, each.
    """

    names: tuple[str, ...]
    numeric: tuple[str, ...]
    rows: list[tuple[str, ...]]


def group_cells(groups: Sequence[Group]) -> TextTable:
    """Pooled results, one row per pair and method; what differs between them has columns of its own."""
    keys = differing([group.settings for group in groups])
    several = len({group.experiment for group in groups}) > 1
    rows = []
    for group in groups:
        settings = flat(group.settings)
        roles = (group.weak_score, group.student, group.ceiling, group.zero_shot)
        rows.append(
            (
                *((group.experiment,) if several else ()),
                group.weak, group.strong, group.method,
                *(cell(settings.get(key)) for key in keys),
                str(len(group.seeds)),
                *(score(one, share=group.share) for one in roles),
                pgr(group.pgr), score(group.agreement), group.verdict,
            )
        )  # fmt: skip
    first = ("experiment",) if several else ()
    return TextTable(names=(*first, "weak", "strong", "method", *keys, *NUMERIC, "verdict"), numeric=NUMERIC, rows=rows)


def cell(value: object) -> str:
    """A setting or a score of one seed; a dash for None."""
    if isinstance(value, float):
        return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.3g}"
    return "-" if value is None else str(value)


def score(interval: Interval | None, *, share: bool = True) -> str:
    """`41.2 %`; a score that is no share of anything as `0.412`; or a dash."""
    if interval is None:
        return "-"
    return f"{100 * interval.value:.1f} %" if share else f"{interval.value:.3f}"


def pgr(interval: Interval | None) -> str:
    """`0.26 (0.23 to 0.30)`, or a dash."""
    if interval is None:
        return "-"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
