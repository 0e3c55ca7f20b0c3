"""Tables of separated cells (CSV, TSV): no row is swallowed, and what is left out is counted."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted
from outgrow.tasks.sources.records import Cells, Table, skipped
from outgrow.tasks.sources.swallowed import swallowed

LONGEST_CELL = 1 << 26  # characters; the csv module's own limit is 131,072
MANY_LINES = 50  # of one row: a quote that was never meant to open may have swallowed others
ABOVE = 50  # lines in which a header is looked for, below titles and the like
SEPARATORS = {";": ";", "|": "|", "\t": "\\t", ",": ","}  # as TOML writes them
SAID = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # what Excel reads, and some programs write, above the header
ESCAPED = re.compile(r'(?<!\\)((?:\\\\)*)\\"')
Rows = list[tuple[int, list[str]]]


def read_separated(
    text: str, *, file: Path, delimiter: str = "", default: str = ",", columns: Sequence[str] = ()
) -> Table:
    """The table of a text with a header.

    Rows whose cells are not as many as the header's, rows that repeat the header, and lines above the header are
    skipped and counted; columns without a name are left out. A quote that is not closed properly is a DataError that
    names its line. In a file of tabs, where nobody has to write quotes, it is a letter.

    Args:
        text: all of it.
        file: what errors name.
        delimiter: by default what a first line such as `sep=;` says, or else `default`.
        default: a comma, or a tab.
        columns: those that are needed, if they are known: the header is the first line that names most of them.
    """
    above, notes = 0, []
    if said := SAID.match(text):
        delimiter, above, text = delimiter or said[1], 1, text[said.end() :]
    delimiter = delimiter or default
    check_named(text, columns, delimiter, file)
    try:
        lines = _read(text, delimiter, above, file)
        if line := swallowed(lines, delimiter):
            raise Unclosed(line, "rows of the table stand within its quotes")
    except Unclosed as error:
        lines, told = _read_otherwise(text, delimiter, above, file, error)
        notes.append(told)
    lines = lines[header_at(lines, columns, notes) :]
    if not lines or not any(cell.strip() for cell in lines[0][1]):
        return Table(source=file.name, columns=[], rows=[], notes=notes)
    check_header(lines[0][1], columns, delimiter, file)
    return _table(lines, columns, notes, file=file)


def check_delimiter(delimiter: str, *, where: str) -> None:
    """ConfigError unless it is one character that can stand between cells, or none."""
    if len(delimiter) > 1 or delimiter in ("\n", "\r", '"', "\0"):
        raise ConfigError(f'{where}: delimiter = {delimiter!r} must be one character, such as ";"')


class Unclosed(Exception):
    """A quote is not closed properly; `line` is where its row begins."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def _read(text: str, delimiter: str, above: int, file: Path, *, quotes: bool = True) -> Rows:
    return list(rows_of(io.StringIO(text, newline=""), delimiter, above, file, quotes=quotes))


