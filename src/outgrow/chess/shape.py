"""The size of a chess network."""

from __future__ import annotations

from dataclasses import dataclass

PIECES = 16  # codes of a square, see `outgrow.chess.board`


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Channels of the trunk, its residual blocks, and the length of the queries and keys that rate moves."""

    width: int
    blocks: int
    rank: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass of one position."""
        trunk = 9 * self.width * (PIECES + 2 * self.blocks * self.width)
        return 64 * (trunk + self.width * (2 * self.rank + 3) + 64 * self.rank)
