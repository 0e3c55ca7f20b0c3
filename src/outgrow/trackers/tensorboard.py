"""TensorBoard: event files in `runs/`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import ClassVar

from outgrow.trackers.base import Tracked, Tracker, trackers

FOLDER = "runs"  # where TensorBoard's own writer puts them


@trackers.register("tensorboard", about="event files in ./runs: tensorboard --logdir runs", source="TensorBoard")
class TensorBoard(Tracker):
    """A folder of event files for each training and row; settings as text, those of rows as hyperparameters too."""

    name: ClassVar[str] = "tensorboard"
    package: ClassVar[str] = "tensorboard"

    def log(self, one: Tracked) -> None:
        from torch.utils.tensorboard import SummaryWriter

        with SummaryWriter(str(Path(FOLDER, folder_name(one)))) as writer:
            for step, values in one.curve:
                for name, value in values.items():
                    writer.add_scalar(name, value, step)
            lines = [f"    {name}: {value}" for name, value in one.settings.items()]  # indented: shown as it is
            writer.add_text("settings", "\n".join(lines))
            if one.scores:
                writer.add_hparams(dict(one.settings), dict(one.scores), run_name=".")


def folder_name(one: Tracked) -> str:
    """The same for the same thing, so that it is shown once however often it is tracked; never a path elsewhere."""
    words = re.sub(r"[^\w.=+-]+", "_", one.name).strip("._")[:80]
    return f"{words}-{hashlib.sha256(one.name.encode(errors='replace')).hexdigest()[:8]}"
