"""Tables and their records, rows by column name, and Parquet files read into them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.tasks.sources.files import errors_name

Cells = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as read: its columns, its rows with the number that an editor shows, and what reading had to tell."""

    source: str
    columns: Sequence[str]
    rows: Sequence[tuple[int, Cells]]
    notes: list[str] = field(default_factory=list)


def read_parquet(content: bytes, *, file: Path) -> Table:
    """All rows of a Parquet file, numbered from 1."""
    import pyarrow
    import pyarrow.parquet

    with errors_name(file), pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content)) as opened:
        rows = [record for batch in opened.iter_batches() for record in batch.to_pylist()]
        return Table(source=file.name, columns=opened.schema_arrow.names, rows=list(enumerate(rows, start=1)))


def parquet_records(files: Sequence[Path], columns: Sequence[str], *, source: str) -> Iterator[tuple[int, Cells]]:
    """Records of files of one form, numbered from 1; a missing column or a broken file is a DataError."""
    import pyarrow.parquet

    number = 0
    for file in files:
        check_columns(columns, columns_of(file), source=source)
        with errors_name(file), pyarrow.parquet.ParquetFile(file) as opened:
            for batch in opened.iter_batches(columns=list(columns)):
                for record in batch.to_pylist():
                    number += 1
                    yield number, record


def columns_of(file: Path) -> list[str]:
    """Names of a Parquet file's columns."""
    import pyarrow.parquet

    with errors_name(file):
        return list(pyarrow.parquet.read_schema(file).names)


def check_columns(wanted: Sequence[str], there: Sequence[str], *, source: str) -> None:
    """Raise a DataError for the first wanted column that is not there."""
    for name in wanted:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            shown = ", ".join(there[:40]) + (f" and {len(there) - 40} more" if len(there) > 40 else "")
            raise DataError(f"{source} has no column {name!r}; {hint}its columns are {shown or 'none'}")
