"""The file that features are kept in: one float16 tensor in safetensors' form, written in place, read memory-mapped."""

from __future__ import annotations

import json
import math
import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.disk import reserve
from outgrow.errors import StoreError

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
        file.flush()
        reserve(file, 8 + len(header) + size)
    return np.memmap(path, np.float16, "r+", offset=8 + len(header), shape=shape)


def release(features: np.ndarray) -> None:
    """Let go of the memory that pages of memory-mapped features take; they are read again when they are needed."""
    mapped = getattr(features, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def load(folder: Path) -> np.ndarray:
    """The features float16 [n, ..., width], memory-mapped: only rows that are used are read.

    Raises:
        StoreError: the file is not as `create` makes it.
    """
    path = folder / FILE
    try:
        whole = path.stat().st_size
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > whole:
                raise ValueError(f"its header has {length:,} bytes, the file {whole:,}")
            entry = json.loads(file.read(length))["features"]
        shape = tuple(entry["shape"])
        if entry["dtype"] != "F16" or not all(type(side) is int and side > 0 for side in shape):
            raise ValueError(f"it holds {entry['dtype']!r} {list(shape)}")
        if math.prod(shape) * 2 != whole - 8 - length:
            raise ValueError(f"{list(shape)} features need other than {whole - 8 - length:,} bytes")
        return np.memmap(path, np.float16, "r", offset=8 + length, shape=shape)
    except (ValueError, LookupError, TypeError, struct.error, RecursionError) as error:
        raise StoreError(
            f"{path} holds no features ({error}); `outgrow store verify` moves what is damaged aside, then run again"
        ) from error
