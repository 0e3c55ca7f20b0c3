"""What lies in a finished step's folder, read in the form that the step writes: a store may come from somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from outgrow.errors import OutgrowError, StoreError

if TYPE_CHECKING:
    import numpy as np

    from outgrow.artefacts import Artefacts

T = TypeVar("T")


def stored(store: Artefacts, key: str, read: Callable[[Path], T]) -> T:
    """What `read` makes of an artefact's folder.

    Raises:
        DamagedArtefact: a checksum is wrong, or there is no such artefact.
        StoreError: all checksums fit, and yet the files have another form than the step writes.
    """
    folder = store.open(key)
    try:
        return read(folder)
    except (OutgrowError, ImportError, MemoryError):
        raise
    except Exception as error:  # of JSON, Arrow, safetensors and torch, each has its own
        raise StoreError(
            f"artefact {key[:12]}: its files fit their checksums, but are not as its step writes them "
            f"({type(error).__name__}: {str(error)[:200]}): delete {str(folder)!r} and run again"
        ) from error


def texts(found: object, name: str) -> list[str]:
    """A list of texts out of JSON. Raises ValueError where it is none, or one cannot be written."""
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{name} is no list of texts")
    "".join(found).encode()
    return found


def read_texts(store: Artefacts, key: str, name: str) -> list[str]:
    """A file of an artefact that is a JSON list of texts."""
    return stored(store, key, lambda folder: texts(json.loads((folder / name).read_bytes()), name))


def demand(array: np.ndarray, name: str, *, kinds: str, dimensions: int, n: int | None = None) -> np.ndarray:
    """The array, if its type is of these NumPy `kinds` and its shape fits (`n` rows); ValueError if not."""
    if array.dtype.kind not in kinds or array.ndim != dimensions or (n is not None and len(array) != n):
        raise ValueError(f"{name} is {array.dtype}{list(array.shape)}")
    return array
