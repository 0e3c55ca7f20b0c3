"""A step: a reference to a result whose key is known before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from outgrow.errors import OutgrowError
from outgrow.spec import digest
from outgrow.steps.context import Context

Write = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a step needs of a machine while it is computed; no part of its key.

    Args:
        gpus: how many, on a machine that has some.
        memory: bytes, roughly, of what it computes on; 0 is next to nothing.
    """

    gpus: int = 0
    memory: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """A reference to a result: its key is the hash of the step's name, version, identity and its inputs' keys."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    def identity(self) -> dict[str, Any]:
        """What determines the result, besides the inputs."""
        raise NotImplementedError

    def inputs(self) -> dict[str, Step]:
        """The steps whose results this one needs."""
        raise NotImplementedError

    def compute(self, context: Context, folder: Path) -> None:
        """Write the result's files into `folder`."""
        raise NotImplementedError

    @property
    def together(self) -> str:
        """Steps for which this is equal, and not empty, can be computed in one go by `compute_together`."""
        return ""

    def compute_together(self, steps: Sequence[Any], context: Context) -> dict[str, Write | OutgrowError]:
        """Compute steps of equal `together`; for each key, what writes the files into a folder, or why it failed."""
        raise NotImplementedError

    @property
    def work(self) -> float:
        """Multiply-accumulates it will cost, roughly; a training costs three forward passes a row."""
        return 0.0

    @property
    def memory(self) -> int:
        """Bytes, roughly, that the network takes that it computes with; 0 is next to nothing."""
        return 0

    @property
    def needs(self) -> Needs:
        """What it needs of a machine: where it multiplies much, a GPU."""
        return Needs(gpus=1, memory=self.memory) if self.work > 0 else Needs()

    @property
    def named(self) -> Sequence[Callable[..., Any]]:
        """Functions that it computes by and that its fields only name."""
        return ()

    @property
    def title(self) -> str:
        """What to call it on screen."""
        return self.name

    @cached_property
    def key(self) -> str:
        """SHA-256, 64 hex digits."""
        return digest(
            {
                "step": self.name,
                "version": self.version,
                "identity": self.identity(),
                "inputs": {name: step.key for name, step in self.inputs().items()},
            }
        )


def walk_unique(*ends: Step) -> list[Step]:
    """The steps and all they need, each key once, inputs before what needs them."""
    found: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.key not in found:
            for needed in step.inputs().values():
                visit(needed)
            found[step.key] = step

    for end in ends:
        visit(end)
    return list(found.values())
