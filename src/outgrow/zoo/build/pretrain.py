"""Pretraining: predict the engine's move in self-play positions. Puzzles and their games are never seen."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file
from safetensors.torch import save_file

from outgrow.chess.moves import packed_move_classes
from outgrow.chess.network import BoardNetwork
from outgrow.chess.shape import Shape
from outgrow.disk import beside
from outgrow.zoo.build.selfplay import unpack

log = logging.getLogger(__name__)

HELD_OUT = 20_000  # last positions of the last shard, for the reported next-move accuracy
BATCH = 512


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a rung of the ladder is trained: on how many positions, counting repeats, and the peak learning rate."""

    positions: int
    learning_rate: float


def load_positions(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """All positions of all shards: packed boards uint8 [n, 32] and move classes int64 [n]."""
    shards = [load_file(path) for path in sorted(folder.glob("positions-*.safetensors"))]
    boards = np.concatenate([shard["boards"] for shard in shards])
    return boards, packed_move_classes(np.concatenate([shard["moves"] for shard in shards]))


def pretrain(shape: Shape, recipe: Recipe, folder: Path, *, seed: int, out: Path) -> dict[str, float]:
    """Train one size with AdamW and a linear decay, in bf16 where a matrix product is; returns what was measured."""
    torch.manual_seed(seed)
    boards, moves = load_positions(folder)
    n_train = len(moves) - min(HELD_OUT, len(moves) // 10)
    model = BoardNetwork(shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    steps = recipe.positions // BATCH
    rng = np.random.default_rng(seed)
    order = np.empty(0, np.int64)
    started, smooth = time.monotonic(), 8.0
    for step in range(steps):
        if len(order) < BATCH:
            order = rng.permutation(n_train)
        rows, order = order[:BATCH], order[BATCH:]
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * min(1, (step + 1) / 200) * (1 - step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(torch.from_numpy(unpack(boards[rows])))
        loss = F.cross_entropy(logits.float(), torch.from_numpy(moves[rows]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        smooth += 0.01 * (loss.item() - smooth)
        if (step + 1) % 500 == 0:
            speed = (step + 1) * BATCH / (time.monotonic() - started)
            log.info("step %d of %d, loss %.3f, %.0f positions/s", step + 1, steps, smooth, speed)
        if (step + 1) % 2000 == 0:
            save_file(model.state_dict(), partial := beside(out))
            partial.replace(out.with_suffix(".partial"))
    accuracy = next_move_accuracy(model, boards[n_train:], moves[n_train:])
    save_file(model.state_dict(), out)
    facts = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "macs": shape.macs,
        "positions": n_train,
        "positions_seen": steps * BATCH,
        "minutes": (time.monotonic() - started) / 60,
        "next_move_accuracy": accuracy,
    }
    out.with_suffix(".json").write_text(json.dumps(facts, indent=1))
    log.info("%s: %s", out.name, facts)
    return facts


@torch.inference_mode()
def next_move_accuracy(model: BoardNetwork, boards: np.ndarray, moves: np.ndarray) -> float:
    """Share of held-out positions in which the model's first choice is the engine's move."""
    right = 0
    for start in range(0, len(moves), 1_000):
        logits = model(torch.from_numpy(unpack(boards[start : start + 1_000])))
        right += int((logits.argmax(1).numpy() == moves[start : start + 1_000]).sum())
    return right / len(moves)