def rows_of(
    lines: Iterable[str], delimiter: str, above: int, file: Path, *, quotes: bool = True, padded: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Rows of lines, one by one, each with the line in which it begins; `Unclosed` where a quote does not close.

    Args:
        above: so many lines stand before these.
        quotes: whether they are quotes, and not letters.
        padded: whether blanks may stand between a separator and a cell; they are left out.
    """
    csv.field_size_limit(max(LONGEST_CELL, csv.field_size_limit()))
    reader = csv.reader(
        lines, delimiter=delimiter, strict=True, skipinitialspace=padded and not delimiter.isspace(),
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
    )  # fmt: skip
    number = above + 1
    try:
        for cells in reader:
            yield number, cells
            number = above + 1 + reader.line_num
    except csv.Error as error:
        if "field limit" in str(error):
            raise DataError(
                f"{file}, line {number:,}: a cell has more than {LONGEST_CELL:,} characters; look whether a quote "
                "there has swallowed other rows"
            ) from None
        raise Unclosed(number, str(error)) from None


def _read_otherwise(text: str, delimiter: str, above: int, file: Path, why: Unclosed) -> tuple[Rows, str]:
    """Rows of a text whose quotes are letters, or have a backslash before them; and what to tell about it."""
    if delimiter == "\t":
        told = f"quotes are read as letters, since the quote in line {why.line:,} is not closed properly"
        return _read(text, delimiter, above, file, quotes=False), told
    if '\\"' in text:
        try:
            rows = _read(ESCAPED.sub(r'\1""', text), delimiter, above, file)
        except Unclosed:
            rows = []
        if len({len(cells) for _, cells in rows if any(cells)}) == 1:
            return rows, f'\\" is read as a quote within a cell, as in the row of line {why.line:,}'
    raise unclosed(why, file, text[:1_000].partition("\n")[0], delimiter)


def unclosed(why: Unclosed, file: Path, header: str, delimiter: str) -> DataError:
    """What to say of a quote that is not closed properly."""
    marks = [mark for mark in SEPARATORS if mark != delimiter and f'"{mark}"' in header]
    hint = f', or set delimiter = "{SEPARATORS[marks[0]]}" if its cells are separated so' if marks else ""
    return DataError(
        f"{file}, line {why.line:,}: a quote opens there that is not closed properly ({why}); write quotes "
        f'within a quoted cell twice, as "", or save the file anew{hint}'
    )


def header_at(lines: Rows, columns: Sequence[str], notes: list[str]) -> int:
    """Which row is the header: the first with anything in it, but for a later one that names more columns."""
    if not (filled := [i for i, (_, cells) in enumerate(lines[:ABOVE]) if any(cell.strip() for cell in cells)]):
        return 0
    wanted = set(columns)
    named = {i: len(wanted.intersection(cell.strip() for cell in lines[i][1])) for i in filled}
    best = max(filled, key=lambda i: named[i]) if max(named.values()) > 1 else filled[0]
    if best != filled[0]:
        first, number = lines[filled[0]], lines[best][0]
        skipped = sum(i < best for i in filled)
        notes.append(
            f"the header is line {number:,}; skipped {counted(skipped, 'row')} above it: line "
            f"{first[0]:,} begins with {first[1][0][:40]!r}"
        )
    return best


def check_named(text: str, columns: Sequence[str], delimiter: str, file: Path) -> None:
    """A DataError if a line names more of the columns with another delimiter than any does with this one."""

    def named(line: str, mark: str) -> set[str]:
        return {name.strip(' \t"') for name in line.split(mark)}.intersection(columns)

    lines = text[:100_000].splitlines()[:ABOVE]
    most = max([1, *(len(named(line, delimiter)) for line in lines)])
    for number, line in enumerate(lines, start=1):
        for mark, written in SEPARATORS.items():
            if len(found := named(line, mark)) > most:
                raise DataError(
                    f"{file}: line {number:,} names {' and '.join(sorted(found))} if cells are separated by {mark!r}, "
                    f'not by {delimiter!r}; set delimiter = "{written}"'
                )


def check_header(header: Sequence[str], columns: Sequence[str], delimiter: str, file: Path) -> None:
    """A DataError if a header is one cell that should be several, or names a column twice that is needed."""
    if len(header) == 1 and header[0].strip() not in columns:
        for mark, written in SEPARATORS.items():
            if mark not in header[0]:
                continue
            if mark == delimiter:
                raise DataError(
                    f"{file}: the whole header stands in quotes, {header[0][:80]!r}, so it is one cell; save the file "
                    "without these quotes"
                )
            raise DataError(
                f"{file}: its header is one column, {header[0][:80]!r}, under {delimiter!r}; are its cells separated "
                f'by {mark!r}? Then set delimiter = "{written}"'
            )
    counts = Counter(cell.strip() for cell in header)
    for name, n in counts.items():
        if name and n > 1 and (not columns or name in columns):
            raise DataError(f"{file}: its header names {name!r} twice; give each column a name of its own")


def _table(lines: Rows, columns: Sequence[str], notes: list[str], *, file: Path) -> Table:
    header = [cell.strip() for cell in lines[0][1]]
    lines = _without_import_ids(lines, notes)
    named = max((i for i, name in enumerate(header, start=1) if name), default=0)
    kept = [(name, i) for i, name in enumerate(header) if name and (not columns or name in columns)]
    rows: list[tuple[int, Cells]] = []
    bad: list[str] = []
    headers: list[int] = []
    beyond: list[int] = []
    for number, cells in lines[1:]:
        if len(cells) != named:
            while len(cells) > named and not cells[-1]:
                del cells[-1]  # a separator at the end of the line
            if not named <= len(cells) <= len(header):
                if any(cell.strip() for cell in cells):
                    bad.append(f"line {number:,} has {len(cells)} cells, the header {named}")
                continue
            if len(cells) > named:
                beyond.append(number)
        if header[0] in cells[0] and [cell.strip("\ufeff \t") for cell in cells] == header[:named]:
            headers.append(number)
        else:
            rows.append((number, {name: cells[i] for name, i in kept}))
    starts = [number for number, _ in lines]
    long = [before for before, after in pairwise(starts) if after - before > MANY_LINES]
    notes += skipped(bad, "bad row")
    notes += skipped([f"line {number:,}" for number in headers], "repeat", "of the header")
    if beyond:
        notes.append(
            f"cells to the right of the last named column are not read: those of "
            f"{counted(len(beyond), 'row')}, such as line {beyond[0]:,}"
        )
    if long:
        notes.append(
            f"more than {MANY_LINES} lines are in the cells of {counted(len(long), 'row')}, such as line "
            f"{long[0]:,}: look whether a quote there has swallowed other rows"
        )
    return Table(source=file.name, columns=list(dict.fromkeys(filter(None, header))), rows=rows, notes=notes)


def _without_import_ids(lines: Rows, notes: list[str]) -> Rows:
    """Survey tools write the questions in full below the header, and below these {"ImportId": ...} in each column."""
    for i, (number, cells) in enumerate(lines[1:3], start=1):
        if cells and all(cell.lstrip().startswith('{"ImportId"') for cell in cells if cell.strip()) and any(cells):
            notes.append(f"skipped {counted(i, 'row')} of questions below the header: line {number:,} holds ImportIds")
            return [lines[0], *lines[i + 1 :]]
    return lines
