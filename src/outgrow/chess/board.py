"""The rules of chess, and the 64 piece codes in which models and tasks see a position.

The board is always held as the side to move sees it: square 0 = a1 ... 63 = h8 with white to move; with black to move
the ranks are turned upside down (square ^ 56) and the colours change roles. So each rule is written once.

| code | what stands on the square |
|---|---|
| 0 | nothing |
| 1 ... 6 | the mover's pawn, knight, bishop, rook, queen, king |
| 7 ... 12 | the opponent's pawn, knight, bishop, rook, queen, king |
| 13, 14 | the mover's, the opponent's rook that may still castle |
| 15 | nothing, and one of the mover's pawns attacks it to capture en passant (even if that pawn is pinned) |
"""

from __future__ import annotations

import numpy as np

from outgrow.errors import DataError

PAWN, KNIGHT, BISHOP, ROOK, QUEEN, KING = range(1, 7)
THEIRS = 6  # added to a piece's code when it is the opponent's
MAY_CASTLE, THEY_MAY_CASTLE, EN_PASSANT = 13, 14, 15

_NAMES = [file + rank for rank in "12345678" for file in "abcdefgh"]
_SQUARES = {name: square for square, name in enumerate(_NAMES)}
_PROMOTIONS = {"": 0, "n": KNIGHT, "b": BISHOP, "r": ROOK, "q": QUEEN}
_FEN_CODES = {str(n): bytes(n) for n in range(1, 9)} | {x: bytes([n]) for n, x in enumerate("PNBRQKpnbrqk", start=1)}
_CASTLING = {"K": 7, "Q": 0, "k": 63, "q": 56}  # the rook's square
_SWAPPED = bytes([0, *range(7, 13), *range(1, 7)]) + bytes(range(13, 256))


