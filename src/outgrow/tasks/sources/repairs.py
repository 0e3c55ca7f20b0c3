"""What is wrong with tables of any form: headers among the rows, one column under two names, parts that are missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.records import Cells, Table, skipped

PART = re.compile(r"(.*?)(\d+)-of-(\d+)(.*)", re.ASCII)  # as many programs name the parts of a table


def without_headers(table: Table) -> Table:
    """The table without rows that name its columns again, as files pasted one below the other have them."""
    found = [number for number, record in table.rows if _is_header(record)]
    if not found:
        return table
    again = set(found)
    rows = [(number, record) for number, record in table.rows if number not in again]
    notes = skipped([f"row {number:,}" for number in found], "repeat", "of the names of the columns")
    return replace(table, rows=rows, notes=[*table.notes, *notes])


def _is_header(record: Cells) -> bool:
    said = [(name, value) for name, value in record.items() if value not in (None, "")]
    return len(said) > 1 and all(isinstance(value, str) and folded(value) == folded(name) for name, value in said)


def one_name_each(table: Table, columns: Sequence[str]) -> Table:
    """The same table; DataError if rows have a needed column under another name that is like it but for case."""
    for name in columns:
        for other in table.columns:
            if other == name or name not in table.columns or folded(other) != folded(name):
                continue
            rows = [n for n, record in table.rows if record.get(name) is None and record.get(other) is not None]
            if rows:
                raise DataError(
                    f"{table.source}: {len(rows):,} rows, such as row {rows[0]:,}, have {other!r} and not {name!r}; "
                    "give the column one name in all rows"
                )
    return table


def missing_parts(files: Sequence[Path]) -> str:
    """What to tell where files are called as parts of a number of which some are not there; else nothing."""
    parts: dict[tuple[str, str, str], set[int]] = {}
    for file in files:
        if found := PART.fullmatch(file.name):
            parts.setdefault((found[1], found[3], found[4]), set()).add(int(found[2]))
    for (start, total, end), there in parts.items():
        first = min(there) and 1  # parts begin at 0 or at 1
        lost = [i for i in range(first, int(total) + first) if i not in there] if int(total) < 100_000 else []
        if lost:
            name = f"{start}{lost[0]:0{len(total)}}-of-{total}{end}"
            return f"{len(lost):,} of {int(total):,} parts are not there, such as {name}"
    return ""
