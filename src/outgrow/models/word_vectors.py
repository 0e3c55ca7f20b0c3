"""Static word vectors: the weakest and cheapest reader of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow import packs
from outgrow.models.base import Extractor, Weights, models
from outgrow.models.bases.texts import TextModel
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from outgrow.learning.network import Network

PACK, WIDTH = "glove-50d", 50


@models.register(
    "glove-50d", about="mean of 50-dimensional GloVe word vectors, linear head", source="offline pack glove-50d"
)
@spec
class WordVectors(TextModel):
    """A linear head on the mean vector of a text's words; word order does not count."""

    name: str = "glove-50d"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})

    @property
    def cost(self) -> float:
        return 64.0 * WIDTH

    def identity(self) -> dict[str, Any]:
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
        from outgrow.text.word_vectors import load

        return load(packs.folder(PACK))
