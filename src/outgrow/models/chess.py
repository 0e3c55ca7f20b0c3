"""The shipped ladder of move-prediction networks, pretrained on engine self-play (see `zoo/CARD.md`)."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.chess.shape import Shape
from outgrow.errors import DataError
from outgrow.models.base import Model, Weights, models
from outgrow.spec import spec
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from torch import nn

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
    """One rung of the chess ladder."""

    name: str
    knows: ClassVar[frozenset[str]] = frozenset({"chess-puzzles"})

    @property
    def cost(self) -> float:
        return float(SHAPES[self.name].macs)

    def identity(self) -> dict[str, Any]:
        return {"family": "chess", "shape": SHAPES[self.name], "weights": _weights_digest(self.name)}

    def ladder(self) -> list[Model]:
        return [ChessModel(name=name) for name in SHAPES]

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> nn.Module:
        from safetensors.torch import load

        from outgrow.chess.moves import N_MOVES
        from outgrow.chess.network import BoardNetwork

        if output.n_classes != N_MOVES:
            raise DataError(
                f"{self.name!r} predicts chess moves ({N_MOVES} classes), but the task has {output.n_classes} classes"
            )
        network = BoardNetwork(SHAPES[self.name])
        state = load(weights(self.name).read_bytes())
        network.load_state_dict({name: value.float() for name, value in state.items()})
        return network


for _name, _shape in SHAPES.items():
    models.add(
        _name,
        partial(ChessModel, name=_name),
        about=f"move-prediction network, {_shape.blocks} blocks of {_shape.width} channels, {_shape.macs:,} MACs",
        source="trained by this project on engine self-play (zoo/CARD.md)",
    )
