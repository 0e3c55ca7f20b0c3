"""The shipped ladder of move-prediction networks, pretrained on engine self-play (see `zoo/CARD.md`)."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from outgrow.errors import DataError
from outgrow.models.base import Model, models
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import nn

# Shape of each rung: channels, residual blocks, length of queries and keys.
SHAPES: dict[str, tuple[int, int, int]] = {
    "chess-xs": (2, 0, 2),
    "chess-s": (8, 1, 8),
    "chess-m": (16, 2, 16),
    "chess-l": (40, 4, 24),
    "chess-xl": (64, 6, 32),
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
class ChessModel:
    """One rung of the chess ladder."""

    name: str

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({"classification"})

    @property
    def cost(self) -> float:
        width, blocks, rank = SHAPES[self.name]
        trunk = 9 * width * (16 + 2 * blocks * width)
        return 64 * (trunk + width * (2 * rank + 3) + 64 * rank)

    @property
    def knows(self) -> frozenset[str]:
        return frozenset({"chess-puzzles"})

    def identity(self) -> dict[str, Any]:
        return {"family": "chess", "shape": SHAPES[self.name], "weights": _weights_digest(self.name)}

    def ladder(self) -> list[Model]:
        return [ChessModel(name=name) for name in SHAPES]

    def build(self, *, n_classes: int, seed: int) -> nn.Module:
        from safetensors.torch import load

        from outgrow.chess.moves import N_MOVES
        from outgrow.chess.network import BoardNetwork

        if n_classes != N_MOVES:
            raise DataError(
                f"{self.name!r} predicts chess moves ({N_MOVES} classes), but the task has {n_classes} classes"
            )
        width, blocks, rank = SHAPES[self.name]
        network = BoardNetwork(width=width, blocks=blocks, rank=rank)
        state = load(weights(self.name).read_bytes())
        network.load_state_dict({name: value.float() for name, value in state.items()})
        return network


for _name, _shape in SHAPES.items():
    models.add(
        _name,
        partial(ChessModel, name=_name),
        about=f"move-prediction network, {_shape[1]} residual blocks of {_shape[0]} channels",
        source="trained by this project on engine self-play (zoo/CARD.md)",
    )
