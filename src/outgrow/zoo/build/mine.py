"""Puzzles from self-play games: positions in which the last move was a slip that one clearly best reply punishes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import chess
from outgrow.disk import beside
from outgrow.zoo.build.engine import Engine
from outgrow.zoo.build.selfplay import FOR_PUZZLES, Game, play

BUDGETS = (1, 50, 200, 1_000, 5_000)  # nodes; a puzzle's difficulty is the first from which on its move is found
VALUES = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9, chess.KING: 0}
ATTACKERS = VALUES | {chess.KING: 10}  # a king captures last
SCREEN, VERIFY = 1_000, 10_000  # nodes, two lines


def win_chance(score: int) -> float:
    """Expected result in [-1, 1] for a score in centipawns, with Lichess's published logistic slope."""
    return 2 / (1 + math.exp(-0.00368208 * max(-2_000, min(2_000, score)))) - 1


def candidates(game: Game) -> list[int]:
    """Indices of searched plies at which the side to move was just given something: the score jumped."""
    chances = [win_chance(score) for score in game.scores]
    return [i for i in range(1, len(chances)) if chances[i] > 0.15 and chances[i] + chances[i - 1] > 0.2]


def margin(judge: Engine, fen: str, *, nodes: int, slack: float) -> tuple[str, int] | None:
    """The one clearly best move and its lead over the second in centipawns, or None where there is no such move."""
    judge.new_game()
    lines = judge.search(fen, nodes=nodes)
    if len(lines) < 2:
        return None
    best, second = lines[0].score, lines[1].score
    if best - second < 200 * slack or win_chance(best) < 0.25 * slack:
        return None
    if win_chance(best) - win_chance(second) < 0.35 * slack:
        return None
    return lines[0].move, best - second


def obvious(fen: str, move: str) -> bool:
    """Whether the move is the capture of the most valuable piece by the least valuable one: no puzzle at all."""
    board = chess.Board(fen)

    def gain(one: chess.Move) -> tuple[int, int]:
        victim = board.piece_type_at(one.to_square) or chess.PAWN  # en passant
        attacker = board.piece_type_at(one.from_square)
        assert attacker is not None
        return VALUES[victim], -ATTACKERS[attacker]

    captures = [one for one in board.legal_moves if board.is_capture(one)]
    return bool(captures) and max(captures, key=gain).uci() == move


def grade(engine: Engine, fen: str, move: str) -> int:
    """The smallest budget of nodes, from a cleared hash, from which on the engine finds the move."""
    difficulty = VERIFY
    for budget in reversed(BUDGETS):
        engine.new_game()
        if engine.search(fen, nodes=budget)[0].move != move:
            break
        difficulty = budget
    return difficulty


def mine(game: Game, engine: Engine, judge: Engine) -> list[dict[str, object]]:
    """Verified puzzles of a game. `judge` searches two lines."""
    puzzles: list[dict[str, object]] = []
    for i in candidates(game):
        fen = game.fens[i]
        screened = margin(judge, fen, nodes=SCREEN, slack=0.6)
        if screened is None or obvious(fen, screened[0]):
            continue
        verified = margin(judge, fen, nodes=VERIFY, slack=1.0)
        if verified is None or obvious(fen, verified[0]):
            continue
        ply = game.first_searched + i
        puzzles.append(
            {
                "game": game.number,
                "moves": " ".join(game.played[:ply]),
                "fen": fen,
                "best": verified[0],
                "margin": verified[1],
                "difficulty": grade(engine, fen, verified[0]),
            }
        )
    return puzzles


def write_shard(folder: Path, *, seed: str, shard: int, games: int) -> Path:
    """Mine the puzzles of `games` games into one JSON-lines file; does nothing if it is there."""
    path = folder / f"puzzles-{shard:05d}.jsonl"
    if path.exists():
        return path
    rows: list[dict[str, object]] = []
    with Engine() as engine, Engine(lines=2) as judge:
        for number in range(shard * games, (shard + 1) * games):
            game = play(engine, style=FOR_PUZZLES, seed=seed, number=number)
            rows += mine(game, engine, judge)
    partial = beside(path)
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows))
    partial.rename(path)
    return path
