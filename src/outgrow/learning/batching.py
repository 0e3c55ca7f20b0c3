"""Encoded inputs, and how they are put into batches: length buckets, token budgets, micro-batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import torch

BUCKET = 16  # batches whose rows are sorted by length together: little padding, and batches stay random enough


class Rows(Protocol):
    """Inputs as a network takes them, before they are put into batches."""

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 [n]; ones where all rows are of one size."""
        ...

    def __len__(self) -> int: ...

    def batch(self, rows: np.ndarray, device: torch.device) -> Any:
        """What the network's `forward` takes for these rows."""
        ...


@dataclass(frozen=True)
class Arrays:
    """Rows of numbers, all of one shape: an array [n, ...], in memory or memory-mapped."""

    values: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.ones(len(self.values), np.int64)

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows: np.ndarray, device: torch.device) -> torch.Tensor:
        import torch

        return torch.from_numpy(self.values[rows]).to(device)


def batches(lengths: np.ndarray, batch_size: int, *, rng: np.random.Generator) -> list[np.ndarray]:
    """One epoch: every row once, in random batches; rows of unequal length are grouped with others of their length.

    The batch with the longest row comes first: if memory does not suffice, that shows at once.
    """
    order = rng.permutation(len(lengths))
    cut = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if lengths.min() == lengths.max():
        return cut
    sorted_cut: list[np.ndarray] = []
    for start in range(0, len(order), batch_size * BUCKET):
        bucket = order[start : start + batch_size * BUCKET]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        sorted_cut += [bucket[at : at + batch_size] for at in range(0, len(bucket), batch_size)]
    mixed = [sorted_cut[i] for i in rng.permutation(len(sorted_cut))]
    longest = max(range(len(mixed)), key=lambda i: int(lengths[mixed[i]].max()))
    return [mixed.pop(longest), *mixed]


def micro_batches(rows: np.ndarray, lengths: np.ndarray, *, budget: int) -> list[np.ndarray]:
    """A batch in pieces of at most `budget` tokens, padding counted, longest rows first; a longer row stands alone.

    The order of the rows is the same for every budget: a loss may look back over the rows it has seen.
    """
    order = rows[np.argsort(-lengths[rows], kind="stable")]
    pieces: list[np.ndarray] = []
    start = 0
    while start < len(order):
        size = max(1, budget // int(lengths[order[start]]))
        pieces.append(order[start : start + size])
        start += size
    return pieces
