"""An anchor: a network's representation is held near what it was before the training (after arXiv 2605.25629)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from outgrow.learning.batching import Rows
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.pieces import made
from outgrow.learning.predict import in_batches


class Anchor:
    """A penalty: weight times the mean over rows of |r - r0|^2 / |r0|^2, where r0 is what r was at first.

    r are the vectors that the head reads, one for each row or two for each pair. Those at first are computed once,
    before the first update, and kept in memory in float32.

    Args:
        network: as the training finds it; see `Network.represent`.
        weight: above 0.
    """

    def __init__(self, network: Network, rows: Rows, *, weight: float, machine: Machine) -> None:
        self._weight = weight
        self._first = _represented(network, rows, machine)

    def penalty(self, representation: Tensor, rows: np.ndarray) -> Tensor:
        """Of the rows of a batch, a number."""
        first = self._first[rows].flatten(0, 1).to(representation.device)
        moved = (representation.float() - first).square().sum(-1)
        return self._weight * (moved / first.square().sum(-1).clamp(min=1e-12)).mean()


@torch.no_grad()
def _represented(network: Network, rows: Rows, machine: Machine) -> Tensor:
    """The representation of all rows, [n, 1 or 2, width], in float32; processes that train together share the work."""
    was_training = network.training
    network.eval()

    def represented(piece: np.ndarray) -> np.ndarray:
        _, some = network.represent(rows.batch(piece, machine.device))
        vectors: np.ndarray = some.float().cpu().view(len(piece), -1, some.shape[-1]).numpy()
        return vectors

    with machine.multiplying(network):
        found = list(made(in_batches(rows, machine.device.type), represented, machine.team))
    network.train(was_training)
    whole = np.concatenate([some for _, some in found])
    return torch.from_numpy(whole[np.argsort(np.concatenate([piece for piece, _ in found]), kind="stable")])
