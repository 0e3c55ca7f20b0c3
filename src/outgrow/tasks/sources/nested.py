"""Values within lists and tables of a cell, as columns: `meta.label`, `messages.0.content`, `messages.-1.content`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from outgrow.tasks.sources.records import Table, root

LOOKED_AT = 20  # rows, for the names that a message lists
DEPTH = 4
INDEX = re.compile("-?[0-9]{1,9}")
NOTHING = object()


def with_nested(table: Table, columns: Sequence[str]) -> Table:
    """The table with those of the columns that lie within others; if one is missing, with the names of all within."""
    found: list[str] = []
    missing = False
    for name in dict.fromkeys(columns):
        if name in table.columns:
            continue
        start = root(name, table.columns)
        keys = name[len(start) + 1 :].split(".")
        values = [_within(record.get(start), keys) for _, record in table.rows] if start else []
        if all(value is NOTHING for value in values):
            missing |= "{" not in name  # a template is no name
            continue
        found.append(name)
        for (_, record), value in zip(table.rows, values, strict=True):
            record[name] = None if value is NOTHING else value
    if missing:
        found += _names(table)
    return replace(table, columns=list(dict.fromkeys([*table.columns, *found]))) if found else table


def _within(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and INDEX.fullmatch(key) and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            return NOTHING
    return value


def names_within(start: str, value: object) -> list[str]:
    """Names of what lies within a cell of the column `start`, as far as it is neither list nor table."""
    return [name for name in _below(start, value, DEPTH) if name != start]


def _names(table: Table) -> list[str]:
    """Names of what lies within the first rows' cells."""
    cells = [item for _, record in table.rows[:LOOKED_AT] for item in record.items()]
    return list(dict.fromkeys(name for start, value in cells for name in names_within(start, value)))


def _below(start: str, value: object, depth: int) -> Iterator[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    if depth:
        for key, one in inner:
            yield from _below(f"{start}.{key}", one, depth - 1)
    if not inner:
        yield start
