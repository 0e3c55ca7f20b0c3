"""The networks of the chess ladder: shapes, shipped weights, and the frozen part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from outgrow.chess.shape import Shape
from outgrow.errors import DataError
from outgrow.models.base import Extractor, Model, Weights, seen
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np

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


def pretrained(name: str) -> BoardNetwork:
    """The network of a rung with its shipped weights."""
    from safetensors.torch import load

    from outgrow.chess.network import BoardNetwork

    network = BoardNetwork(SHAPES[name])
    network.load_state_dict({name: value.float() for name, value in load(weights(name).read_bytes()).items()})
    return network


class BoardModel(Model):
    """A model that sees chess positions: uint8 [n, 64]."""

    training: str

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        from outgrow.chess.moves import N_MOVES

        if inputs.dtype == object or inputs.shape[1:] != (64,):
            return f"sees chess positions, and the task has {seen(inputs)}"
        if self.training == "full" and output.n_classes != N_MOVES:
            return f"predicts chess moves ({N_MOVES} classes), but the task has {output.n_classes} classes"
        return ""


def mover(name: str, output: Output) -> Network:
    """The network of a rung as a task's classifier; DataError if the classes are no moves."""
    from outgrow.chess.moves import N_MOVES
    from outgrow.learning.network import Plain

    if output.n_classes != N_MOVES:
        raise DataError(
            f"{name!r} predicts chess moves ({N_MOVES} classes), but the task has {output.n_classes} classes"
        )
    return Plain(pretrained(name))


@dataclass(frozen=True, kw_only=True)
class FrozenBoard(Extractor):
    """The frozen network: positions to the last hidden layer of all squares."""

    name: str

    def identity(self) -> dict[str, Any]:
        return {"family": "chess", "shape": SHAPES[self.name], "weights": _weights_digest(self.name)}

    @property
    def cost(self) -> float:
        return float(SHAPES[self.name].macs)

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        import torch

        from outgrow.learning.network import Network

        class Trunk(Network):
            def __init__(self, network: BoardNetwork) -> None:
                super().__init__()
                self.network = network

            def forward(self, boards: torch.Tensor) -> torch.Tensor:
                return self.network.features(boards).flatten(1)

        return Trunk(pretrained(self.name))
