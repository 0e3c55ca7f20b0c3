"""Tables of separated cells (CSV, TSV): no row is swallowed, and what is left out is counted."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import pairwise
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.sources.records import Cells, Table

LONGEST_CELL = 1 << 26  # characters; the csv module's own limit is 131,072
MANY_LINES = 50  # of one row: a quote that was never meant to open may have swallowed others
Rows = list[tuple[int, list[str]]]


def read_separated(text: str, *, file: Path, delimiter: str = ",") -> Table:
    """The table of a text with a header.

    Rows whose cells are not as many as the header's, and rows that repeat the header, are skipped and counted; columns
    without a name are left out. A quote that is not closed properly is a DataError that names its line. In a file of
    tabs, where nobody has to write quotes, it is a letter.
    """
    notes: list[str] = []
    try:
        lines = _read(text, delimiter, quotes=True)
    except _Unclosed as error:
        if delimiter != "\t":
            raise DataError(
                f"{file}, line {error.line:,}: a quote opens there that is not closed properly ({error}); write quotes "
                'within a quoted cell twice, as "", or save the file anew'
            ) from None
        lines = _read(text, delimiter, quotes=False)
        notes.append(f"quotes are read as letters, since that of line {error.line:,} is not closed properly")
    return _table(lines, notes, file=file)


class _Unclosed(Exception):
    """A quote is not closed properly; `line` is where its row begins."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def _read(text: str, delimiter: str, *, quotes: bool) -> Rows:
    csv.field_size_limit(max(LONGEST_CELL, csv.field_size_limit()))
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True,
        skipinitialspace=delimiter != "\t", quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
    )  # fmt: skip
    rows: Rows = []
    while True:
        before = lines.line_num
        try:
            rows.append((before + 1, next(lines)))
        except StopIteration:
            return rows
        except csv.Error as error:
            raise _Unclosed(before + 1, str(error)) from None


def _table(lines: Rows, notes: list[str], *, file: Path) -> Table:
    while lines and not any(cell.strip() for cell in lines[0][1]):  # blank lines above the header
        del lines[0]
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    named = [name for name in header if name]
    if repeated := [name for name, n in Counter(named).items() if n > 1]:
        raise DataError(f"{file}: its header names {repeated[0]!r} twice; give each column a name of its own")
    rows: list[tuple[int, Cells]] = []
    bad: list[str] = []
    headers = 0
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            if any(cell.strip() for cell in cells):
                bad.append(f"line {number:,} has {len(cells)} cells, the header {len(header)}")
        elif [cell.strip() for cell in cells] == header:
            headers += 1
        else:
            rows.append((number, {name: cell for name, cell in zip(header, cells, strict=True) if name}))
    starts = [number for number, _ in lines]
    long = [before for before, after in pairwise(starts) if after - before > MANY_LINES]
    if bad:
        notes.append(f"skipped {len(bad):,} bad rows: {bad[0]}{', and others' if len(bad) > 1 else ''}")
    if headers:
        notes.append(f"skipped {headers:,} rows that repeat the header")
    if long:
        notes.append(
            f"{len(long):,} rows have more than {MANY_LINES} lines in their cells, such as that of line {long[0]:,}: "
            "look whether a quote there has swallowed other rows"
        )
    return Table(source=file.name, columns=named, rows=rows, notes=notes)
