"""Chess puzzles out of Lichess's file, or out of the table that comes with the package.

A Lichess row holds the position *before* the opponent's set-up move; the example is the position after it, and the
label is the second move. Rows that are malformed or illegal are skipped, counted and named by their line in the file.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from outgrow.chess.board import Board
from outgrow.chess.moves import N_MOVES, move_class_of_uci
from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.puzzle_table import EXPECTED, puzzle_table

GIVE_UP = 1_000  # rows; a file that starts with so many bad ones is not a puzzle file
NAMED = 2  # bad rows told in full
GAME = re.compile(r"(?:\w+://)?[^/\s]+/(\w{8})")  # the game's id, within its address
NOTHING = {"", "nan", "na", "none", "null", "?", "-"}
Bad = list[tuple[int, str]]


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
    """A checked row of Lichess's file. Its id is a hash of what a model sees: the coded position and the right move.

    Args:
        game: the game it is of, or "" where the row does not say.
        name: what its row calls it.
        rating: None where `unrated` says why there is none.
    """

    id: str
    row: int
    game: str
    name: str
    board: np.ndarray
    label: int
    rating: float | None
    unrated: str


def read_lichess(file: Path, max_rows: int) -> Examples:
    """The first usable rows of Lichess's file; DataError if it is unreadable or has none."""
    puzzles: dict[str, _Puzzle] = {}
    bad: Bad = []
    repeated = 0
    with puzzle_table(file) as table:
        for number, line in table.rows:
            try:
                puzzle = _puzzle(number, table.cells(line), table.place)
            except DataError as error:
                bad.append((number, str(error)))
                if len(bad) == GIVE_UP and not puzzles:
                    break
                continue
            earlier = puzzles.get(puzzle.id)
            if earlier and earlier.unrated and not puzzle.unrated:
                bad.append((earlier.row, earlier.unrated))
                del puzzles[puzzle.id]
            repeated += puzzle.id in puzzles
            puzzles.setdefault(puzzle.id, puzzle)
            if len(puzzles) == max_rows:
                break
    n = len(bad) + repeated + len(puzzles)
    kept = list(puzzles.values())
    unrated = [(puzzle.row, puzzle.unrated) for puzzle in kept if puzzle.unrated] if "rating" in table.place else []
    most = 2 * len(unrated) > len(kept)  # then they are worth more than the difficulty of the rest
    if unrated and not most:
        bad += unrated
        kept = [puzzle for puzzle in kept if not puzzle.unrated]
    bad.sort()
    if not kept:
        raise DataError(f"{file}: no usable row{f' ({_reasons(bad)})' if bad else ''}; {EXPECTED}")
    rows = f"of {n:,} rows of {file.name}"
    notes = [f"skipped {len(bad):,} {rows}: {_reasons(bad)}"] if bad else []
    notes += [f"skipped {repeated:,} {rows}: an earlier row has the same position and move"] if repeated else []
    notes += [f"no difficulty, since {len(unrated):,} {rows} have no rating: {_reasons(unrated)}"] if most else []
    if alone := sum(not puzzle.game for puzzle in kept):
        whole = "game" not in table.place
        which = f"{file.name} has no column GameUrl or GameId" if whole else f"{alone:,} {rows} name no game"
        notes.append(f"{which}: puzzles of one game cannot be kept together, and may stand on both sides of a split")
    return Examples(
        ids=[puzzle.id for puzzle in kept],
        groups=[puzzle.game or puzzle.name or puzzle.id for puzzle in kept],
        inputs=np.stack([puzzle.board for puzzle in kept]),
        truth=np.array([puzzle.label for puzzle in kept], np.int64),
        n_classes=N_MOVES,
        difficulty=None if most or "rating" not in table.place else np.array([one.rating for one in kept], np.float32),
        notes=notes,
    )


def _reasons(bad: Bad) -> str:
    told = [f"row {number:,}: {why}" for number, why in bad[:NAMED]]
    return "; ".join(told + ([f"and {len(bad) - NAMED:,} more"] if len(bad) > NAMED else []))


def _puzzle(number: int, cells: list[str], place: dict[str, int]) -> _Puzzle:
    """Check one row; DataError says what is wrong with it."""
    needed = 1 + max(place.get(name, 0) for name in ("fen", "moves", "rating"))
    if len(cells) < needed:
        raise DataError(f"{len(cells)} columns, at least {needed} needed")
    moves = re.sub(r"[\[\](){}'\",;]", " ", cells[place["moves"]]).split()  # a list of Python or JSON too
    if len(moves) < 2:
        raise DataError(f"{len(moves)} moves; a set-up move and a solution are needed")
    if len(moves) % 2:
        raise DataError(
            f"{len(moves)} moves; after the opponent's set-up move, a solution begins and ends with the solver's, "
            "which makes an even number"
        )
    board = Board.from_fen(cells[place["fen"]])
    board.push(moves[0])
    if not board.is_legal(moves[1]):
        raise DataError(f"illegal solution {moves[1][:20]!r} after {moves[0]}")
    codes, label = board.encode(), move_class_of_uci(moves[1], white=board.white)
    cell = {name: cells[i].strip() for name, i in place.items() if i < len(cells)}
    rating, unrated = _rating(cell.get("rating", ""))
    return _Puzzle(
        id=hashlib.sha256(codes.tobytes() + str(label).encode()).hexdigest()[:16], row=number,
        game=_game(cell.get("game", "")), name=cell.get("puzzleid", ""), board=codes, label=label, rating=rating,
        unrated=unrated,
    )  # fmt: skip


def _rating(text: str) -> tuple[float | None, str]:
    """A rating such as 800, 800.0 or "800", or why it is none."""
    plain = re.sub(r"(?<=^\d),(?=\d{3}$)", "", text.strip(" '\""))  # 1,500 as spreadsheets show it
    if re.fullmatch(r"\d{1,5}([.,]\d*)?", plain, re.ASCII):
        return float(plain.replace(",", ".")), ""
    return None, "it has no rating" if plain.lower() in NOTHING else f"rating {text[:20]!r} is no number"


def _game(text: str) -> str:
    """What puzzles of one game have in common: the id of a game of Lichess, or else the address or name as it is."""
    if text.lower() in NOTHING or "/training/" in text:  # the page of the puzzle itself
        return ""
    found = GAME.match(text)
    return found[1] if found else re.split(r"[#?]", text)[0]


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