def _rays(deltas: list[tuple[int, int]]) -> list[list[list[int]]]:
    """For each square, the lines of squares met in the given directions (files, ranks) on an empty board."""
    table = []
    for start in range(64):
        inside = [[(start % 8 + n * x, start // 8 + n * y) for n in range(1, 8)] for x, y in deltas]
        table.append([[x + 8 * y for x, y in ray if 0 <= x < 8 and 0 <= y < 8] for ray in inside])
    return table


def _leaps(deltas: list[tuple[int, int]]) -> list[list[int]]:
    """For each square, those one step of (files, ranks) away."""
    places = [[(start % 8 + x, start // 8 + y) for x, y in deltas] for start in range(64)]
    return [[x + 8 * y for x, y in near if 0 <= x < 8 and 0 <= y < 8] for near in places]


_STRAIGHT, _DIAGONAL = [(0, 1), (1, 0), (0, -1), (-1, 0)], [(1, 1), (1, -1), (-1, -1), (-1, 1)]
_RAYS = {BISHOP: _rays(_DIAGONAL), ROOK: _rays(_STRAIGHT), QUEEN: _rays(_STRAIGHT + _DIAGONAL)}
_LEAPS = {
    KNIGHT: _leaps([(1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2)]),
    KING: _leaps(_STRAIGHT + _DIAGONAL),
}
_PAWN_UP = _leaps([(-1, 1), (1, 1)])  # what a mover's pawn attacks
_PAWN_DOWN = _leaps([(-1, -1), (1, -1)])  # where it would attack from


def _turned(squares: bytes | bytearray) -> bytes:
    """The same position, seen by the other side."""
    swapped = bytes(squares).translate(_SWAPPED)
    return b"".join([swapped[start : start + 8] for start in range(56, -1, -8)])


def _attacked(squares: bytes | bytearray, square: int) -> bool:
    """Whether one of the opponent's pieces attacks `square`."""
    for rays, slider in (_RAYS[ROOK][square], ROOK + THEIRS), (_RAYS[BISHOP][square], BISHOP + THEIRS):
        for ray in rays:
            for target in ray:
                code = squares[target]
                if code:
                    if code == slider or code == QUEEN + THEIRS:
                        return True
                    break
    for leaper, targets in (KNIGHT + THEIRS, _LEAPS[KNIGHT][square]), (PAWN + THEIRS, _PAWN_UP[square]):
        for target in targets:
            if squares[target] == leaper:
                return True
    return squares.index(KING + THEIRS) in _LEAPS[KING][square]


class Board:
    """A legal position. Moves are UCI strings: `e2e4`, `e7e8q`, castling as `e1g1`.

    All attributes are immutable values, so that `copy.copy` gives an independent board.
    """

    __slots__ = ("_castling", "_en_passant", "_squares", "white")

    def __init__(self, squares: bytes, *, white: bool, castling: frozenset[int], en_passant: int | None) -> None:
        self.white = white  # whether white is to move
        self._squares = squares  # codes 0 ... 12, as the mover sees them
        self._castling = castling  # squares of rooks that may still castle
        self._en_passant = en_passant  # the square that a pawn has just jumped over

    @classmethod
    def start(cls) -> Board:
        """The position in which a game begins."""
        return cls.from_fen("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1")

    @classmethod
    def from_fen(cls, fen: str) -> Board:
        """Read Forsyth-Edwards notation, with or without its two counters; DataError says what is wrong."""
        fields = fen.split()
        if len(fields) not in (4, 6):
            raise DataError(f"bad FEN: {len(fields)} fields; needs pieces, side, castling, en passant, two counters")
        if not all(counter.isdecimal() for counter in fields[4:]):
            raise DataError(f"bad FEN: counters {' '.join(fields[4:])[:20]!r} are not numbers")
        if fields[1] not in ("w", "b"):
            raise DataError(f"bad FEN: side to move {fields[1][:20]!r} is neither 'w' nor 'b'")
        white = fields[1] == "w"
        squares = _read_pieces(fields[0]) if white else _turned(_read_pieces(fields[0]))
        if _attacked(_turned(squares), squares.index(KING + THEIRS) ^ 56):
            raise DataError("bad FEN: the side not to move is in check")
        flip = 0 if white else 56
        castling = _read_castling(fields[2], squares, flip=flip)
        return cls(squares, white=white, castling=castling, en_passant=_read_en_passant(fields[3], squares, flip=flip))

    def legal_moves(self) -> list[str]:
        """Every legal move, each once, in no particular order."""
        flip = 0 if self.white else 56
        moves = []
        for start in [square for square, code in enumerate(self._squares) if PAWN <= code <= KING]:
            for end in [end for end in self._targets(start) if self._keeps_king_safe(start, end)]:
                promotes = end >= 56 and self._squares[start] == PAWN
                moves += [_NAMES[start ^ flip] + _NAMES[end ^ flip] + x for x in ("qrbn" if promotes else [""])]
        return moves

    def is_legal(self, uci: str) -> bool:
        """Whether the move may be played; looks at the moved piece only. Malformed text is no legal move."""
        return self._read(uci) is not None

    def push(self, uci: str) -> None:
        """Play a move; DataError if it is illegal."""
        move = self._read(uci)
        if move is None:
            raise DataError(f"illegal move {uci[:20]!r} with {'white' if self.white else 'black'} to move")
        start, end, code = move[0], move[1], self._squares[move[0]]
        lost = {start, end, 0, 7} if code == KING else {start, end}
        self._squares = _turned(self._after(*move))
        self._castling = frozenset([rook ^ 56 for rook in self._castling if rook not in lost])
        self._en_passant = (start + 8) ^ 56 if code == PAWN and end - start == 16 else None
        self.white = not self.white

    def encode(self) -> np.ndarray:
        """The codes of the module's table, uint8 [64], a fresh array."""
        codes = bytearray(self._squares)
        for rook in self._castling:
            codes[rook] = MAY_CASTLE if rook < 8 else THEY_MAY_CASTLE
        over = self._en_passant
        if over is not None and any(self._squares[start] == PAWN for start in _PAWN_DOWN[over]):
            codes[over] = EN_PASSANT
        return np.frombuffer(codes, np.uint8)

    def _read(self, uci: str) -> tuple[int, int, int] | None:
        """(from, to, promotion) as the mover sees them if the move is legal, else None."""
        start, end, promotion = _SQUARES.get(uci[:2]), _SQUARES.get(uci[2:4]), _PROMOTIONS.get(uci[4:])
        if start is None or end is None or promotion is None:
            return None
        if not self.white:
            start, end = start ^ 56, end ^ 56
        code = self._squares[start]
        legal = PAWN <= code <= KING and (promotion > 0) == (code == PAWN and end >= 56)
        legal = legal and end in self._targets(start) and self._keeps_king_safe(start, end)
        return (start, end, promotion) if legal else None

    def _targets(self, start: int) -> list[int]:
        """Squares that the mover's piece on `start` may go to, its own king's safety not yet considered."""
        squares, code = self._squares, self._squares[start]
        if code == PAWN:
            targets = [end for end in _PAWN_UP[start] if squares[end] > THEIRS or end == self._en_passant]
            if not squares[start + 8]:
                targets.append(start + 8)
                if start < 16 and not squares[start + 16]:
                    targets.append(start + 16)
        elif code in _LEAPS:
            targets = [end for end in _LEAPS[code][start] if not PAWN <= squares[end] <= KING]
            if code == KING:
                for rook, between, crossed, end in (7, squares[5:7], 5, 6), (0, squares[1:4], 3, 2):
                    free = rook in self._castling and not any(between)
                    if free and not _attacked(squares, 4) and not _attacked(squares, crossed):
                        targets.append(end)
        else:
            targets = []
            for ray in _RAYS[code][start]:
                for end in ray:
                    if not PAWN <= squares[end] <= KING:
                        targets.append(end)
                    if squares[end]:
                        break
        return targets

    def _keeps_king_safe(self, start: int, end: int) -> bool:
        squares = self._after(start, end, 0)
        return not _attacked(squares, squares.index(KING))

    def _after(self, start: int, end: int, promotion: int) -> bytearray:
        """The squares once the move is made, still as the one who made it sees them."""
        squares = bytearray(self._squares)
        code = squares[start]
        squares[start], squares[end] = 0, promotion or code
        if code == PAWN and end == self._en_passant:
            squares[end - 8] = 0
        elif code == KING and abs(end - start) == 2:
            rook, to = (7, 5) if end > start else (0, 3)
            squares[rook], squares[to] = 0, ROOK
        return squares


def _read_pieces(field: str) -> bytes:
    """A FEN's first field as codes 0 ... 12, as white sees them."""
    ranks = field.split("/")
    if len(ranks) != 8:
        raise DataError(f"bad FEN: {len(ranks)} ranks instead of 8")
    rows = []
    for number, rank in zip(range(8, 0, -1), ranks, strict=True):
        if not _FEN_CODES.keys() >= set(rank):
            raise DataError(f"bad FEN: rank {number} is {rank[:20]!r}; pieces are 'PNBRQKpnbrqk', gaps '1' to '8'")
        rows.append(b"".join([_FEN_CODES[letter] for letter in rank]))
        if len(rows[-1]) != 8:
            raise DataError(f"bad FEN: rank {number} ({rank[:20]!r}) has {len(rows[-1])} squares instead of 8")
    squares = b"".join(reversed(rows))
    for king, side in (KING, "white"), (KING + THEIRS, "black"):
        if squares.count(king) != 1:
            raise DataError(f"bad FEN: {side} has {squares.count(king)} kings instead of one")
    if any(code in (PAWN, PAWN + THEIRS) for code in rows[0] + rows[7]):
        raise DataError("bad FEN: a pawn on the first or last rank")
    return squares


def _read_castling(field: str, squares: bytes, *, flip: int) -> frozenset[int]:
    if field == "-":
        return frozenset()
    if len(set(field)) != len(field) or not set(field) <= set(_CASTLING):
        raise DataError(f"bad FEN: castling field {field[:20]!r} is neither '-' nor some of 'KQkq', each once")
    rooks = [_CASTLING[letter] ^ flip for letter in field]
    for letter, rook in zip(field, rooks, strict=True):
        side = 0 if rook < 8 else THEIRS
        if squares[rook] != ROOK + side or squares[rook // 8 * 8 + 4] != KING + side:
            raise DataError(f"bad FEN: castling right {letter!r}, but its king or rook has left its square")
    return frozenset(rooks)


def _read_en_passant(field: str, squares: bytes, *, flip: int) -> int | None:
    if field == "-":
        return None
    over = _SQUARES.get(field, -1) ^ flip
    if not 40 <= over < 48 or squares[over] or squares[over + 8] or squares[over - 8] != PAWN + THEIRS:
        raise DataError(f"bad FEN: en-passant field {field[:20]!r}, but no pawn has just jumped over that square")
    return over
