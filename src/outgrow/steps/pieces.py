"""Features and answers of many rows that are kept while a step computes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from outgrow.learning.pieces import Piece, Pieces
from outgrow.steps.unfinished import Unfinished

if TYPE_CHECKING:
    from outgrow.learning.weights import State


class StoredPieces(Pieces):
    """Keeps pieces as unfinished files of a step, all since the last file in one, every few minutes."""

    def __init__(self, unfinished: Unfinished, name: str) -> None:
        self._unfinished, self._name = unfinished, name
        self._files, self._since = 0, list[Piece]()

    def known(self) -> list[Piece]:
        found: list[Piece] = []
        while kept := self._unfinished.find(self._next):
            found += _apart(*kept)
            self._files += 1
        return found

    def offer(self, piece: Piece) -> None:
        self._since.append(piece)
        if self._unfinished.due() and self._unfinished.keep(self._next, *_joined(self._since)):
            self._since = []
            self._files += 1

    @property
    def _next(self) -> str:
        return f"{self._name}-{self._files}"


def _joined(pieces: list[Piece]) -> tuple[State, dict[str, object]]:
    """Pieces as tensors and facts: texts are facts."""
    import torch

    rows = {f"rows/{i}": torch.from_numpy(np.ascontiguousarray(piece)) for i, (piece, _) in enumerate(pieces)}
    if pieces[0][1].dtype == object:
        return rows, {"texts": [list(values) for _, values in pieces]}
    return rows | {f"values/{i}": torch.from_numpy(values) for i, (_, values) in enumerate(pieces)}, {}


def _apart(tensors: State, facts: dict[str, list[list[str]]]) -> list[Piece]:
    rows = [tensors[f"rows/{i}"].numpy() for i in range(sum(name.startswith("rows/") for name in tensors))]
    if "texts" in facts:
        return [(piece, np.array(said, dtype=object)) for piece, said in zip(rows, facts["texts"], strict=True)]
    return [(piece, tensors[f"values/{i}"].numpy()) for i, piece in enumerate(rows)]
