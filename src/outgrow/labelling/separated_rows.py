"""Rows of separated cells as a stream: none is lost, and those that are not whole get no label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from outgrow.errors import DataError
from outgrow.labelling.chunk import LETTERS, Chunk
from outgrow.labelling.stream import Lines, Stream
from outgrow.plain import counted
from outgrow.tasks.sources.separated import (
    ABOVE,
    ESCAPED,
    SAID,
    Unclosed,
    check_delimiter,
    check_header,
    check_named,
    header_at,
    rows_of,
    unclosed,
)
from outgrow.tasks.sources.swallowed import swallowed

Raw = tuple[list[int], list[list[str]], set[int]]  # of a chunk: lines, cells, places of rows that get no label


class SeparatedRows:
    """A table of separated cells, read by the rules of `sources.separated`.

    Rows with too few or too many cells, and rows that repeat the header, are kept and get no label. Cells that are too
    many are put together in the last. Blanks before a cell are part of it, but where the header has such blanks too.

    Args:
        needed: names of the columns that a model sees.
        batch: rows of a chunk.
    """

    form = "csv"

    def __init__(self, stream: Stream, *, needed: Sequence[str], delimiter: str, batch: int) -> None:
        check_delimiter(delimiter, where="--delimiter")
        self._stream, self._needed, self._batch = stream, needed, batch
        text = stream.head.decode(stream.encoding, "ignore").removeprefix("\ufeff")
        self._said = SAID.match(text)
        text = text[self._said.end() :] if self._said else text
        self.delimiter = delimiter or (self._said[1] if self._said else "\t" if stream.tabs else ",")
        check_named(text, needed, self.delimiter, stream.file)
        self.columns: list[str] = []
        self.notes: list[str] = []
        self.rows = 0
        self._first_line = text.partition("\n")[0]
        blanks = f"{re.escape(self.delimiter)} +"
        self._padded = bool(re.search(f'{blanks}"(?!")', text)) or bool(
            re.fullmatch(
                f"[^ ][^{re.escape(self.delimiter)}]*({blanks}[^{re.escape(self.delimiter)}]+)+", self._first_line
            )
        )
        self._quotes, self._checks, self._ragged = "quotes", stream.piped, 0

    def survey(self, look_at: Callable[[Chunk], None]) -> None:
        """Read all of it; where quotes do not close, they may be letters, or have a backslash before them."""
        self._checks = True
        try:
            self.rows = self._count()
        except Unclosed as error:
            self.rows = self._otherwise(error)
        self._checks = False
        if not self.rows:
            raise DataError(f"{self._stream.file} has no rows below its header")

    def _count(self) -> int:
        return sum(len(cells) for _, cells, _ in self._read())

    def _otherwise(self, why: Unclosed) -> int:
        self._quotes = "letters" if self.delimiter == "\t" else "escaped"
        try:
            rows = self._count()
        except Unclosed:
            raise self._unclosed(why) from None
        if self._quotes == "escaped" and self._ragged:
            raise self._unclosed(why)
        return rows

    def _unclosed(self, why: Unclosed) -> DataError:
        return unclosed(why, self._stream.file, self._first_line, self.delimiter)

    def chunks(self) -> Iterator[Chunk]:
        """Its rows, from the first on."""
        try:
            for numbers, found, unfit in self._read():
                kept = [(name, i) for i, name in enumerate(self.columns) if name in self._needed]
                rows = [(n, {name: cells[i] for name, i in kept}) for n, cells in zip(numbers, found, strict=True)]
                yield Chunk(rows=rows, cells=found, unfit=unfit)
        except Unclosed as error:
            raise self._unclosed(error) from None

    def _read(self) -> Iterator[Raw]:
        notes: list[str] = []
        if self._quotes != "quotes":
            what = "letters" if self._quotes == "letters" else 'quotes within a cell where it is \\"'
            notes.append(f"quotes are read as {what}, since otherwise one of them is not closed properly")
        with self._stream.lines() as lines:
            rows = self._below_header(self._cells(lines), lines, notes)
            yield from self._chunks(rows, lines, notes)
        self.notes = notes

    def _cells(self, lines: Lines) -> Iterator[tuple[int, list[str]]]:
        given: Iterable[str] = lines
        above = 0
        if self._said:
            given, above = islice(lines, 1, None), 1
        if self._quotes == "escaped":
            given = (ESCAPED.sub(r'\1""', line) for line in given)
        return rows_of(
            given, self.delimiter, above, self._stream.file, quotes=self._quotes != "letters", padded=self._padded
        )

    def _below_header(
        self, rows: Iterator[tuple[int, list[str]]], lines: Lines, notes: list[str]
    ) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header, which is found among the first."""
        first = []
        for row in rows:
            lines.row = lines.fed
            first.append(row)
            if len(first) == ABOVE or lines.fed > LETTERS:
                break
        first = first[header_at(first, self._needed, notes) :]
        if not first or not any(cell.strip() for cell in first[0][1]):
            raise DataError(f"{self._stream.file} has no header")
        header = first[0][1]
        check_header(header, self._needed, self.delimiter, self._stream.file)
        self.columns = [cell.strip() for cell in header]
        return chain(first[1:], rows)

    def _chunks(self, rows: Iterator[tuple[int, list[str]]], lines: Lines, notes: list[str]) -> Iterator[Raw]:
        columns, width = self.columns, len(self.columns)
        named = max(i for i, name in enumerate(columns, start=1) if name)
        ragged: list[str] = []
        headers: list[int] = []
        numbers: list[int] = []
        found: list[list[str]] = []
        unfit: set[int] = set()
        blank, began = 0, 0
        for number, cells in rows:
            lines.row = lines.fed
            if len(cells) != width:
                if not cells or (len(cells) == 1 and not cells[0].strip()):
                    blank += 1
                    continue
                if told := _mended(cells, width, named, self.delimiter):
                    ragged.append(f"line {number:,} has {told} cells, the header {width}")
                    unfit.add(len(found))
            elif columns[0] in cells[0] and [cell.strip("\ufeff \t") for cell in cells] == columns:
                headers.append(number)
                unfit.add(len(found))
            numbers.append(number)
            found.append(cells)
            if len(found) == self._batch or lines.fed - began > LETTERS:
                yield self._checked(numbers, found, unfit)
                began, numbers, found, unfit = lines.fed, [], [], set()
        if found:
            yield self._checked(numbers, found, unfit)
        self._ragged = len(ragged)
        if ragged:
            notes.append(
                f"no label for {counted(len(ragged), 'row')} with too few or too many cells, as nobody knows which is "
                f"which: {ragged[0]}{', and others' if len(ragged) > 1 else ''}"
            )
        if headers:
            notes.append(f"no label for {counted(len(headers), 'repeated header')}: line {headers[0]:,}")
        if blank:
            notes.append(f"{counted(blank, 'blank line')} left out")

    def _checked(self, numbers: list[int], found: list[list[str]], unfit: set[int]) -> Raw:
        may = self._checks and self._quotes != "letters" and _has_breaks(numbers, found)
        if may and (line := swallowed(list(zip(numbers, found, strict=True)), self.delimiter)):
            raise Unclosed(line, "rows of the table stand within its quotes")
        return numbers, found, unfit


def _has_breaks(numbers: list[int], rows: list[list[str]]) -> bool:
    """Whether a line ends within a cell, or may: then lines are more than rows."""
    return numbers[-1] - numbers[0] >= len(rows) or any("\n" in cell for cell in rows[-1])


def _mended(cells: list[str], width: int, named: int, delimiter: str) -> int:
    """Make a row as wide as the header, in place; how many cells it had if that is a mistake, else 0."""
    while len(cells) > width and not cells[-1]:
        del cells[-1]
    n = len(cells)
    if n > width:
        cells[width - 1 :] = [delimiter.join(cells[width - 1 :])]
        return n
    cells += [""] * (width - n)
    return 0 if n >= named else n
