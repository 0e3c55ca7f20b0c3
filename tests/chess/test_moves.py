"""Move classes: every class stands for one move, and both sides share them."""

from __future__ import annotations

import numpy as np
import pytest

from outgrow.chess.board import Board
from outgrow.chess.moves import (
    N_MOVES,
    N_PAIRS,
    move_class,
    move_class_of_uci,
    move_squares,
    packed_move_classes,
)

NAMES = [file + rank for rank in "12345678" for file in "abcdefgh"]


def test_there_are_1858_classes_of_which_66_are_under_promotions() -> None:
    assert (N_MOVES, N_PAIRS) == (1_858, 1_792)
    assert len({move_squares(number) for number in range(N_MOVES)}) == N_MOVES


def test_every_class_returns_from_squares_text_and_packed_form() -> None:
    packed = []
    for number in range(N_MOVES):
        start, end, promotion = move_squares(number)
        suffix = ["", "n", "b", "r"][promotion]
        assert move_class(start, end, promotion) == number
        assert move_class_of_uci(NAMES[start] + NAMES[end] + suffix, white=True) == number
        assert move_class_of_uci(NAMES[start ^ 56] + NAMES[end ^ 56] + suffix, white=False) == number
        packed.append(start + 64 * end + 4096 * promotion)
    assert packed_move_classes(np.array(packed, np.uint16)).tolist() == list(range(N_MOVES))


def test_a_queen_promotion_is_the_plain_class_and_under_promotions_are_not() -> None:
    plain, queen, knight, bishop, rook = (move_class_of_uci("a7b8" + x, white=True) for x in ["", "q", "n", "b", "r"])
    assert plain == queen
    assert len({plain, knight, bishop, rook}) == 4
    assert move_class_of_uci("a2b1r", white=False) == rook


@pytest.mark.parametrize("uci", ["a1b4", "a1a1", "e7e5n"])
def test_a_move_that_no_piece_makes_has_no_class(uci: str) -> None:
    with pytest.raises(KeyError):
        move_class_of_uci(uci, white=True)


def test_all_legal_moves_of_a_rich_position_have_different_classes() -> None:
    board = Board.from_fen("n1n5/PPPk4/8/8/8/8/4Kppp/5N1N b - - 0 1")
    moves = board.legal_moves()
    classes = {move_class_of_uci(uci, white=board.white) for uci in moves}
    assert len(moves) == len(classes) == 24
