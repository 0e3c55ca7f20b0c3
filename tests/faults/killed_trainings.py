"""Trainings are killed at random moments and go on; they end with the bits of an undisturbed one.

    python tests/faults/killed_trainings.py --trials 50 --seed 0

A small network is fine-tuned four times, for three seconds each on a quiet machine, with a checkpoint each second: with
dropout, Adam, a falling rate, the best of several checks, and losses that remember earlier answers. The process is
killed at a random moment by a signal that it cannot catch. The next one goes on, and is killed again or ends in peace;
then all artefacts are compared bit by bit. Only kills during a training count. Told as well: how much work they cost,
in seconds and updates.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import torch
from common import FORK, TOY, arguments, fork, held, table
from kills import collect
from torch import Tensor, nn

from outgrow.config import expand
from outgrow.experiment import Experiment
from outgrow.learning.network import Network
from outgrow.models.base import Model, Role, Weights
from outgrow.runtime import Runtime
from outgrow.spec import spec
from outgrow.specs import TrainSpec
from outgrow.steps.checkpoints import StoredCheckpoint
from outgrow.steps.finetune import Finetuned
from outgrow.steps.unfinished import Unfinished
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

INTERVAL = 1.0  # seconds between checkpoints
TRAINING, DONE, KEPT, SINCE = range(4)  # what a process tells of itself: whether it trains, updates, updates kept, when


@spec
class Dense(Model):
    """One hidden layer that drops units."""

    name: str = "dense"

    @property
    def cost(self) -> float:
        return 10_000.0

    def identity(self) -> dict[str, Any]:
        return {"family": "dense"}

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        return Layers(output.n_classes, seed=seed)


class Layers(Network):
    def __init__(self, classes: int, *, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.layers = nn.Sequential(
                nn.Flatten(), nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.2), nn.Linear(96, classes)
            )  # fmt: skip

    def forward(self, batch: Tensor) -> Tensor:
        found: Tensor = self.layers(batch)
        return found


def study(epochs: int) -> list[Experiment]:
    """One supervisor, and students of losses with and without a memory."""
    train = TrainSpec(
        epochs=epochs, batch_size=4, learning_rate=3e-3, schedule="cosine", dropout=True, keep="best", evaluations=7
    )  # fmt: skip
    sweep = {"sweep": {"method.name": ["naive", "confidence", "elr"]}}
    return [
        dataclasses.replace(one, strong=Role(model=Dense(), train=train))
        for one in expand(TOY | sweep, name="killed", seeds=[0])
    ]


def main(trials: int, seed: int, *, interval: float = INTERVAL, epochs: int = 400) -> dict[str, Counter[str]]:
    rng, counts, experiments = random.Random(seed), dict[str, Counter[str]](), study(epochs)
    runtime = Runtime(checkpoint_minutes=interval / 60)
    lost: list[tuple[float, float]] = []  # seconds and updates, of each kill
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        undisturbed = Store(Path(folder) / "undisturbed")
        run_experiments(experiments, undisturbed, runtime=Runtime(checkpoint_minutes=0))
        expected, whole = held(undisturbed), time.monotonic() - began
        for number in range(10 * trials):
            store, mine = Store(Path(folder) / str(number)), list[str]()
            while True:
                told = FORK.RawArray("d", 4)
                process = fork(functools.partial(watched, told, experiments, store, runtime))
                after = rng.uniform(0, 1.2 * whole) if len(lost) < trials else 600
                process.join(after)
                if process.exitcode is not None:
                    break
                os.killpg(process.pid, signal.SIGKILL)
                killed, state = time.monotonic(), [*told]
                process.join()
                if state[TRAINING]:
                    lost.append((killed - state[SINCE], state[DONE] - state[KEPT]))
                    under = "under the interval" if killed - state[SINCE] < interval else "LONGER than the interval"
                    mine.append(f"lost {under}")
            collect(store)  # a kill between the end of a step and the end of its checkpoint leaves that to it
            end = "equal" if held(store) == expected else "DIFFERENT"
            end = end if process.exitcode == 0 else f"FAILED, status {process.exitcode}"
            for kind in mine:
                counts.setdefault(kind, Counter())[end if not left(store) else "LEFTOVERS"] += 1
            if len(lost) >= trials:
                break
    for column, what in zip(zip(*lost, strict=True), ("seconds", "updates"), strict=True):
        print(f"{what} lost by a kill, at a checkpoint every {interval:g} s: median {median(column):.2f}, most "
              f"{max(column):.2f}")  # fmt: skip
    return counts


def left(store: Store) -> list[Path]:
    """Files of unfinished work that are still there."""
    return [path for path in (store.root / "unfinished").rglob("*") if path.is_file()]


def watched(told: Any, experiments: list[Experiment], store: Store, runtime: Runtime) -> None:
    """A run whose trainings tell what a kill would cost now."""
    due, keep, last, compute = Unfinished.due, Unfinished.keep, StoredCheckpoint.last, Finetuned.compute

    def told_compute(self: Any, *given: Any) -> None:
        compute(self, *given)
        told[TRAINING] = 0

    def told_last(self: Any) -> Any:
        found = last(self)
        told[DONE] = told[KEPT] = found.done if found else 0
        told[SINCE], told[TRAINING] = time.monotonic(), 1
        return found

    def told_due(self: Any) -> bool:
        told[DONE] += 1
        return due(self)

    def told_keep(self: Any, *given: Any) -> None:
        now = time.monotonic()
        keep(self, *given)
        told[SINCE], told[KEPT] = now, told[DONE]

    Finetuned.compute, StoredCheckpoint.last = told_compute, told_last  # type: ignore[method-assign, assignment]
    Unfinished.due, Unfinished.keep = told_due, told_keep  # type: ignore[method-assign, assignment]
    run_experiments(experiments, store, runtime=runtime)


if __name__ == "__main__":
    asked = arguments(50)
    table("trainings killed, and what the next run ends with", main(asked.trials, asked.seed))
