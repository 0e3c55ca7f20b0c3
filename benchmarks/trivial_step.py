"""A step that computes nothing, in a file that workers can import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from outgrow.steps import Context, Step


@dataclass(frozen=True, eq=False, kw_only=True)
class Trivial(Step):
    """Four bytes."""

    name: ClassVar[str] = "trivial"
    which: int

    def identity(self) -> dict[str, Any]:
        return {"which": self.which}

    def inputs(self) -> dict[str, Step]:
        return {}

    def compute(self, context: Context, folder: Path) -> None:
        (folder / "file").write_bytes(b"four")
