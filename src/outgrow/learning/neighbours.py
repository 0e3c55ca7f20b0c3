"""The rows that are nearest to each row by its features: a part of all distances at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

BLOCK = 1 << 24  # distances that are held at once


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The k nearest rows of each row, the nearest first.

    Args:
        rows: their numbers, int64 [n, k].
        distances: float64 [n, k].
        turned: of pairs, whether the neighbour is near with its candidates exchanged, bool [n, k].
    """

    rows: np.ndarray
    distances: np.ndarray
    turned: np.ndarray

    def labels(self, label: np.ndarray) -> np.ndarray:
        """Classes int64 [n] as those of the neighbours, [n, k]: of turned pairs, the other class."""
        return np.asarray(np.where(self.turned, 1 - label[self.rows], label[self.rows]))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Values of each class [n, classes] to the mean of the neighbours', float64: of turned pairs, turned."""
        total, turned = np.zeros(values.shape), self.turned[..., None]
        for i in range(self.rows.shape[1]):  # one after the other: all at once would hold k times as many numbers
            found = values[self.rows[:, i]]
            total += np.where(turned[:, i], found[:, ::-1], found) if turned.any() else found
        return np.asarray(total / self.rows.shape[1])


def nearest(
    features: np.ndarray,
    *,
    k: int,
    groups: Sequence[str] | None,
    by: Literal["distance", "cosine"] = "distance",
    among: np.ndarray | None = None,
) -> Neighbours:
    """The k nearest rows, or as many as there are for every row.

    A pair is the difference of its candidates. It is also near to a pair that has its candidates the other way round,
    whose label then counts the other way round: so nothing depends on which candidate stands first.

    Args:
        features: [n, width], or [n, 2, width] of pairs.
        groups: of the rows; no row is a neighbour in its own group. None: every row is its own first neighbour.
        by: Euclidean distance, or one minus the cosine.
        among: which rows can be neighbours, bool [n]; all by default.

    Raises:
        ValueError: all rows that can be neighbours are of one group.
    """
    import torch

    pairs = features.ndim == 3
    points = torch.from_numpy(np.asarray(features, np.float32))
    points = points[:, 1] - points[:, 0] if pairs else points
    if by == "cosine":
        points = torch.nn.functional.normalize(points, dim=1)
    n = len(points)
    group = torch.arange(n) if groups is None else torch.from_numpy(np.unique(list(groups), return_inverse=True)[1])
    can = torch.ones(n, dtype=torch.bool) if among is None else torch.from_numpy(among)
    others = int(can.sum()) - (0 if groups is None else int(torch.bincount(group[can]).max()))
    if others < 1:
        raise ValueError(f"all {n:,} labelled rows are of one group, so none has a neighbour to be compared with")
    k, squares = min(k, others), points.square().sum(1)
    rows, distances, turned = [], [], []
    for start in range(0, n, max(1, BLOCK // n)):
        some = slice(start, start + max(1, BLOCK // n))
        dots = points[some] @ points.T
        far = dots.abs().neg_() if pairs else -dots
        far = far.add_(1) if by == "cosine" else far.mul_(2).add_(squares).add_(squares[some, None])
        same = group[some, None] == group
        far = far.clamp_(min=0).masked_fill_(same, -1.0 if groups is None else torch.inf).masked_fill_(~can, torch.inf)
        least, which = far.topk(k, dim=1, largest=False)
        rows.append(which)
        distances.append(least.clamp(min=0))
        turned.append((dots.gather(1, which) < 0) if pairs else torch.zeros_like(which, dtype=torch.bool))
    found = torch.cat(distances).double().numpy()
    return Neighbours(
        rows=torch.cat(rows).numpy(),
        distances=found if by == "cosine" else np.sqrt(found),
        turned=torch.cat(turned).numpy(),
    )
