"""Static word vectors: texts to the mean of their words' vectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from outgrow.learning.batching import Arrays, Rows
from outgrow.learning.network import Network


class MeanVectors(Network):
    """Texts [...] -> float32 [..., width]; unknown words are left out, and a text without known ones is zeros.

    Args:
        vectors: [words, width].
        number: each word's row in `vectors`.
    """

    def __init__(self, vectors: np.ndarray, number: Mapping[str, int]) -> None:
        super().__init__()
        self._vectors, self._number = vectors, number

    def encode(self, inputs: np.ndarray) -> Arrays:
        width = self._vectors.shape[1]
        found = np.zeros((inputs.size, width), np.float32)
        for row, text in enumerate(inputs.reshape(-1)):
            words = re.findall(r"\w+|[^\w\s]", text.lower())
            known = sorted(
                self._number[word] for word in words if word in self._number
            )  # so that sums are the same too
            if known:
                found[row] = self._vectors[known].astype(np.float32).mean(0)
        return Arrays(found.reshape(*inputs.shape, width))

    def notes(self, rows: Rows) -> list[str]:
        """How many pairs have candidates with the same mean, of which nothing can be learned."""
        if not isinstance(rows, Arrays) or rows.values.ndim != 3:
            return []
        alike = int((rows.values[:, 0] == rows.values[:, 1]).all(-1).sum())
        if not alike:
            return []
        return [
            f"both candidates of {alike:,} of {len(rows.values):,} pairs have the same known words, so that nothing is "
            "learned of them and their answer is a tie, which counts half: word order does not count for this model"
        ]

    def forward(self, batch: Tensor) -> Tensor:
        return batch


def load(folder: Path) -> MeanVectors:
    """The network of a folder with words.parquet and vectors.safetensors."""
    import pyarrow.parquet as pq
    from safetensors.numpy import load_file

    words = pq.read_table(folder / "words.parquet").column(0).to_pylist()
    (vectors,) = load_file(folder / "vectors.safetensors").values()
    return MeanVectors(vectors, {word: i for i, word in enumerate(words)})
