"""Static word vectors: texts to the mean of their words' vectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from torch import Tensor

from outgrow.learning.batching import Arrays, Rows
from outgrow.learning.network import Network

WORD = re.compile(r"\w+|[^\w\s]")
MANY, LONG = 1 << 17, 40  # pieces of text that are kept, and their letters


class _Pieces(dict[str, tuple[int, ...]]):
    """Numbers of the known words of a piece of text without blanks: most pieces come again, and are looked at once."""

    def __init__(self, number: Mapping[str, int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, piece: str) -> tuple[int, ...]:
        number = self._number
        found = tuple(number[word] for word in WORD.findall(piece.lower()) if word in number)
        if len(piece) <= LONG:
            if len(self) >= MANY:
                self.clear()
            self[piece] = found
        return found


class MeanVectors(Network):
    """Texts [...] -> float32 [..., width]; unknown words are left out, and a text without known ones is zeros.

    Args:
        vectors: [words, width].
        number: each word's row in `vectors`.
    """

    def __init__(self, vectors: np.ndarray, number: Mapping[str, int]) -> None:
        super().__init__()
        self._vectors, self._pieces = vectors, _Pieces(number)

    def encode(self, inputs: np.ndarray) -> Arrays:
        values = self._means(inputs.reshape(-1))
        return Arrays(values.reshape(*inputs.shape, values.shape[1]))

    def _means(self, texts: np.ndarray) -> np.ndarray:
        """A sparse product counts the words: it adds a text's vectors one after the other, in the order of `number`.

        So sums are the same to the last bit whatever the order of the words, and whatever texts stand beside this one.
        """
        from scipy.sparse import csr_array

        words = [list(chain.from_iterable(map(self._pieces.__getitem__, text.split()))) for text in texts]
        counts, size = np.fromiter(map(len, words), np.int64, len(words)), len(self._table)
        of = np.repeat(np.arange(len(words)), counts)
        number = np.fromiter(chain.from_iterable(words), np.int64, len(of))
        number = np.sort(of * size + number) % size
        ends = np.concatenate([[0], counts.cumsum()])
        chosen = csr_array((np.ones(len(number), np.float32), number, ends), shape=(len(words), size))
        sums: np.ndarray = chosen @ self._table
        return sums / np.maximum(counts, 1).astype(np.float32)[:, None]

    @cached_property
    def _table(self) -> np.ndarray:
        return np.ascontiguousarray(self._vectors, np.float32)

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
