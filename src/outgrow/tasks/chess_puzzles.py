"""Chess puzzles: find the one good move. Ours, mined from engine games, or Lichess's own file of puzzles."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.puzzles import puzzle_file, read_lichess, read_shipped

READING = 2  # raised when a file of others gives other examples or groups


@tasks.register(
    "chess-puzzles",
    about="find the best move: shipped puzzles from engine games, or Lichess's puzzle CSV by `path`",
    source="Burns et al. 2023, section 3; puzzle format: https://database.lichess.org/#puzzles",
)
@spec
class ChessPuzzles:
    """Positions as `outgrow.chess.board` codes, uint8 [n, 64]; labels are classes of `outgrow.chess.moves`.

    Difficulty is the engine's node budget in shipped puzzles, the rating in Lichess's. The group is the game.

    Args:
        path: Lichess's CSV or one like it, plain or compressed (zst, gz, bz2, xz); by default the shipped puzzles.
        max_rows: at most so many examples, the first of the file.
    """

    name: ClassVar[str] = "chess-puzzles"
    kind: ClassVar[Kind] = "classification"  # one right move out of 1,858
    path: str | None = None
    max_rows: Annotated[int, Field(ge=1)] = 50_000

    def identity(self) -> dict[str, Any]:
        """Name, row limit, the SHA-256 of the file's content, and how files of others are read."""
        found = {"name": self.name, "max_rows": self.max_rows, "fingerprint": fingerprint(puzzle_file(self.path))}
        return found if self.path is None else found | {"reading": READING}

    def load(self) -> Examples:
        """Read the file; DataError if it is missing, unreadable or has no usable row."""
        read = read_shipped if self.path is None else read_lichess
        return read(puzzle_file(self.path), self.max_rows)
