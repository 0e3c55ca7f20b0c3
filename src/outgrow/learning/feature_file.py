"""The file that features are kept in: one float16 tensor in safetensors' form, written in place, read memory-mapped."""

from __future__ import annotations

import json
import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

FILE = "features.safetensors"
LARGEST = float(np.finfo(np.float16).max)


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


def load(folder: Path) -> np.ndarray:
    """The features float16 [n, ..., width], memory-mapped: only rows that are used are read."""
    path = folder / FILE
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        shape = tuple(json.loads(file.read(length))["features"]["shape"])
    return np.memmap(path, np.float16, "r", offset=8 + length, shape=shape)
