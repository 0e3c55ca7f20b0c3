"""A table of weak labels as what steps are made of: a task without truth, and labellers that stand in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.own_labels.table import WeakTable
from outgrow.supervisors.base import ById
from outgrow.tasks.base import Examples, Kind, Output
from outgrow.tasks.sources.images import DECODING, Reference


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnRows:
    """Some rows of a table as a task whose truth nobody knows.

    Args:
        chosen: numbers of the rows.
    """

    name: ClassVar[str] = "own"
    table: WeakTable
    chosen: np.ndarray

    @property
    def kind(self) -> Kind:
        return self.table.output.kind

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "content": self._content, "output": self.kind, "classes": self.table.classes}

    @cached_property
    def _content(self) -> str:
        """SHA-256 of ids, groups and inputs; an image's id is a hash of its bytes, wherever it lies."""
        images = bool(self.table.columns.image)
        whole = hashlib.sha256(f"images {DECODING}".encode() if images else b"")
        for row in self.chosen:
            seen = self.table.inputs[row]
            said = [] if images else [seen] if isinstance(seen, str) else list(seen)
            text = "\x1f".join([self.table.ids[row], self.table.groups[row], *said])
            whole.update(text.encode("utf-8", "surrogatepass") + b"\x1e")
        return whole.hexdigest()

    def located(self, inputs: np.ndarray) -> np.ndarray:
        """References to images where they lie now; other inputs as they are."""
        if not self.table.columns.image:
            return inputs
        now = {Reference.of(one).hash: one for one in self.table.inputs}
        return np.array([now[Reference.of(one).hash] for one in inputs], dtype=object)

    def load(self) -> Examples:
        table = self.table
        return Examples(
            ids=[table.ids[row] for row in self.chosen],
            groups=[table.groups[row] for row in self.chosen],
            inputs=table.inputs[self.chosen],
            truth=None,
            n_classes=table.output.n_classes,
            class_names=table.output.class_names,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class InMemory(ById):
    """Labels by example id that stand in memory.

    Args:
        by: whose they are.
        votes: float32 [labellers, n, classes], a row of zeros where a labeller abstains.
    """

    name: ClassVar[str] = "in-memory"
    by: str
    ids: Sequence[str]
    votes: np.ndarray
    rule: Transform = field(default_factory=Mean)

    @property
    def label(self) -> str:
        return self.by

    def identity(self) -> dict[str, Any]:
        content = np.ascontiguousarray(self.votes, np.float32)
        names = "\x1f".join(self.ids).encode()
        digest = hashlib.sha256(names + b"\x1e" + str(content.shape).encode() + content.tobytes()).hexdigest()
        return {"family": self.name, "content": digest, "rule": self.rule.identity()}

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        place = {one: i for i, one in enumerate(self.ids)}
        return self.votes[:, [place[one] for one in ids]], []
