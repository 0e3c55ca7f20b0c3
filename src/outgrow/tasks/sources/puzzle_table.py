"""Puzzle files as tables: what they are compressed with, what divides their cells, and which column is which."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import cast

from outgrow.chess.board import Board
from outgrow.errors import DataError
from outgrow.tasks.sources.files import errors_name

HEADER = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags"
COLUMNS = [name.lower() for name in HEADER.split(",")]
EXPECTED = f"expected Lichess's puzzle file, UTF-8, plain or compressed, with the columns {HEADER}"
NAMES = {  # what a column may be called, case and punctuation aside
    "fen": ("fen",),
    "moves": ("moves", "solution", "solutions", "line", "uci", "ucimoves", "movesuci"),
    "rating": ("rating", "puzzlerating", "elo"),
    "game": ("gameurl", "gameid", "game", "gamelink", "sourcegame"),
    "puzzleid": ("puzzleid", "id"),
}
ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # first bytes of a data or a skippable frame, RFC 8878
LICHESS = {"puzzleid": 0, "fen": 1, "moves": 2, "rating": 3, "game": 8}  # where they stand without a header
ABOVE = 10  # lines in which the header, or a row, is looked for
DIVIDERS = ",;\t|"
LONGEST_LINE = 1 << 16  # bytes; real rows have under 1,000


@dataclass(frozen=True, kw_only=True)
class PuzzleTable:
    """A puzzle file as lines of bytes, to be read once.

    Args:
        rows: of the file, without its header, numbered from 1 as an editor does; blank ones are left out.
        divider: of the cells.
        place: where `fen`, `moves`, and perhaps `rating`, `game` and `puzzleid` stand.
    """

    rows: Iterator[tuple[int, bytes]]
    divider: str
    place: dict[str, int]

    def cells(self, line: bytes) -> list[str]:
        """The cells of a row; DataError says why it has none."""
        try:
            return _cells(line, self.divider)
        except UnicodeDecodeError:
            raise DataError("not UTF-8 text") from None
        except csv.Error as error:
            raise DataError(f"not CSV: {error}") from None


@contextmanager
def puzzle_table(file: Path) -> Iterator[PuzzleTable]:
    """Open a puzzle file. Raises DataError, also within the block, if it cannot be read or has no such columns."""
    try:
        with errors_name(file), _opened(file) as stream:
            lines = _lines(stream)
            begin = list(islice(lines, ABOVE))
            if not begin:
                raise DataError(f"{file} is empty; {EXPECTED}")
            looked = ((i, _understood(line, file)) for i, (_, line) in enumerate(begin))  # a title may stand above
            at, found = next((one for one in looked if one[1]), (0, None))
            divider, place, header = found or (",", LICHESS, False)
            if header:
                del begin[at]
            yield PuzzleTable(rows=chain(begin, lines), divider=divider, place=place)
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(
            f"{file} cannot be read: {error}; its end or a part of it is damaged, fetch it again"
        ) from error


def _understood(line: bytes, file: Path) -> tuple[str, dict[str, int], bool] | None:
    """What divides the cells, where the columns stand, and whether this line names them; None if it is no row."""
    split: dict[str, list[str]] = {}
    for divider in DIVIDERS:
        try:
            split[divider] = [cell.strip() for cell in _cells(line, divider)]
        except (UnicodeDecodeError, csv.Error):
            continue
    for divider, cells in split.items():  # a file without a header: the columns stand in Lichess's order around the FEN
        if (fen := next((i for i, cell in enumerate(cells) if _is_fen(cell)), None)) is not None:
            offset = fen - COLUMNS.index("fen")
            place = {name: i + offset for name, i in LICHESS.items() if i + offset >= 0}
            if place["rating"] >= len(cells):
                del place["rating"]
            return divider, place, False
    for divider, cells in split.items():
        plain = [re.sub(r"[\W_]", "", cell.lower()) for cell in cells]
        known = {name for name in plain if name in COLUMNS or any(name in names for names in NAMES.values())}
        if len(known) < 2 and not known & {"fen", "moves"}:
            continue
        for name in ("fen", "moves"):
            if plain.count(name) > 1:
                raise DataError(f"{file}: its header names {name!r} twice; give each column a name of its own")
        found = {
            kind: plain.index(name) for kind, names in NAMES.items() for name in reversed(names) if name in plain
        }  # the first of the names counts
        titles = {"fen": "FEN", "moves": "Moves"}
        if missing := [title for kind, title in titles.items() if kind not in found]:
            raise DataError(
                f"{file}: its header has no column {' and no '.join(missing)}; it has {', '.join(cells)[:200]}; "
                f"{EXPECTED}"
            )
        return divider, found, True
    return None


def _is_fen(cell: str) -> bool:
    try:
        Board.from_fen(cell)
    except DataError:
        return False
    return True


def _cells(line: bytes, divider: str) -> list[str]:
    return next(csv.reader([line.decode("utf-8-sig")], delimiter=divider), [])


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, numbered from 1."""
    begin = stream.peek(LONGEST_LINE)
    old = b"\r" in begin and b"\n" not in begin  # as programs on a Macintosh once ended lines
    lines = _ended_by_return(stream) if old else iter(partial(stream.readline, LONGEST_LINE), b"")
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _ended_by_return(stream: io.BufferedReader) -> Iterator[bytes]:
    left = b""
    while block := stream.read(LONGEST_LINE):
        *whole, left = (left + block).split(b"\r")
        yield from whole
        if len(left) > LONGEST_LINE:
            yield left
            left = b""
    yield left


def _opened(file: Path) -> io.BufferedReader:
    """The file's text as bytes, decompressed as its first bytes say."""
    import pyarrow

    with file.open("rb") as stream:
        begin = stream.read(6)
    if begin.startswith(b"\x1f\x8b"):
        return io.BufferedReader(cast(io.RawIOBase, gzip.open(file)), LONGEST_LINE)
    if begin.startswith(b"BZh"):
        return io.BufferedReader(cast(io.RawIOBase, bz2.open(file)), LONGEST_LINE)
    if begin.startswith(b"\xfd7zXZ\0"):
        return io.BufferedReader(cast(io.RawIOBase, lzma.open(file)), LONGEST_LINE)
    if begin.startswith((b"PK\3\4", b"PAR1")):
        what = "a zip archive: unpack it" if begin.startswith(b"PK") else "a Parquet file: save it as CSV"
        raise DataError(f"{file} is {what}; {EXPECTED}")
    compression = "zstd" if ZSTD.match(begin) else None
    return io.BufferedReader(pyarrow.input_stream(str(file), compression=compression), LONGEST_LINE)
