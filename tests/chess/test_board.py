"""The rules of chess, against published move counts and, where it is installed, python-chess."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest

from outgrow.chess.board import Board
from outgrow.errors import DataError

KIWIPETE = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"
# Published counts of move sequences: https://www.chessprogramming.org/Perft_Results
COUNTS = [
    ("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", [20, 400, 8_902]),
    (KIWIPETE, [48, 2_039]),
    ("8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1", [14, 191, 2_812]),
    ("r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1", [6, 264]),
    ("r2q1rk1/pP1p2pp/Q4n2/bbp1p3/Np6/1B3NBn/pPPP1PPP/R3K2R b KQ - 0 1", [6, 264]),
    ("rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8", [44, 1_486]),
    ("r4rk1/1pp1qppp/p1np1n2/2b1p1B1/2B1P1b1/P1NP1N2/1PP1QPPP/R4RK1 w - - 0 10", [46, 2_079]),
    ("n1n5/PPPk4/8/8/8/8/4Kppp/5N1N b - - 0 1", [24, 496, 9_483]),
]


def count(board: Board, depth: int) -> int:
    """Sequences of `depth` legal moves."""
    moves = board.legal_moves()
    if depth == 1:
        return len(moves)
    total = 0
    for uci in moves:
        after = copy.copy(board)
        after.push(uci)
        total += count(after, depth - 1)
    return total


@pytest.mark.parametrize(("fen", "counts"), COUNTS)
def test_move_counts_are_the_published_ones(fen: str, counts: list[int]) -> None:
    board = Board.from_fen(fen)
    assert [count(board, depth) for depth in range(1, len(counts) + 1)] == counts


def test_is_legal_agrees_with_the_list_on_every_pair_of_squares() -> None:
    squares = [file + rank for file in "abcdefgh" for rank in "12345678"]
    for fen in [KIWIPETE, "n1n5/PPPk4/8/8/8/8/4Kppp/5N1N b - - 0 1"]:
        board = Board.from_fen(fen)
        tried = [a + b + suffix for a in squares for b in squares for suffix in ["", "q", "n"]]
        found = {uci for uci in tried if board.is_legal(uci)}
        assert found == {uci for uci in board.legal_moves() if uci[4:] in ("", "q", "n")}


@pytest.mark.parametrize("uci", ["", "e2", "e2e9", "i2i4", "e2e4q", "e2e4 ", "E2E4", "0000", "e7e5", "e2e5", "e4e5"])
def test_what_cannot_be_played_is_refused(uci: str) -> None:
    board = Board.start()
    before = board.encode()
    assert not board.is_legal(uci)
    with pytest.raises(DataError, match=r"illegal move .* with white to move"):
        board.push(uci)
    assert (board.encode() == before).all()


def test_promotion_needs_a_piece_and_leaves_it() -> None:
    fen = "7k/P7/8/8/8/8/8/K7 w - - 0 1"
    assert {uci for uci in Board.from_fen(fen).legal_moves() if uci[0:2] == "a7"} == {"a7a8" + x for x in "qrbn"}
    assert not Board.from_fen(fen).is_legal("a7a8")
    assert not Board.from_fen(fen).is_legal("a7a8k")
    for letter, code in zip("nbrq", [8, 9, 10, 11], strict=True):
        board = Board.from_fen(fen)
        board.push("a7a8" + letter)
        assert board.encode()[0] == code  # a8, upside down, an opponent's piece


@pytest.mark.parametrize(
    ("fen", "legal"),
    [
        ("r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", ["e1g1", "e1c1"]),
        ("r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 0 1", ["e8g8", "e8c8"]),
        ("4k3/8/8/8/8/8/8/R3K2R w Q - 0 1", ["e1c1"]),
        ("1r2k3/8/8/8/8/8/8/R3K2R w KQ - 0 1", ["e1g1", "e1c1"]),  # only b1 is attacked
        ("3rk3/8/8/8/8/8/8/R3K2R w KQ - 0 1", ["e1g1"]),  # through check
        ("4kr2/8/8/8/8/8/8/R3K2R w KQ - 0 1", ["e1c1"]),
        ("4k1r1/8/8/8/8/8/8/R3K2R w KQ - 0 1", ["e1c1"]),  # into check
        ("4k3/4r3/8/8/8/8/8/R3K2R w KQ - 0 1", []),  # out of check
        ("4k3/8/8/8/8/8/8/RN2K1NR w KQ - 0 1", []),
    ],
)
def test_castling(fen: str, legal: list[str]) -> None:
    board = Board.from_fen(fen)
    castlings = ["e1g1", "e1c1", "e8g8", "e8c8"]
    assert [uci for uci in castlings if board.is_legal(uci)] == legal
    assert set(board.legal_moves()) & set(castlings) == set(legal)


def test_castling_moves_the_rook_and_rights_are_lost_for_good() -> None:
    board = Board.from_fen("r3k2r/5p2/8/8/8/8/8/R3K2R w KQkq - 0 1")
    board.push("e1g1")
    assert board.encode()[[56, 61, 62, 63, 0, 7]].tolist() == [10, 10, 12, 0, 13, 13]
    for uci in ["a8a2", "a1b1", "a2a8", "b1a1"]:  # both rooks leave and return
        board.push(uci)
    assert board.encode()[[0, 4, 7]].tolist() == [4, 6, 13]
    assert board.is_legal("e8g8")
    assert not board.is_legal("e8c8")


def test_a_captured_rook_takes_the_right_with_it() -> None:
    board = Board.from_fen("r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1")
    board.push("h1h8")
    assert board.encode()[[0, 7, 56, 63]].tolist() == [13, 10, 14, 0]


def test_en_passant_is_for_one_move_only() -> None:
    board = Board.start()
    for uci in ["e2e4", "a7a6", "e4e5", "d7d5"]:
        board.push(uci)
    later = copy.copy(board)
    assert board.encode()[43] == 15
    assert board.is_legal("e5d6")
    assert not board.is_legal("e5f6")
    board.push("e5d6")
    assert board.encode()[35 ^ 56] == 0  # the captured pawn is gone
    for uci in ["h2h3", "h7h6"]:
        later.push(uci)
    assert 15 not in later.encode()
    assert not later.is_legal("e5d6")


def test_an_en_passant_pin_is_seen() -> None:
    along_the_rank = Board.from_fen("8/8/8/K2pP2r/8/8/8/7k w - d6 0 1")
    assert not along_the_rank.is_legal("e5d6")
    assert along_the_rank.encode()[43] == 15  # coded all the same: the pawn does attack the square
    behind_the_pawn = Board.from_fen("b6k/8/8/3pP3/8/5K2/8/8 w - d6 0 1")
    assert not behind_the_pawn.is_legal("e5d6")
    assert Board.from_fen("7k/8/8/3pP3/8/5K2/8/8 w - d6 0 1").is_legal("e5d6")


def test_en_passant_square_is_coded_only_where_a_pawn_attacks_it() -> None:
    assert 15 not in Board.from_fen("rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq e3 0 1").encode()
    assert Board.from_fen("4k3/8/8/8/4Pp2/8/8/4K3 b - e3 0 1").encode()[20 ^ 56] == 15


def test_codes_of_the_start_are_those_of_the_table() -> None:
    codes = Board.start().encode()
    assert codes.dtype == np.uint8
    assert codes.shape == (64,)
    assert codes[:16].tolist() == [13, 2, 3, 5, 6, 3, 2, 13] + [1] * 8
    assert codes[16:48].tolist() == [0] * 32
    assert codes[48:].tolist() == [7] * 8 + [14, 8, 9, 11, 12, 9, 8, 14]


def test_both_sides_see_the_same_thing_the_same_way() -> None:
    white = Board.from_fen("r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQq - 0 1")
    black = Board.from_fen("r3k2r/pppbbppp/2n2q1P/1P2p3/3pn3/BN2PNP1/P1PPQPB1/R3K2R b Qkq - 0 1")
    assert (white.white, black.white) == (True, False)
    assert (white.encode() == black.encode()).all()


def test_encode_gives_a_fresh_array() -> None:
    board = Board.start()
    board.encode()[:] = 9
    assert board.encode()[0] == 13


@pytest.mark.parametrize(
    ("fen", "why"),
    [
        ("", "0 fields"),
        ("8/8/8/8/8/8/8/8", "1 fields"),
        ("4k3/8/8/8/8/8/8/4K3 w - - 0", "5 fields"),
        ("4k3/8/8/8/8/8/8/4K3 w - - x 1", "counters 'x 1' are not numbers"),
        ("4k3/8/8/8/8/8/8/4K3 x - - 0 1", "side to move 'x'"),
        ("4k3/8/8/8/8/8/4K3 w - - 0 1", "7 ranks"),
        ("4k3/8/8/8/8/8/8/4K4 w - - 0 1", "rank 1 .* has 9 squares"),
        ("4k3/7/8/8/8/8/8/4K3 w - - 0 1", "rank 7 .* has 7 squares"),
        ("4k3/8/8/3x4/8/8/8/4K3 w - - 0 1", "rank 5 is '3x4'"),
        ("4k3/9/8/8/8/8/8/4K3 w - - 0 1", "rank 7 is '9'"),
        ("8/8/8/8/8/8/8/4K3 w - - 0 1", "black has 0 kings"),
        ("4k3/8/8/8/8/8/8/3KK3 w - - 0 1", "white has 2 kings"),
        ("4k2P/8/8/8/8/8/8/4K3 w - - 0 1", "pawn on the first or last rank"),
        ("4k3/8/8/8/8/8/8/p3K3 w - - 0 1", "pawn on the first or last rank"),
        ("4k3/8/8/8/4R3/8/8/4K3 w - - 0 1", "side not to move is in check"),
        ("4k3/8/8/8/7b/8/8/4K3 b - - 0 1", "side not to move is in check"),
        ("8/8/8/3kK3/8/8/8/8 w - - 0 1", "side not to move is in check"),
        ("4k3/8/8/8/8/8/8/4K2R w X - 0 1", "castling field 'X'"),
        ("4k3/8/8/8/8/8/8/4K2R w KK - 0 1", "castling field 'KK'"),
        ("4k3/8/8/8/8/8/8/4K2R w KQ - 0 1", "castling right 'Q'"),
        ("4k3/8/8/8/8/8/8/5K1R w K - 0 1", "castling right 'K'"),
        ("r3k3/8/8/8/8/8/8/4K3 b k - 0 1", "castling right 'k'"),
        ("4k3/8/8/3pP3/8/8/8/4K3 w - d9 0 1", "en-passant field 'd9'"),
        ("4k3/8/8/3pP3/8/8/8/4K3 w - f6 0 1", "en-passant field 'f6'"),
        ("4k3/8/3p4/8/8/8/8/4K3 w - d7 0 1", "en-passant field 'd7'"),
        ("4k3/3p4/8/3pP3/8/8/8/4K3 w - d6 0 1", "en-passant field 'd6'"),
        ("4k3/8/8/3pP3/8/8/8/4K3 b - d6 0 1", "en-passant field 'd6'"),
    ],
)
def test_a_bad_fen_is_refused_with_the_reason(fen: str, why: str) -> None:
    with pytest.raises(DataError, match=f"bad FEN: .*{why}"):
        Board.from_fen(fen)


def test_a_fen_without_counters_is_read() -> None:
    assert (Board.from_fen("4k3/8/8/8/8/8/8/4K3 b - -").encode() > 0).sum() == 2


def test_rules_and_codes_agree_with_python_chess_in_random_games() -> None:
    chess = pytest.importorskip("chess")
    from outgrow.zoo.build.selfplay import encode

    rng = random.Random(7)
    positions = 0
    for _ in range(20):
        theirs, ours = chess.Board(), Board.start()
        while positions < 1_500 and len(theirs.move_stack) < 150:
            moves = sorted(move.uci() for move in theirs.legal_moves)
            assert sorted(ours.legal_moves()) == moves, theirs.fen()
            assert (ours.encode() == encode(theirs)).all(), theirs.fen()
            fen = theirs.fen(en_passant="fen")
            assert (Board.from_fen(fen).encode() == encode(theirs)).all(), fen
            positions += 1
            if not moves:
                break
            uci = rng.choice(moves)
            theirs.push_uci(uci)
            ours.push(uci)
    assert positions == 1_500
