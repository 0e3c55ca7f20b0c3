"""What a frozen network makes of rows, batch by batch, and in which units it is kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outgrow.errors import StepFailed
from outgrow.learning.batching import Rows
from outgrow.learning.feature_file import LARGEST
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.pieces import NONE, Piece, Pieces, made
from outgrow.learning.predict import in_batches


def extracted(network: Network, rows: Rows, machine: Machine, label: str, *, kept: Pieces = NONE) -> Iterator[Piece]:
    """Row numbers and their raw features, batch by batch; processes that train together share the work.

    Args:
        kept: pieces that were made before.

    Raises:
        StepFailed: some features are not finite numbers; says of how many rows.
    """

    def features(piece: np.ndarray) -> np.ndarray:
        with machine.team.answering():
            found: np.ndarray = network(rows.batch(piece, machine.device)).float().cpu().numpy()
        return found

    seen, broken = 0, 0
    for piece, values in made(in_batches(rows, machine.device.type), features, machine.team, kept):
        seen += len(piece)
        broken += int((~np.isfinite(values).reshape(len(values), -1).all(1)).sum())
        yield piece, values
        if broken == seen:  # all so far: no need to see the rest
            break
    if broken:
        raise StepFailed(
            f"{label} gives features that are not finite numbers for {broken:,} of {seen:,} rows; its weights may be "
            "broken, or its activations too large for the number format: try --precision float32"
        )


def standardised(values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Values in units of the deviation from the mean, within float16's range."""
    return np.asarray(_scaled(values, mean, deviation), np.float16)


def _scaled(values: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = ((values - mean) / deviation).clip(-LARGEST, LARGEST)
    return scaled


def features_of(
    network: Network,
    rows: Rows,
    mean: np.ndarray,
    deviation: np.ndarray,
    machine: Machine,
    label: str,
    *,
    stored: bool = True,
) -> np.ndarray:
    """Features of encoded rows, standardised by given moments: [n, ..., width].

    Args:
        stored: round them to float16, as stored features are; else they are float32.
    """
    scale = standardised if stored else _scaled
    found: np.ndarray | None = None
    for piece, values in extracted(network, rows, machine, label):
        if found is None:
            found = np.empty((len(rows), *values.shape[1:]), np.float16 if stored else np.float32)
        found[piece] = scale(values, mean, deviation)
    assert found is not None
    return found
