"""The shipped ladder of move-prediction networks, pretrained on engine self-play (see `zoo/CARD.md`)."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, Literal

from outgrow.chess.shape import Shape
from outgrow.errors import DataError
from outgrow.models.base import Extractor, Model, Weights, models
from outgrow.spec import spec
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.chess.network import BoardNetwork
    from outgrow.learning.network import Network

SHAPES = {
    "chess-xs": Shape(width=2, blocks=0, rank=2),
    "chess-s": Shape(width=8, blocks=1, rank=8),
    "chess-m": Shape(width=16, blocks=2, rank=16),
    "chess-l": Shape(width=40, blocks=4, rank=24),
    "chess-xl": Shape(width=64, blocks=6, rank=32),
}


def weights(name: str) -> Traversable:
    """The shipped weights file of a rung."""
    return files("outgrow.zoo") / "chess" / f"{name}.safetensors"


@cache
def _weights_digest(name: str) -> str:
    try:
        return hashlib.sha256(weights(name).read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise DataError(
            f"the weights of {name!r} are not in this installation; `outgrow zoo build chess` makes them"
        ) from error


@spec
class ChessModel(Model):
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
        return {**FrozenBoard(model=self).identity(), "training": self.training}

    def ladder(self) -> list[Model]:
        return [dataclasses.replace(self, name=name) for name in SHAPES]

    def extractor(self) -> Extractor | None:
        return FrozenBoard(model=self) if self.training == "probe" else None

    def network(self) -> BoardNetwork:
        """The pretrained network."""
        from safetensors.torch import load

        from outgrow.chess.network import BoardNetwork

        network = BoardNetwork(SHAPES[self.name])
        state = load(weights(self.name).read_bytes())
        network.load_state_dict({name: value.float() for name, value in state.items()})
        return network

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        from outgrow.chess.moves import N_MOVES
        from outgrow.learning.network import Plain

        if output.n_classes != N_MOVES:
            raise DataError(
                f"{self.name!r} predicts chess moves ({N_MOVES} classes), but the task has {output.n_classes} classes"
            )
        return Plain(self.network())


@dataclass(frozen=True, kw_only=True)
class FrozenBoard(Extractor):
    """The frozen network: positions to the last hidden layer of all squares."""

    model: ChessModel

    def identity(self) -> dict[str, Any]:
        name = self.model.name
        return {"family": "chess", "shape": SHAPES[name], "weights": _weights_digest(name)}

    @property
    def cost(self) -> float:
        return self.model.cost

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        import torch

        from outgrow.learning.network import Network

        class Trunk(Network):
            def __init__(self, network: BoardNetwork) -> None:
                super().__init__()
                self.network = network

            def forward(self, boards: torch.Tensor) -> torch.Tensor:
                return self.network.features(boards).flatten(1)

        return Trunk(self.model.network())


for _name, _shape in SHAPES.items():
    models.add(
        _name,
        partial(ChessModel, name=_name),
        about=f"move-prediction network, {_shape.blocks} blocks of {_shape.width} channels, {_shape.macs:,} MACs",
        source="trained by this project on engine self-play (zoo/CARD.md)",
    )
