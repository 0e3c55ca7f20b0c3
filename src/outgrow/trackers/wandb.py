"""Weights & Biases: offline unless WANDB_MODE says otherwise."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from outgrow.trackers.base import Tracked, Tracker, trackers

PROJECT = "outgrow"


@trackers.register(
    "wandb",
    about="runs in ./wandb, sent by `wandb sync`, or at once where WANDB_MODE=online",
    source="Weights & Biases",
)
class WandB(Tracker):
    """A run for each training and row, in the project that WANDB_PROJECT names, or `outgrow`."""

    name: ClassVar[str] = "wandb"
    package: ClassVar[str] = "wandb"

    def start(self) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # nothing is sent that nobody asked for

    def log(self, one: Tracked) -> None:
        import wandb

        mode: Any = os.environ.get("WANDB_MODE", "offline")
        with wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT), name=one.name, group=one.group, config=dict(one.settings),
            mode=mode, settings=wandb.Settings(silent=True, disable_code=True, disable_git=True, console="off"),
        ) as run:  # fmt: skip
            for step, values in one.curve:
                run.log(dict(values), step=step)
            run.summary.update(dict(one.scores))
