"""Chess puzzles out of Lichess's file, or out of the table that comes with the package.

A Lichess row holds the position *before* the opponent's set-up move; the example is the position after it, and the
label is the second move. Rows that are malformed or illegal are skipped, counted and named by their line in the file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import resources
from itertools import chain
from pathlib import Path

import numpy as np

from outgrow.chess.board import Board
from outgrow.chess.moves import N_MOVES, move_class_of_uci
from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.files import errors_name

HEADER = "PuzzleId,FEN,Moves,Rating,RatingDeviation,Popularity,NbPlays,Themes,GameUrl,OpeningTags"
COLUMNS = [name.lower() for name in HEADER.split(",")]
EXPECTED = f"expected Lichess's puzzle file, UTF-8, plain or zstd-compressed, with the columns {HEADER}"
ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # first bytes of a data or a skippable frame, RFC 8878
LONGEST_LINE = 1 << 16  # bytes; real rows have under 1,000
GIVE_UP = 1_000  # rows; a file that starts with so many bad ones is not a puzzle file
NAMED = 2  # bad rows told in full
GAME = re.compile(r"(?:\w+://)?[^/\s]+/(\w{8})")  # the game's id, within its address


def puzzle_file(path: str | None) -> Path:
    """The file of puzzles at that path, or the shipped one; DataError if it is not there."""
    file = shipped_table() if path is None else Path(os.path.expanduser(path))
    if os.path.isfile(file):  # unlike Path's, never an error, however odd the path
        return file
    if path is None:
        raise DataError(f"the shipped chess puzzles are missing ({file}); run `outgrow zoo build chess` to make them")
    why = "is no regular file" if os.path.exists(file) else "does not exist"
    raise DataError(f"{file}: the puzzle file {why}; download one from https://database.lichess.org/#puzzles")


@dataclass(frozen=True, kw_only=True)
class _Puzzle:
    """A checked row of Lichess's file. Its id is a hash of what a model sees: the coded position and the right move."""

    id: str
    group: str
    board: np.ndarray
    label: int
    rating: float | None


def read_lichess(file: Path, max_rows: int) -> Examples:
    """The first usable rows of Lichess's file; DataError if it is unreadable or has none."""
    puzzles: dict[str, _Puzzle] = {}
    bad: list[str] = []
    repeated = 0
    with errors_name(file), _opened(file) as stream:
        lines = _lines(stream)
        if (first := next(lines, None)) is None:
            raise DataError(f"{file} is empty; {EXPECTED}")
        columns = _header(first[1])
        if columns is None:
            columns, lines = {name: i for i, name in enumerate(COLUMNS)}, chain([first], lines)
        if missing := [name for name in ("FEN", "Moves") if name.lower() not in columns]:
            raise DataError(f"{file}: its header has no column {' and no '.join(missing)}; {EXPECTED}")
        for number, line in lines:
            try:
                puzzle = _puzzle(line, columns)
            except DataError as error:
                bad.append(f"row {number:,}: {error}")
                if len(bad) == GIVE_UP and not puzzles:
                    break
                continue
            repeated += puzzle.id in puzzles
            puzzles.setdefault(puzzle.id, puzzle)
            if len(puzzles) == max_rows:
                break
    reasons = "; ".join(bad[:NAMED] + ([f"and {len(bad) - NAMED:,} more"] if len(bad) > NAMED else []))
    if not puzzles:
        raise DataError(f"{file}: no usable row{f' ({reasons})' if bad else ''}; {EXPECTED}")
    rows = f"of {len(bad) + repeated + len(puzzles):,} rows of {file.name}"
    notes = [f"skipped {len(bad):,} {rows}: {reasons}"] if bad else []
    notes += [f"skipped {repeated:,} {rows}: an earlier row has the same position and move"] if repeated else []
    kept = list(puzzles.values())
    return Examples(
        ids=[puzzle.id for puzzle in kept],
        groups=[puzzle.group for puzzle in kept],
        inputs=np.stack([puzzle.board for puzzle in kept]),
        truth=np.array([puzzle.label for puzzle in kept], np.int64),
        n_classes=N_MOVES,
        difficulty=np.array([puzzle.rating for puzzle in kept], np.float32) if "rating" in columns else None,
        notes=notes,
    )


