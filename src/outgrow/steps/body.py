"""The step `body`: the hidden layers of a trained network, without its head, for others to begin from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from outgrow.steps.adapt import WEIGHTS, Adapted
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.trained import Trained


@dataclass(frozen=True, eq=False, kw_only=True)
class Body(Adapted):
    """What a training left of a model that is more than its head."""

    name: ClassVar[str] = "body"
    trained: Trained

    def identity(self) -> dict[str, Any]:
        return {}

    def inputs(self) -> dict[str, Step]:
        return {"model": self.trained}

    @property
    def title(self) -> str:
        return f"hidden layers of {self.trained.label}"

    @property
    def work(self) -> float:
        return 0.0

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.weights import packed

        if context.machine.team.rank:
            return  # the first process writes, and needs all of it
        network = self.trained.network(context, self.trained.part.kind(context))
        (folder / WEIGHTS).write_bytes(packed(network.backbone_state()))
