"""Model families: a spec of a pretrained model that can build a network giving logits for a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from outgrow.registry import Registry
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import nn


class Model(Protocol):
    """A pretrained model's spec. A family registers one constructor per size under the name users write."""

    @property
    def name(self) -> str:
        """The registered name, such as `chess-xs`."""
        ...

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of task it can learn."""
        ...

    @property
    def cost(self) -> float:
        """Multiply-accumulates of one forward pass of one example."""
        ...

    @property
    def knows(self) -> frozenset[str]:
        """Names of the tasks it can do untrained, so that a zero-shot score means something."""
        ...

    def identity(self) -> dict[str, Any]:
        """What determines its numbers: family, shape, and the fingerprint of its pretrained weights."""
        ...

    def ladder(self) -> list[Model]:
        """Its family's sizes, smallest first; just itself where there is no ladder."""
        ...

    def build(self, *, n_classes: int, seed: int) -> nn.Module:
        """The pretrained network: inputs [n, ...] -> logits [n, n_classes]; fresh parts are initialised from `seed`."""
        ...


models: Registry[Callable[..., Model]] = Registry("models", package="outgrow.models")
