"""Results as texts: the cells of the tables, wherever they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outgrow.results.settings import Flat, differing
from outgrow.results.table import Group, Interval, Record, Result

NUMERIC = ("seeds", "weak score", "student", "ceiling", "zero-shot", "PGR (95 %)", "agreement")
MEASURED = ("weak score", "student", "ceiling", "zero-shot", "PGR (95 %)", "agreement", "verdict")
ROW_NUMERIC = ("seed", "weak_score", "student_score", "ceiling_score", "zero_shot_score", "pgr", "agreement")
ROW_MEASURED = (*ROW_NUMERIC[1:], "verdict", "key")
ALWAYS = ("weak", "strong", "method")
IF_SEVERAL = ("experiment", "task", *ALWAYS, "metric", "n_supervisor", "n_transfer", "n_test", "n_ground_truth")
KEY = 12  # letters of a key that are shown; every command takes the beginning of one


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A table of texts.

    Args:
        names: of the columns.
        numeric: those that stand to the right.
        measured: those that tell what came out, rather than of what.
        rows: as many cells as names, each; no two tell of the same thing in the same words.
        why: why a row failed, or an empty text; empty where no row can.
        once: whether what is the same in all rows may be told above them.
    """

    names: tuple[str, ...]
    numeric: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]]
    why: Sequence[str] = ()
    once: bool = True


def group_cells(groups: Sequence[Group], *, intervals: bool = False) -> TextTable:
    """Pooled results, one row per pair and method; what differs between them has columns of its own.

    Args:
        intervals: whether every score has its ends behind it.
    """
    names, who = _who([(group, _keys(group)) for group in groups], list(groups))
    rows = [
        (
            *of, seeds_shown(group),
            *(score(one, share=group.share, ends=intervals) for one in _roles(group)),
            pgr(group.pgr), score(group.agreement, ends=intervals), group.verdict,
        )
        for group, of in zip(groups, who, strict=True)
    ]  # fmt: skip
    return TextTable(
        names=(*names, *NUMERIC, "verdict"), numeric=(*NUMERIC, *_counts(names)), measured=MEASURED, rows=rows,
        why=[one.why if one.verdict == "failed" else "" for one in groups],
    )  # fmt: skip


def seeds_shown(group: Group) -> str:
    """How many seeds tell something, and of how many, where some failed: `4`, `3 of 4`."""
    asked, count = len(group.asked_seeds), len(group.seeds)
    return str(count) if count == asked else f"{count} of {asked}"


def _keys(group: Group) -> str:
    """The first seed's key, and how many more there are."""
    return " +".join([*(one[:KEY] for one in group.keys[:1]), *([str(len(group.keys) - 1)] if group.keys[1:] else [])])


def _roles(group: Group) -> list[Interval | None]:
    return [group.weak_score, group.student, group.ceiling, group.zero_shot]


def row_cells(records: Sequence[Record], *, intervals: bool = False) -> TextTable:
    """Rows of single seeds, each with the beginning of its key; settings that differ have columns of their own.

    Args:
        intervals: whether every score has its ends behind it.
    """
    names, who = _who([(one.row, str(one.row.seed)) for one in records], list(records), last="seed")
    rows = [
        (*of, *(_row_cell(one, name, intervals) for name in ROW_MEASURED[:-1]), one.row.key[:KEY])
        for one, of in zip(records, who, strict=True)
    ]
    return TextTable(
        names=(*names, *ROW_MEASURED), numeric=(*ROW_NUMERIC, *_counts(names)), measured=ROW_MEASURED, rows=rows,
        why=[one.failure for one in records],
    )  # fmt: skip


def _row_cell(record: Record, name: str, intervals: bool) -> str:
    found = record.evaluation if intervals else None
    if found is None or name == "verdict":
        return cell(getattr(record.row, name))
    if name in ("pgr", "agreement"):
        return score(getattr(found, name), share=False, ends=True)
    return score(found.scores.get(name.removesuffix("_score")), share=False, ends=True)


def _who(
    ones: Sequence[tuple[Group | Result, str]], whole: Sequence[Group | Record], *, last: str = ""
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Columns that tell rows apart: names, models, and settings in which rows differ that are alike in these.

    Args:
        last: a column of the texts beside the rows, there in any case.
    """
    settings = Flat()
    several = [name for name in IF_SEVERAL if len({getattr(one, name) for one, _ in ones}) > 1]
    always = (*ALWAYS, *(["n_ground_truth"] if any(one.n_ground_truth for one, _ in ones) else []))
    names = [name for name in IF_SEVERAL if name in several or name in always]
    alike: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for (one, _), of in zip(ones, whole, strict=True):
        alike.setdefault(tuple(getattr(one, name) for name in names), []).append(of.settings)

    def needed(*, all_of_them: bool) -> list[str]:
        found = [key for some in alike.values() for key in differing(some, all_of_them=all_of_them)]
        return list(dict.fromkeys(found))

    keys = needed(all_of_them=False)

    def rows(keys: Sequence[str], with_key: bool) -> list[tuple[str, ...]]:
        return [
            (
                *(cell(getattr(one, name)) for name in names),
                *(setting(settings.get(of.settings, key)) for key in keys),
                *((text,) if last or with_key else ()),
            )
            for (one, text), of in zip(ones, whole, strict=True)
        ]

    found = rows(keys, False)
    if len(set(found)) < len(found):  # what the method's name leaves out
        keys = needed(all_of_them=True)
        found = rows(keys, False)
    if not last and len(set(found)) < len({text for _, text in ones}):  # other content under the same settings
        return [*names, *keys, "keys"], rows(keys, True)
    return [*names, *keys, *([last] if last else [])], found


def _counts(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith("n_")]


def cell(value: object) -> str:
    """A score of one seed, or what a row is of; a dash for None."""
    if isinstance(value, float):
        return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.3g}"
    return "-" if value is None else str(value)


def setting(value: object) -> str:
    """A setting's value in full, so that two that differ look different; a dash for None."""
    return "-" if value is None else str(value)


def score(interval: Interval | None, *, share: bool = True, ends: bool = False) -> str:
    """`41.2 %`; a score that is no share of anything as `0.412`; or a dash. With `ends`, `41.2 % (40.1 to 42.3)`."""
    if interval is None:
        return "-"
    text = f"{100 * interval.value:.1f} %" if share else f"{interval.value:.3f}"
    if not ends or interval.low is None or interval.high is None:
        return text
    low, high = (f"{100 * end:.1f}" if share else f"{end:.3f}" for end in (interval.low, interval.high))
    return f"{text} ({low} to {high})"


def pgr(interval: Interval | None) -> str:
    """`0.26 (0.23 to 0.30)`, or a dash."""
    if interval is None:
        return "-"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