def _puzzle(line: bytes, columns: dict[str, int]) -> _Puzzle:
    """Read one row; DataError says what is wrong with it."""
    try:
        cells = _cells(line)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError("not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"not CSV: {error}") from None
    needed = 1 + max(columns.get(name, 0) for name in ("fen", "moves", "rating"))
    if len(cells) < needed:
        raise DataError(f"{len(cells)} columns, at least {needed} needed")
    moves = cells[columns["moves"]].split()
    if len(moves) < 2:
        raise DataError(f"{len(moves)} moves; a set-up move and a solution are needed")
    rating = None
    if "rating" in columns:
        text = cells[columns["rating"]].strip()
        if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
            raise DataError(f"rating {text[:20]!r} is no whole number")
        rating = float(text)
    board = Board.from_fen(cells[columns["fen"]])
    board.push(moves[0])
    if not board.is_legal(moves[1]):
        raise DataError(f"illegal solution {moves[1][:20]!r} after {moves[0]}")
    codes, label = board.encode(), move_class_of_uci(moves[1], white=board.white)
    number = hashlib.sha256(codes.tobytes() + str(label).encode()).hexdigest()[:16]
    present = {name: cells[i] for name, i in columns.items() if i < len(cells)}
    game = GAME.match(present.get("gameurl", ""))
    group = game[1] if game else present.get("puzzleid") or number
    return _Puzzle(id=number, group=group, board=codes, label=label, rating=rating)


def _header(line: bytes) -> dict[str, int] | None:
    """Where each column stands, by lower-case name; None if the line is no header."""
    try:
        names = [cell.strip().lower() for cell in _cells(line)]
    except (UnicodeDecodeError, csv.Error):
        return None
    return {name: i for i, name in enumerate(names)} if len(set(names) & set(COLUMNS)) > 1 else None


def _cells(line: bytes) -> list[str]:
    return next(csv.reader([line.decode("utf-8-sig")]), [])


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, numbered from 1 as an editor does."""
    lines = iter(partial(stream.readline, LONGEST_LINE), b"")
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _opened(file: Path) -> io.BufferedReader:
    """The file's text as bytes, decompressed if its first bytes say that it is zstd."""
    import pyarrow

    with file.open("rb") as stream:
        compression = "zstd" if ZSTD.match(stream.read(4)) else None
    return io.BufferedReader(pyarrow.input_stream(str(file), compression=compression), 1 << 16)


def shipped_table() -> Path:
    """The file of puzzles that comes with the package."""
    return Path(str(resources.files("outgrow.zoo"))) / "chess" / "puzzles.parquet"


def read_shipped(file: Path, max_rows: int) -> Examples:
    """The rows that `outgrow zoo build chess` has checked."""
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(file)
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}; run `outgrow zoo build chess` to make it anew") from error
    names = ["id", "game", "fen", "best", "difficulty"]
    if missing := sorted(set(names) - set(table.column_names)):
        raise DataError(f"{file} has no column {missing[0]!r}; run `outgrow zoo build chess` to make it anew")
    rows = table.select(names).slice(0, max_rows).to_pydict()
    boards = [Board.from_fen(fen) for fen in rows["fen"]]
    moves = zip(rows["best"], boards, strict=True)
    return Examples(
        ids=rows["id"],
        groups=rows["game"],
        inputs=np.stack([board.encode() for board in boards]),
        truth=np.array([move_class_of_uci(best, white=board.white) for best, board in moves], np.int64),
        n_classes=N_MOVES,
        difficulty=np.array(rows["difficulty"], np.float32),
    )
