"""The step `features`: what a frozen network makes of every row of a dataset, once for all seeds and methods."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.disk import reserve
from outgrow.models.base import Extractor, Model
from outgrow.spec import plain
from outgrow.steps.adapt import Adapted
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.examples import Dataset
from outgrow.steps.memory import check_memory, rough_memory
from outgrow.steps.stored import read_texts, stored
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.network import Network

MOMENTS, NOTES = "moments.safetensors", "notes.json"
CHUNK = 1_024  # rows standardised at a time


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Step):
    """Float16 features [n, ..., width] of all rows, standardised by the pool's mean and deviation, which are kept.

    The rows of `test` and `validation` play no part in what they are standardised by, and no labels do at all.

    Args:
        like: features of another dataset, whose mean and deviation serve here too: a head that was trained on those
            is to answer from these.
    """

    name: ClassVar[str] = "features"
    version: ClassVar[int] = 2
    model: Model
    dataset: Dataset
    start: Adapted | None
    like: Features | None = None

    def identity(self) -> dict[str, Any]:
        return {"extractor": plain(self.extractor)}

    def inputs(self) -> dict[str, Step]:
        examples: dict[str, Step] = {"examples": self.dataset}
        return examples | ({"start": self.start} if self.start else {}) | ({"like": self.like} if self.like else {})

    def on(self, dataset: Dataset) -> Features:
        """These features, or those of another dataset in the same units."""
        return self if dataset.key == self.dataset.key else replace(self, dataset=dataset, like=self)

    @property
    def extractor(self) -> Extractor:
        """The frozen part of the model."""
        found = self.model.extractor()
        assert found is not None
        return found

    @property
    def title(self) -> str:
        return f"features of {self.model.label} on {self.dataset.task.name}"

    @property
    def memory(self) -> int:
        return rough_memory(self.model.rough_extent, use="extract features with")

    @property
    def work(self) -> float:
        return self.extractor.cost * self.dataset.size

    def shown(self, inputs: np.ndarray, output: Output) -> np.ndarray:
        """What the network sees of a dataset's inputs."""
        return inputs

    def answered(self, output: Output) -> Output:
        """What the network is built for."""
        return output

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.learning.extract import extracted, standardised
        from outgrow.learning.feature_file import FILE, create

        data = self.dataset.read(context)
        network = self._network(context, data.output)
        rows = network.encode(self.shown(data.inputs, data.output))
        raw: np.ndarray | None = None
        done, whole = 0, int(rows.lengths.sum())  # in tokens: the longest texts come first
        kept = context.pieces("features")
        for piece, values in extracted(network, rows, context.machine, self.model.label, kept=kept):
            if raw is None:
                shape = (len(rows), *values.shape[1:])
                with open(folder / "raw", "wb") as file:
                    reserve(file, values.itemsize * math.prod(shape))
                raw = np.memmap(folder / "raw", values.dtype, "r+", shape=shape)
            raw[piece] = values
            done += int(rows.lengths[piece].sum())
            context.report(self, done / whole)
        assert raw is not None
        pool = data.part("pool")
        if self.like:
            mean, deviation = (self.like.moments(context)[name] for name in ("mean", "deviation"))
        else:
            mean, deviation = moments(raw, pool.start, pool.stop)
        features = create(folder / FILE, raw.shape)
        for first in range(0, len(raw), CHUNK):
            features[first : first + CHUNK] = standardised(raw[first : first + CHUNK], mean, deviation)
        features.flush()
        (folder / "raw").unlink()
        (folder / MOMENTS).write_bytes(save({"mean": mean, "deviation": deviation}))
        (folder / NOTES).write_text(json.dumps(network.notes(rows)))

    def read(self, context: Context) -> np.ndarray:
        """The features of the whole dataset, memory-mapped; their checksum is verified the first time."""
        from outgrow.learning.feature_file import load

        return context.remember("features", self.key, lambda: load(context.store.open(self.key)), most=16)

    def notes(self, context: Context) -> list[str]:
        """What the extraction has to tell the user; the checksums are verified the first time."""
        return context.remember("feature notes", self.key, lambda: read_texts(context.store, self.key, NOTES))

    def of(self, context: Context, inputs: np.ndarray) -> np.ndarray:
        """Features of new rows, as the stored ones were made: float16 [n, ..., width]."""
        from outgrow.learning.extract import features_of

        kept = self.moments(context)
        output = self.dataset.read(context).output
        network = context.remember("extractor", self.key, lambda: self._network(context, output), most=1)
        rows = network.encode(self.shown(inputs, output))
        return features_of(network, rows, kept["mean"], kept["deviation"], context.machine, self.model.label)

    def moments(self, context: Context) -> dict[str, np.ndarray]:
        """`mean` and `deviation` of the pool's raw features, [width]."""
        return context.remember("feature moments", self.key, lambda: stored(context.store, self.key, _moments))

    def _network(self, context: Context, output: Output) -> Network:
        from outgrow.learning.network import check_network

        def made() -> Network:
            check_memory(self.model, output, context.machine, use="extract features with")
            start = self.start.weights(context) if self.start else None
            return check_network(self.extractor.build(self.answered(output), start=start), self.model.label)

        network = context.machine.team.build(made)
        context.machine.place(network, context.machine.number_format(network)).eval()
        return network


def moments(values: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation [width] of the rows from `start` to `stop`; a feature that never changes has 1."""
    width = values.shape[-1]
    total, squares, n = np.zeros(width), np.zeros(width), 0
    for first in range(start, stop, CHUNK):
        chunk = values[first : min(first + CHUNK, stop)].reshape(-1, width).astype(np.float64)
        total += chunk.sum(0)
        squares += (chunk**2).sum(0)
        n += len(chunk)
    mean = total / n
    deviation = np.sqrt(np.maximum(squares / n - mean**2, 0))
    deviation[deviation < 1e-6] = 1.0  # a feature that never changes
    return mean.astype(np.float32), deviation.astype(np.float32)


def _moments(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    found = load_file(folder / MOMENTS)
    return {name: found[name] for name in ("mean", "deviation")}
