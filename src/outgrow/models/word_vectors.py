"""Static word vectors: the weakest and cheapest reader of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.models.base import Extractor, Model, models
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    import numpy as np
    import torch

    from outgrow.learning.network import Network
    from outgrow.models.base import Weights

PACK, WIDTH = "glove-50d", 50


@models.register(
    "glove-50d", about="mean of 50-dimensional GloVe word vectors, linear head", source="offline pack glove-50d"
)
@spec
class WordVectors(Model):
    """A linear head on the mean vector of a text's words; word order does not count."""

    name: str = "glove-50d"

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference"})

    @property
    def cost(self) -> float:
        return 64.0 * WIDTH

    def identity(self) -> dict[str, Any]:
        from outgrow import packs

        return {"family": "word-vectors", "weights": packs.fingerprint(PACK)}

    def train_defaults(self) -> dict[str, Any]:
        return {"epochs": 20, "batch_size": 128, "schedule": "cosine", "learning_rate": 1e-2}

    def extractor(self) -> Extractor:
        return MeanVector()


@dataclass(frozen=True)
class MeanVector(Extractor):
    """Texts to the mean of their words' vectors; unknown words are left out."""

    def identity(self) -> dict[str, Any]:
        return WordVectors().identity()

    @property
    def cost(self) -> float:
        return WordVectors().cost

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        import re

        import numpy as np
        import pyarrow.parquet as pq
        from safetensors.numpy import load_file

        from outgrow import packs
        from outgrow.learning.batching import Arrays
        from outgrow.learning.network import Network

        folder = packs.folder(PACK)
        words = pq.read_table(folder / "words.parquet").column(0).to_pylist()
        number = {word: i for i, word in enumerate(words)}
        (vectors,) = load_file(folder / "vectors.safetensors").values()

        class Mean(Network):
            def encode(self, inputs: np.ndarray) -> Arrays:
                found = np.zeros((inputs.size, WIDTH), np.float32)
                for row, text in enumerate(inputs.reshape(-1)):
                    known = [number[word] for word in re.findall(r"\w+|[^\w\s]", text.lower()) if word in number]
                    if known:
                        found[row] = vectors[known].astype(np.float32).mean(0)
                return Arrays(found.reshape(*inputs.shape, WIDTH))

            def forward(self, batch: torch.Tensor) -> torch.Tensor:
                return batch

        return Mean()
