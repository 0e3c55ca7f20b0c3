"""The whole build of the chess zoo, in the order it is done; finished shards and sizes are kept, so it can resume."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load_file, save_file

from outgrow.chess.board import Board
from outgrow.models.bases.chess import SHAPES
from outgrow.zoo.build import mine, selfplay
from outgrow.zoo.build.engine import find_engine
from outgrow.zoo.build.pretrain import Recipe, pretrain

log = logging.getLogger(__name__)

GAMES = 500  # a shard
POSITION_SHARDS = range(0, 122, 2)
PUZZLE_SHARDS = (*range(49), *range(1000, 1025), *range(2000, 2048), *range(3000, 3035))
RECIPES = {
    "chess-xs": Recipe(positions=800_000, learning_rate=5e-3),
    "chess-s": Recipe(positions=1_500_000, learning_rate=4e-3),
    "chess-m": Recipe(positions=2_500_000, learning_rate=3e-3),
    "chess-l": Recipe(positions=3_000_000, learning_rate=2e-3),
    "chess-xl": Recipe(positions=3_500_000, learning_rate=1.5e-3),
}
SMALLEST = 25_600  # positions that even a tiny trial build trains on


def build(out: Path, *, scale: float = 1.0, workers: int = 2) -> Path:
    """Play, mine and pretrain into `out`; returns the folder `out/chess`, which takes the place of the shipped one."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    find_engine()
    positions, puzzles, final = out / "positions", out / "puzzles", out / "chess"
    for folder in (positions, puzzles, final):
        folder.mkdir(parents=True, exist_ok=True)
    games = max(20, round(GAMES * min(1.0, scale * len(POSITION_SHARDS))))
    _shards(
        partial(selfplay.write_shard, positions, seed="chess-pretrain-1", games=games),
        _first(POSITION_SHARDS, scale),
        workers,
    )
    _shards(
        partial(mine.write_shard, puzzles, seed="chess-puzzles-1", games=games), _first(PUZZLE_SHARDS, scale), workers
    )
    log.info("%d puzzles", assemble(puzzles, positions, final / "puzzles.parquet"))
    for name, shape in SHAPES.items():
        weights = out / f"{name}.safetensors"
        if not weights.exists():
            recipe = RECIPES[name]
            recipe = replace(recipe, positions=max(SMALLEST, round(recipe.positions * scale)))
            pretrain(shape, recipe, positions, seed=0, out=weights)
        halve(weights, final / f"{name}.safetensors")
    return final


def assemble(puzzles: Path, positions: Path, out: Path) -> int:
    """All puzzles but doubles and those whose position occurs in the pretraining data, as one Parquet file."""
    seen: set[bytes] = set()
    for path in sorted(positions.glob("positions-*.safetensors")):
        seen.update(row.tobytes() for row in load_file(path)["boards"])
    rows: dict[str, dict[str, object]] = {}
    for path in sorted(puzzles.glob("puzzles-*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            board = Board.from_fen(row["fen"])
            number = hashlib.sha256(row["fen"].encode() + row["best"].encode()).hexdigest()[:16]
            if (
                number in rows
                or selfplay.pack(board.encode()[None])[0].tobytes() in seen
                or not board.is_legal(row["best"])
            ):
                continue
            rows[number] = {"id": number, **row, "game": str(row["game"])}
    columns = {
        name: [row[name] for _, row in sorted(rows.items())]
        for name in ("id", "game", "moves", "fen", "best", "difficulty")
    }
    table = pa.table({**columns, "difficulty": pa.array(columns["difficulty"], pa.int32())})
    pq.write_table(table, out, compression="zstd", compression_level=19)
    return len(rows)


def halve(weights: Path, out: Path) -> None:
    """Store weights in half precision, as shipped; they are trained further in single precision."""
    save_file({name: value.astype(np.float16) for name, value in load_file(weights).items()}, out)


def _first(shards: Sequence[int], scale: float) -> Sequence[int]:
    return shards[: max(1, round(len(shards) * scale))]


def _shards(write: Callable[..., Path], numbers: Iterable[int], workers: int) -> None:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for path in pool.map(partial(_one, write), numbers):
            log.info("%s", path)


def _one(write: Callable[..., Path], shard: int) -> Path:
    return write(shard=shard)
