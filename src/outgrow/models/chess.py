"""The shipped ladder of move-prediction networks, pretrained on engine self-play (see `zoo/CARD.md`)."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from outgrow.models.base import Extractor, Model, Weights, models
from outgrow.models.bases.chess import SHAPES, BoardModel, FrozenBoard, mover
from outgrow.spec import spec
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.network import Network


@spec
class ChessModel(BoardModel):
    """One rung of the chess ladder.

    Args:
        training: `full` fine-tuning, or a new linear head on the frozen last hidden layer (`probe`).
    """

    name: str
    training: Literal["full", "probe"] = "full"

    @property
    def knows(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset({"chess-puzzles"} if self.training == "full" else ())

    @property
    def label(self) -> str:
        return self.name if self.training == "full" else f"{self.name} {self.training}"

    @property
    def cost(self) -> float:
        return float(SHAPES[self.name].macs)

    def identity(self) -> dict[str, Any]:
        return {**FrozenBoard(name=self.name).identity(), "training": self.training}

    def ladder(self) -> list[Model]:
        return [dataclasses.replace(self, name=name) for name in SHAPES]

    def extractor(self) -> Extractor | None:
        return FrozenBoard(name=self.name) if self.training == "probe" else None

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        return mover(self.name, output)


for _name, _shape in SHAPES.items():
    _about = f"move-prediction network, {_shape.blocks} blocks of {_shape.width} channels, {_shape.macs:,} MACs"
    _source = "trained by this project on engine self-play (zoo/CARD.md)"
    models.add(_name, partial(ChessModel, name=_name), about=_about, source=_source)
