"""Games that Stockfish plays against itself, with deliberate slips, and the engine's own move for every position.

A player slips in two ways: a random legal move, or a hasty one (the engine at a single node). The label of a position
is always the engine's unhurried move, so that a model pretrained on it learns to punish slips, not to make them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import chess
from outgrow.disk import beside
from outgrow.zoo.build.engine import Engine

MAX_PLIES = 180
PROMOTIONS = {None: 0, chess.KNIGHT: 1, chess.BISHOP: 2, chess.ROOK: 3, chess.QUEEN: 4}


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a series of games is played; each game draws one value of every tuple.

    Nodes are drawn evenly unless they have weights. A game that stays beyond `decided` centipawns for `patience` plies
    is stopped.
    """

    nodes: tuple[int, ...]
    node_weights: tuple[float, ...] | None = None
    random_slips: tuple[float, ...]
    hasty_slips: tuple[float, ...]
    decided: int
    patience: int


FOR_PRETRAINING = Style(
    nodes=(150, 300, 600),
    node_weights=(0.35, 0.4, 0.25),
    random_slips=(0.02, 0.06, 0.14),
    hasty_slips=(0.0, 0.12, 0.3),
    decided=1_200,
    patience=14,
)
FOR_PUZZLES = Style(nodes=(120,), random_slips=(0.04, 0.1), hasty_slips=(0.3, 0.6), decided=700, patience=6)


@dataclass(kw_only=True)
class Game:
    """A game: the moves played, and for every searched ply the engine's move, its score and what was on the board."""

    number: int
    played: list[str] = field(default_factory=list)
    first_searched: int = 0
    best: list[str] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    fens: list[str] = field(default_factory=list)
    boards: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


def encode(board: chess.Board) -> np.ndarray:
    """64 piece codes, uint8, seen by the side to move (see `outgrow.chess.board` for the code)."""
    codes = np.zeros(64, np.uint8)
    us = board.turn
    flip = 0 if us else 56
    for square, piece in board.piece_map().items():
        codes[square ^ flip] = piece.piece_type + (0 if piece.color == us else 6)
    for square in chess.scan_forward(board.clean_castling_rights()):
        codes[square ^ flip] = 13 if board.color_at(square) == us else 14
    if board.ep_square is not None and board.has_pseudo_legal_en_passant():
        codes[board.ep_square ^ flip] = 15
    return codes


def encode_move(move: chess.Move, *, white: bool) -> int:
    """The number from + 64 * to + 4096 * promotion (none, knight, bishop, rook, queen), seen by the side to move."""
    flip = 0 if white else 56
    packed: int = (move.from_square ^ flip) | (move.to_square ^ flip) << 6 | PROMOTIONS[move.promotion] << 12
    return packed


def play(engine: Engine, *, style: Style, seed: str, number: int) -> Game:
    """Play game `number` of the series `seed`; the same two give the same game with the same engine."""
    rng = random.Random(f"{seed}/{number}")
    weights = style.node_weights
    nodes = rng.choices(style.nodes, weights)[0] if weights else rng.choice(style.nodes)
    slip_random, slip_hasty = rng.choice(style.random_slips), rng.choice(style.hasty_slips)
    board = chess.Board()
    game = Game(number=number)
    for _ in range(rng.randint(2, 10)):
        board.push(rng.choice(list(board.legal_moves)))
        game.played.append(board.peek().uci())
        if board.is_game_over():
            return game
    game.first_searched = len(game.played)
    engine.new_game()
    decided = 0
    while len(game.played) < MAX_PLIES and decided < style.patience:
        fen = board.fen()
        lines = engine.search(fen, nodes=nodes)
        if not lines or board.halfmove_clock >= 40:
            break
        best = chess.Move.from_uci(lines[0].move)
        decided = decided + 1 if abs(lines[0].score) > style.decided else 0
        game.best.append(lines[0].move)
        game.scores.append(lines[0].score)
        game.fens.append(fen)
        game.boards.append(encode(board))
        game.labels.append(encode_move(best, white=board.turn))
        draw = rng.random()
        if draw < slip_random:
            move = rng.choice(list(board.legal_moves))
        elif draw < slip_random + slip_hasty:
            move = chess.Move.from_uci(engine.search(fen, nodes=1)[0].move)
        else:
            move = best
        board.push(move)
        game.played.append(move.uci())
    return game


def pack(boards: np.ndarray) -> np.ndarray:
    """Two piece codes a byte: uint8 [n, 64] -> uint8 [n, 32]."""
    packed: np.ndarray = boards[:, 0::2] | boards[:, 1::2] << 4
    return packed


def unpack(packed: np.ndarray) -> np.ndarray:
    """Inverse of `pack`."""
    boards = np.empty((len(packed), 64), np.uint8)
    boards[:, 0::2], boards[:, 1::2] = packed & 15, packed >> 4
    return boards


def write_shard(folder: Path, *, seed: str, shard: int, games: int) -> Path:
    """Play `games` games and keep their positions; does nothing if the shard is there."""
    path = folder / f"positions-{shard:05d}.safetensors"
    if path.exists():
        return path
    boards: list[np.ndarray] = []
    labels: list[int] = []
    scores: list[int] = []
    with Engine() as engine:
        for number in range(shard * games, (shard + 1) * games):
            game = play(engine, style=FOR_PRETRAINING, seed=seed, number=number)
            boards += game.boards
            labels += game.labels
            scores += game.scores
    partial = beside(path)
    save_file(
        {"boards": pack(np.stack(boards)), "moves": np.array(labels, np.uint16), "scores": np.array(scores, np.int16)},
        partial,
    )
    partial.rename(path)
    return path
