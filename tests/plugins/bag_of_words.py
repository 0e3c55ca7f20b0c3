"""A reader of text that needs nothing else: for `--import`, or to be registered for one test."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from outgrow.models.base import Extractor, Model, Weights, models
from outgrow.spec import spec
from outgrow.tasks.base import Kind, Output

BUCKETS = 64


@models.register("bag-of-words", about="a linear head on words in 64 buckets", source="of a test")
@spec
class BagOfWords(Model):
    name: str = "bag-of-words"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})

    @property
    def cost(self) -> float:
        return float(BUCKETS)

    def identity(self) -> dict[str, Any]:
        return {"family": "bag-of-words"}

    def extractor(self) -> Extractor:
        return Buckets()


@dataclass(frozen=True)
class Buckets(Extractor):
    def identity(self) -> dict[str, Any]:
        return {"family": "bag-of-words"}

    @property
    def cost(self) -> float:
        return float(BUCKETS)

    def build(self, output: Output, *, start: Weights | None = None) -> Any:
        from outgrow.learning.batching import Arrays
        from outgrow.learning.network import Network

        class Counts(Network):
            def encode(self, inputs: np.ndarray) -> Arrays:
                found = np.zeros((inputs.size, BUCKETS), np.float32)
                for row, text in enumerate(inputs.reshape(-1)):
                    for word in text.split():
                        found[row, zlib.crc32(word.encode()) % BUCKETS] += 1
                return Arrays(found.reshape(*inputs.shape, BUCKETS))

            def forward(self, batch: Any) -> Any:
                return batch

        return Counts()
