"""The 1,858 moves a player can ever make, seen from the side to move, as class numbers.

First every (from, to) pair that a queen or a knight could go on an empty board (1,792; a pawn that promotes on such a
move becomes a queen), then the 66 under-promotions: 22 (from, to) pairs times knight, bishop, rook.
"""

from __future__ import annotations

import numpy as np

KNIGHT, BISHOP, ROOK, QUEEN = 1, 2, 3, 4  # promotion codes; 0 is none


def _reachable(start: int, end: int) -> bool:
    files, ranks = abs(start % 8 - end % 8), abs(start // 8 - end // 8)
    return start != end and (files == 0 or ranks == 0 or files == ranks or {files, ranks} == {1, 2})


PAIRS = [(start, end) for start in range(64) for end in range(64) if _reachable(start, end)]
PROMOTION_PAIRS = [
    (start, end) for start, end in PAIRS if start // 8 == 6 and end // 8 == 7 and abs(start % 8 - end % 8) <= 1
]
N_PAIRS = len(PAIRS)
N_MOVES = N_PAIRS + 3 * len(PROMOTION_PAIRS)

_PAIR_NUMBER = {pair: number for number, pair in enumerate(PAIRS)}
_PROMOTION_NUMBER = {pair: number for number, pair in enumerate(PROMOTION_PAIRS)}
_FILES = "abcdefgh"
_PROMOTION_LETTERS = "nbr"


def move_class(start: int, end: int, promotion: int = 0) -> int:
    """Class of a move given by squares (0 = a1 ... 63 = h8, mover at the bottom) and promotion code."""
    if promotion in (KNIGHT, BISHOP, ROOK):
        return N_PAIRS + 3 * _PROMOTION_NUMBER[start, end] + promotion - 1
    return _PAIR_NUMBER[start, end]


def move_squares(number: int) -> tuple[int, int, int]:
    """Inverse of `move_class`: (from, to, under-promotion code or 0)."""
    if number < N_PAIRS:
        return (*PAIRS[number], 0)
    pair, promotion = divmod(number - N_PAIRS, 3)
    return (*PROMOTION_PAIRS[pair], promotion + 1)


def move_class_of_uci(uci: str, *, white: bool) -> int:
    """Class of a move written as `e7e8q`, made by white or by black (then the board is turned upside down)."""
    flip = 0 if white else 56
    start = _FILES.index(uci[0]) + 8 * (int(uci[1]) - 1)
    end = _FILES.index(uci[2]) + 8 * (int(uci[3]) - 1)
    promotion = _PROMOTION_LETTERS.find(uci[4:5]) + 1 if len(uci) > 4 else 0
    return move_class(start ^ flip, end ^ flip, promotion)


def packed_move_classes(packed: np.ndarray) -> np.ndarray:
    """Classes of moves packed as from + 64 to + 4096 promotion: uint16 [n] -> int64 [n]."""
    table = np.full(5 * 4096, -1, np.int64)
    for start, end in PAIRS:
        table[start + 64 * end] = table[start + 64 * end + 4096 * QUEEN] = move_class(start, end)
    for start, end in PROMOTION_PAIRS:
        for promotion in (KNIGHT, BISHOP, ROOK):
            table[start + 64 * end + 4096 * promotion] = move_class(start, end, promotion)
    classes: np.ndarray = table[packed]
    return classes
