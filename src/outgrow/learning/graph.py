"""Labels on the graph of nearest neighbours: smoothed along it, and the parts in which rows of one label hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from outgrow.learning.labelled import Labelled, labelled
from outgrow.learning.neighbours import Neighbours, nearest
from outgrow.learning.objective import WeakLabels

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def smoothed(values: np.ndarray, near: Neighbours, *, alpha: float, rounds: int) -> np.ndarray:
    """(1 - a) (I - a S)^-1 W by so many rounds of W <- a S W + (1 - a) W0, float64 [m, classes]; linear in W0.

    S = D^-1/2 A D^-1/2, where A joins two rows if either is among the neighbours of the other with a cosine above 0.
    A pair that is near with its candidates exchanged passes its label on exchanged.

    Args:
        values: W0, [m, classes].
        near: by cosine.
    """
    straight, turned = _joined(near, ~near.turned), _joined(near, near.turned)
    degree = np.asarray((straight + turned).sum(1)).ravel()
    scale = np.where(degree > 0, 1 / np.sqrt(np.maximum(degree, 1)), 0.0)[:, None]
    first = found = values.astype(np.float64)
    for _ in range(rounds):
        even = scale * found
        passed = scale * (straight @ even + (turned @ even)[:, ::-1] if turned.nnz else straight @ even)
        found = alpha * passed + (1 - alpha) * first
    return np.asarray(found)


def smoothed_labels(weak: WeakLabels, *, alpha: float, k: int, rounds: int, seed: int) -> WeakLabels:
    """Weak labels smoothed over the k nearest rows of other groups by cosine; a row without a label stays without."""
    if alpha == 0:
        return weak
    rows = labelled(weak, seed=seed)
    found = smoothed(rows.targets, rows.near(k, by="cosine"), alpha=alpha, rounds=rounds)
    found /= found.sum(1, keepdims=True)
    return weak.with_probabilities(rows.everywhere(found.astype(np.float32))[None])


def hangs_together(rows: Labelled, near: Neighbours) -> np.ndarray:
    """Whether each row is in the largest strongly connected part of the rows with its label, bool [m].

    Rows lead to those of their neighbours that have the same label. All pairs count as of one label: a pair is the same
    as the exchanged pair with the other label.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    same = near.labels(rows.label) == rows.label[:, None]
    one, other = np.broadcast_to(np.arange(len(same))[:, None], same.shape)[same], near.rows[same]
    graph = csr_array((np.ones(len(one)), (one, other)), shape=(len(same), len(same)))
    part = connected_components(graph, connection="strong")[1]
    kind = np.zeros_like(rows.label) if rows.output.kind == "preference" else rows.label
    found = np.zeros(len(same), bool)
    for each in np.unique(kind):
        members = np.flatnonzero(kind == each)
        found[members] = part[members] == np.bincount(part[members]).argmax()
    return found


def unlike(rows: Labelled, kept: np.ndarray, *, k: int) -> np.ndarray:
    """How far each row's label is from the mean label of its k nearest rows among those kept, 0 to 1, [m].

    Where those kept are all of one group, it is the nearest of all rows.
    """
    few = len({rows.groups[row] for row in np.flatnonzero(kept).tolist()}) < 2
    near = nearest(rows.features, k=k, groups=rows.groups, among=None if few else kept)
    return 1 - rows.agreement(near)


def _joined(near: Neighbours, which: np.ndarray) -> csr_array:
    """The symmetric graph of the neighbours chosen, bool [m, k], with a cosine above 0: ones [m, m]."""
    from scipy.sparse import csr_array

    n = len(near.rows)
    chosen = which & (near.distances < 1)
    one, other = np.broadcast_to(np.arange(n)[:, None], chosen.shape)[chosen], near.rows[chosen]
    graph = csr_array((np.ones(len(one)), (one, other)), shape=(n, n))
    return graph.maximum(graph.T)
