"""What the labellers' columns of a table hold: words for classes, or probabilities of classes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from outgrow.errors import DataError
from outgrow.tasks.sources.classes import NUMBER, spelled
from outgrow.tasks.sources.label_values import SILENT
from outgrow.tasks.sources.probabilities import ROUNDED
from outgrow.tasks.sources.records import Table, check_columns


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one labeller's cells hold: words for classes, or probabilities of classes.

    Args:
        words: of each row, as `spelled` gives them; "" for nothing.
        shares: of each row, one number for each of `of`, or one of the second class; nothing where words are given.
        of: the classes that `shares` are of; () for the second of two.
        columns: that hold them.
    """

    name: str
    words: list[str] | None = None
    shares: list[list[object]] | None = None
    of: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def read_said(table: Table, columns: Sequence[str], no_label: Sequence[str]) -> list[Said]:
    """What the labellers' columns hold; DataError where one is not there, or they are one column for each class."""
    none = {spelled(one, where="--no-label").lower() for one in no_label}
    found = [
        _several(table, column, none) if column.endswith("*") and column not in table.columns
        else _single(table, column, none)
        for column in columns
    ]  # fmt: skip
    _check_not_by_class(table, found)
    return found


def _single(table: Table, column: str, none: Collection[str]) -> Said:
    """A labeller with one column."""
    check_columns([column], table.columns, source=table.source)
    words = [
        spelled(row.get(column), where=f"{table.source}, row {number:,}: {column!r}", column=column)
        for number, row in table.rows
    ]
    words = ["" if one.lower() in none else one for one in words]
    if _are_probabilities(words):
        return Said(name=column, shares=[["" if one.lower() in SILENT else one] for one in words])
    return Said(name=column, words=words)


def _several(table: Table, column: str, none: Collection[str]) -> Said:
    """A labeller with a column of probabilities for each class, or with an object of JSON in one column."""
    start = column[:-1]
    several = [one for one in table.columns if one.startswith(start) and one != start]
    if not several and (within := _within(table, start.rstrip("."))):
        cells = [[row.get(one) for one in within] for row in _tables_in(table, start.rstrip("."))]
        columns = tuple(f"{start}{one}" for one in within)
        return Said(name=start.rstrip("."), shares=_spoken(cells, none), of=tuple(within), columns=columns)
    if len(several) < 2:
        raise DataError(
            f"{table.source}: {len(several)} of its columns {'begins' if several else 'begin'} with {start!r}, and "
            f"{column!r} wants one for each class; its columns are {', '.join(table.columns[:40])}"
        )
    cells = [[row.get(one) for one in several] for _, row in table.rows]
    name = start.rstrip("_.") or "probabilities"
    of = tuple(one.removeprefix(start) for one in several)
    return Said(name=name, shares=_spoken(cells, none), of=of, columns=tuple(several))


def _spoken(cells: list[list[object]], none: Collection[str]) -> list[list[object]]:
    """Probabilities of each row; nothing where all of its cells say that there is none."""
    silent = {*SILENT, *none}
    return [[None] * len(row) if all(_low(one) in silent for one in row) else row for row in cells]


def _low(cell: object) -> str:
    return "" if isinstance(cell, (list, dict)) else str("" if cell is None else cell).strip().lower()


def _tables_in(table: Table, column: str) -> list[dict[str, object]]:
    """A column whose cells are objects of JSON; an empty one where a cell is none."""
    cells = (row.get(column) for _, row in table.rows)
    return [dict(one) if isinstance(one, dict) else {} for one in cells]


def _within(table: Table, column: str) -> list[str]:
    """The keys of a column whose cells are objects of JSON."""
    return list(dict.fromkeys(str(key) for one in _tables_in(table, column) for key in one))


def _are_probabilities(words: Sequence[str]) -> bool:
    """Whether a column holds numbers from 0 to 1, and not only these two: a class is a whole number or a name."""
    said = [one for one in words if one.lower() not in SILENT]
    if not said or not all(NUMBER.fullmatch(one) for one in said):
        return False
    numbers = [float(one) for one in said]
    return all(0 <= one <= 1 for one in numbers) and any(0 < one < 1 for one in numbers)


def _check_not_by_class(table: Table, found: Sequence[Said]) -> None:
    """DataError where columns are one for each class, and sum to 1: labellers would agree somewhere."""
    numbers = {one.name: own for one in found if (own := _numbers(one))}
    shares = {one.name: numbers[one.name] for one in found if one.shares is not None and one.name in numbers}
    for some in (shares, numbers):
        rows = [row for row in zip(*some.values(), strict=True) if any(cell is not None for cell in row)]
        sums = [sum(cell for cell in row if cell is not None) if None not in row else 0 for row in rows]
        if len(some) > 1 and rows and all(abs(one - 1) <= ROUNDED for one in sums):
            names = [*some]
            start = names[0][: max(map(names[0].rfind, "_.-: ")) + 1]
            cure = f"call them p_{names[0]}, p_{names[1]} and so on, and say --labels 'p_*'"
            if start and all(name.startswith(start) for name in names):
                cure = f"say --labels '{start}*'"
            raise DataError(
                f"{table.source}: {', '.join(names)} sum to 1 in every row, so they are one column for each class, not "
                f"one for each labeller: {cure}"
            )


def _numbers(one: Said) -> list[float | None] | None:
    """A single column's numbers from 0 to 1, None where it says nothing; nothing if it holds anything else."""
    if one.of:
        return None
    cells = one.words if one.words is not None else [str(row[0]) for row in one.shares or ()]
    if one.words is not None and not {*one.words} <= {"", "0", "1"}:
        return None
    return [float(cell) if cell else None for cell in cells]
