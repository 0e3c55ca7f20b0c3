"""What a network makes of many rows, piece by piece, so that a computation that was stopped goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from outgrow.learning.team import Team

Piece = tuple[np.ndarray, np.ndarray]
"""Row numbers, and what was made of each of them."""


class Pieces:
    """Keeps pieces, and gives them back; this one keeps none."""

    def known(self) -> list[Piece]:
        """The first pieces, if they were made before."""
        return []

    def offer(self, piece: Piece) -> None:
        """One more piece is made. Processes that compute together are all told, in the same order."""


NONE = Pieces()


def made(
    pieces: Sequence[np.ndarray], make: Callable[[np.ndarray], np.ndarray], team: Team, kept: Pieces = NONE
) -> Iterator[Piece]:
    """Rows and what `make` makes of them, piece by piece in this order; processes that compute together share the work.

    Args:
        pieces: row numbers.
        kept: pieces that were made before, of the same rows.
    """
    begun = 0
    for piece in kept.known():
        if begun == len(pieces) or not np.array_equal(piece[0], pieces[begun]):  # the rows were cut otherwise
            break
        yield piece
        begun += 1
    for start in range(begun, len(pieces), team.size):
        mine = min(start + team.rank, len(pieces) - 1)
        values = make(pieces[mine]) if mine == start + team.rank or team.in_step else None
        some = (pieces[mine], values) if mine == start + team.rank else None
        for piece in team.gather(some):
            if piece is not None:
                kept.offer(piece)
                yield piece
