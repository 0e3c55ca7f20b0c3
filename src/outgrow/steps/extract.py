"""Features of a frozen network: extracted once per model and dataset, stored, and read memory-mapped."""

from __future__ import annotations

import json
import mmap
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps import Features

FILE, NOTES = "features.safetensors", "notes.json"
LARGEST = float(np.finfo(np.float16).max)
CHUNK = 1_024  # rows standardised at a time


def extract(step: Features, context: Context, folder: Path) -> None:
    """Write float16 features [n, ..., width] of all rows, standardised by the pool's mean and deviation.

    The rows of `test` and `validation` play no part in what they are standardised by, and no labels do at all.
    """
    import torch

    from outgrow.learning.batching import encode
    from outgrow.learning.predict import in_batches
    from outgrow.learning.team import gather, rank, world_size

    extractor = step.model.extractor()
    assert extractor is not None
    data = context.dataset(step.dataset)
    machine = context.machine
    network = extractor.build(data.output, start=context.weights(step.start) if step.start else None)
    machine.place(network, machine.number_format(network)).eval()
    rows = encode(network, data.inputs)
    raw: np.ndarray | None = None
    done = 0
    with torch.inference_mode():
        pieces = in_batches(rows)
        for start in range(0, len(pieces), world_size()):
            some = None
            if start + rank() < len(pieces):
                piece = pieces[start + rank()]
                some = piece, network(rows.batch(piece, machine.device)).float().cpu().numpy()
            for piece, values in (found for found in gather(some) if found):
                if raw is None:
                    raw = np.memmap(folder / "raw", np.float32, "w+", shape=(len(rows), *values.shape[1:]))
                raw[piece] = values
                done += len(piece)
            context.report(step, done / len(rows))
    assert raw is not None
    pool = data.part("pool")
    mean, deviation = _moments(raw, pool.start, pool.stop)
    features = create(folder / FILE, raw.shape)
    for first in range(0, len(raw), CHUNK):
        standardised = (raw[first : first + CHUNK] - mean) / deviation
        features[first : first + CHUNK] = standardised.clip(-LARGEST, LARGEST)
    features.flush()
    (folder / "raw").unlink()
    notes = network.notes(rows) if hasattr(network, "notes") else []  # type: ignore[operator]
    (folder / NOTES).write_text(json.dumps(notes))


def _moments(values: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
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


def create(path: Path, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """A new safetensors file with one float16 tensor `features`, to be filled in place."""
    size = 2 * int(np.prod(shape))
    entry = {"features": {"dtype": "F16", "shape": list(shape), "data_offsets": [0, size]}}
    header = json.dumps(entry, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + size)
    return np.memmap(path, np.float16, "r+", offset=8 + len(header), shape=shape)


def release(features: np.ndarray) -> None:
    """Let go of the memory that pages of memory-mapped features take; they are read again when they are needed."""
    mapped = getattr(features, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def read_notes(folder: Path) -> list[str]:
    """What the extraction has to tell the user."""
    notes: list[str] = json.loads((folder / NOTES).read_text())
    return notes


def load(folder: Path) -> np.ndarray:
    """The features float16 [n, ..., width], memory-mapped: only rows that are used are read."""
    path = folder / FILE
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        shape = tuple(json.loads(file.read(length))["features"]["shape"])
    return np.memmap(path, np.float16, "r", offset=8 + length, shape=shape)
