"""A step that computes nothing, in a file that workers can import."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from outgrow.steps import Context, Step


@dataclass(frozen=True, eq=False, kw_only=True)
class Trivial(Step):
    """Four bytes, after a pause of some seconds in which nothing is computed."""

    name: ClassVar[str] = "trivial"
    which: int
    pause: float = 0.0

    def identity(self) -> dict[str, Any]:
        return {"which": self.which}

    def inputs(self) -> dict[str, Step]:
        return {}

    def compute(self, context: Context, folder: Path) -> None:
        time.sleep(self.pause)
        (folder / "file").write_bytes(b"four")
