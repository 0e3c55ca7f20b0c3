"""Tables and their records, rows by column name, and Parquet files read into them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.sources.files import errors_name

Cells = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as read: its columns, its rows with the number that an editor shows, and what reading had to tell."""

    source: str
    columns: Sequence[str]
    rows: Sequence[tuple[int, Cells]]
    notes: list[str] = field(default_factory=list)


def read_parquet(content: bytes, *, file: Path, columns: Sequence[str] = ()) -> Table:
    """All rows of a Parquet file, numbered from 1.

    Args:
        content: of the file.
        file: what errors name.
        columns: those that are needed, or that hold what is needed; others are not read. By default all.
    """
    import pyarrow

    with opened_parquet(pyarrow.BufferReader(content), file) as opened:
        schema = opened.schema_arrow
        roots = [root(name, schema.names) for name in columns]
        wanted = [name for name in dict.fromkeys(roots) if name] if columns else list(schema.names)
        within = "" in [start for start, name in zip(roots, columns, strict=True) if "{" not in name]
        below = [name for one in schema for name in _below(one.name, one.type) if name != one.name] if within else []
        rows, lost = _all(opened, wanted, file, leave_out=not columns)
        there = [name for name in dict.fromkeys([*schema.names, *below]) if name not in lost]
        notes = [f"column {name!r} is left out: {why}" for name, why in lost.items()]
        return Table(source=file.name, columns=there, rows=list(enumerate(rows, start=1)), notes=notes)


def parquet_records(files: Sequence[Path], columns: Sequence[str], *, source: str) -> Iterator[tuple[int, Cells]]:
    """Records of files of one form, numbered from 1; a missing column or a broken file is a DataError."""
    number = 0
    for file in files:
        with opened_parquet(file, file) as opened:
            check_columns(columns, opened.schema_arrow.names, source=source)
            for record in _records(opened, columns, file):
                number += 1
                yield number, record


@contextmanager
def opened_parquet(source: Any, file: Path) -> Iterator[Any]:
    """A Parquet file, open; a DataError that names it where it cannot be read, then or later."""
    import pyarrow
    import pyarrow.parquet

    try:
        with errors_name(file), pyarrow.parquet.ParquetFile(source) as opened:
            yield opened
    except pyarrow.ArrowException as error:
        raise DataError(f"{file} cannot be read: {error}") from error


def _all(opened: Any, wanted: Sequence[str], file: Path, *, leave_out: bool) -> tuple[list[Cells], dict[str, str]]:
    """Records; if asked for, without columns that cannot be read, and why each cannot."""
    try:
        return list(_records(opened, wanted, file)), {}
    except _Unreadable as error:
        if not leave_out:
            raise
        rest = [name for name in wanted if name != error.column]
        rows, lost = _all(opened, rest, file, leave_out=True)
        return rows, {error.column: error.why, **lost}


class _Unreadable(DataError):
    """A column holds a value that Python cannot."""

    def __init__(self, file: Path, column: str, why: str) -> None:
        super().__init__(f"{file}: column {column!r}, {why}")
        self.column, self.why = column, why


def _records(opened: Any, columns: Sequence[str], file: Path) -> Iterator[Cells]:
    names = opened.schema_arrow.names
    for name in columns:
        if names.count(name) > 1:
            raise DataError(f"{file} has two columns {name!r}; give each a name of its own")
    for batch in opened.iter_batches(columns=list(columns)):
        values = []
        for name in columns:
            try:
                values.append(batch.column(name).to_pylist())
            except (OverflowError, ValueError) as error:
                why = f"of type {batch.column(name).type}, holds a value that cannot be read: {error}"
                raise _Unreadable(file, name, why) from error
        yield from (dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True))


def _below(start: str, type: Any, depth: int = 4) -> list[str]:
    """Names of the values that lie within a column, by its type."""
    import pyarrow

    inner: list[tuple[str, Any]] = []
    if pyarrow.types.is_struct(type):
        inner = [(one.name, one.type) for one in type]
    elif pyarrow.types.is_list(type) or pyarrow.types.is_large_list(type):
        inner = [("0", type.value_type)]
    if not inner or not depth:
        return [start]
    return [name for key, one in inner for name in _below(f"{start}.{key}", one, depth - 1)]


def root(name: str, there: Sequence[str]) -> str:
    """The column in which a name such as `meta.label` begins, itself if it is one; empty if there is none."""
    parts = name.split(".")
    starts = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((start for start in starts if start in there), "")


def skipped(found: Sequence[object], noun: str, kind: str = "") -> list[str]:
    """A note that counts what was left out, a noun and what kind of it, and names the first; none of nothing."""
    what = " ".join(filter(None, (counted(len(found), noun), kind)))
    return [f"skipped {what}: {found[0]}{', and others' if len(found) > 1 else ''}"] if found else []


def check_columns(wanted: Sequence[str], there: Sequence[str], *, source: str) -> None:
    """Raise a DataError for the first wanted column that is not there."""
    for name in wanted:
        if name not in there:
            near = [one for one in there if one.strip("\"' ").lower() == name.lower()]
            near += difflib.get_close_matches(name, there, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            shown = ", ".join(there[:40]) + (f" and {len(there) - 40} more" if len(there) > 40 else "")
            raise DataError(f"{source} has no column {name!r}; {hint}its columns are {shown or 'none'}")
