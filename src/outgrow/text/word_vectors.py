"""Static word vectors: texts to the mean of their words' vectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path

import numpy as np
from torch import Tensor

from outgrow.learning.batching import Arrays, Rows
from outgrow.learning.network import Network
from outgrow.plain import counted

WORD = re.compile(r"\w+|[^\w\s]")
MANY, LONG = 1 << 17, 40  # pieces of text that are kept, and their letters
TOGETHER = 8_192  # texts


class _Pieces(dict[str, tuple[int, ...]]):
    """Numbers of the known words of a piece of text, in small letters and without blanks: most pieces come again."""

    def __init__(self, number: Mapping[str, int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, piece: str) -> tuple[int, ...]:
        number = self._number
        found = tuple([number[word] for word in WORD.findall(piece) if word in number])
        if len(piece) <= LONG and len(self) < MANY:
            self[piece] = found
        return found


class Means(Arrays):
    """Means of the vectors of known words."""

    @cached_property
    def unseen(self) -> int:
        """How many rows hold no word that is known."""
        return int((~self.values.reshape(len(self.values), -1).any(1)).sum())


class MeanVectors(Network):
    """Texts [...] -> float32 [..., width]; unknown words are left out, and a text without known ones is zeros.

    Args:
        vectors: [words, width].
        number: each word's row in `vectors`.
    """

    def __init__(self, vectors: np.ndarray, number: Mapping[str, int]) -> None:
        super().__init__()
        self._vectors, self._number, self._pieces = vectors, number, _Pieces(number)

    def encode(self, inputs: np.ndarray) -> Means:
        texts = inputs.reshape(-1)
        found = np.zeros((len(texts), self._table.shape[1]), np.float32)
        for start in range(0, len(texts), TOGETHER):
            some = slice(start, start + TOGETHER)
            found[some] = self._means(texts[some])
        return Means(found.reshape(*inputs.shape, found.shape[1]))

    def _means(self, texts: np.ndarray) -> np.ndarray:
        """Means [texts, width]. A sparse product adds a text's vectors one after the other, in the order of `number`.

        So sums are the same to the last bit whatever the order of the words, and whatever texts stand beside this one.
        """
        from scipy.sparse import csr_array

        of, number = self._words(texts)
        size = len(self._table)
        number = np.sort(of * size + number) % size
        counts = np.bincount(of, minlength=len(texts))
        ends = np.concatenate([[0], counts.cumsum()])
        chosen = csr_array((np.ones(len(number), np.float32), number, ends), shape=(len(texts), size))
        sums: np.ndarray = chosen @ self._table
        return sums / np.maximum(counts, 1).astype(np.float32)[:, None]

    def _words(self, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each known word the place of its text and its number, int64 [words].

        Arrow cuts texts at blanks, as Python does, and finds pieces that are the same: each is looked at once.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        cut = pc.utf8_split_whitespace(pa.array(texts, pa.large_string()))
        pieces = cut.values.dictionary_encode()
        counts, flat = self._numbers([piece.lower() for piece in pieces.dictionary.to_pylist()])
        piece = pieces.indices.to_numpy()
        repeats, starts = counts[piece], (counts.cumsum() - counts)[piece]
        of = np.repeat(np.repeat(np.arange(len(texts)), np.diff(cut.offsets.to_numpy())), repeats)
        within = np.arange(len(of)) - np.repeat(repeats.cumsum() - repeats, repeats)
        return of, flat[np.repeat(starts, repeats) + within]

    def _numbers(self, pieces: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Of each piece how many known words it has, and the numbers of all of them, piece by piece."""
        word = np.fromiter(map(str.isalnum, pieces), bool, len(pieces))  # itself, and nothing else
        number = np.fromiter(map(self._number.get, pieces, repeat(-1)), np.int64, len(pieces))
        others = [self._pieces[pieces[i]] for i in np.flatnonzero(~word)]
        counts = (word & (number >= 0)).astype(np.int64)
        counts[~word] = np.fromiter(map(len, others), np.int64, len(others))
        own = np.repeat(word, counts)
        flat = np.empty(len(own), np.int64)
        flat[own] = number[word & (number >= 0)]
        flat[~own] = np.fromiter(chain.from_iterable(others), np.int64)
        return counts, flat

    @cached_property
    def _table(self) -> np.ndarray:
        return np.ascontiguousarray(self._vectors, np.float32)

    def notes(self, rows: Rows) -> list[str]:
        """How many texts have no known word, and how many pairs candidates with the same mean."""
        if not isinstance(rows, Means):
            return []
        if rows.values.ndim < 3:
            return [nothing_known(rows.unseen, len(rows))] if rows.unseen else []
        alike = int((rows.values[:, 0] == rows.values[:, 1]).all(-1).sum())
        if not alike:
            return []
        return [
            f"both candidates of {alike:,} of {len(rows.values):,} pairs have the same known words, so that nothing is "
            "learned of them and their answer is a tie, which counts half: word order does not count for this model"
        ]

    def forward(self, batch: Tensor) -> Tensor:
        return batch


def nothing_known(count: int, rows: int) -> str:
    """That texts hold no word that a model knows, in words."""
    return f"{count:,} of {counted(rows, 'text')} hold no word that the model knows: to it, they are all the same"


def load(folder: Path) -> MeanVectors:
    """The network of a folder with words.parquet and vectors.safetensors."""
    import pyarrow.parquet as pq
    from safetensors.numpy import load_file

    words = pq.read_table(folder / "words.parquet").column(0).to_pylist()
    (vectors,) = load_file(folder / "vectors.safetensors").values()
    return MeanVectors(vectors, {word: i for i, word in enumerate(words)})
