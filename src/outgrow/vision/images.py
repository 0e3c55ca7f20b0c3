"""Images: from files, archives and arrays to batches of one resolution."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from outgrow.errors import DataError, MissingDependency

if TYPE_CHECKING:
    import torch

LARGEST = 89_478_485  # pixels of an image; a small file that claims more is meant to fill the memory
LONGEST = 100  # times the shorter side, which would be as much larger once resized
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
Triple = tuple[float, float, float]
IMAGENET: tuple[Triple, Triple] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of its colours


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How an image becomes a network's input.

    Args:
        resolution: height and width of the input, in pixels.
        crop: share of the shorter side that is kept, in the middle; the image is resized so that this has `resolution`.
        mean, deviation: of each colour, for normalisation, in units of the brightest.
        filter: of the resizing.
    """

    resolution: int
    crop: float = 1.0
    mean: Triple = IMAGENET[0]
    deviation: Triple = IMAGENET[1]
    filter: Literal["bicubic", "bilinear"] = "bicubic"


@dataclass(frozen=True, kw_only=True)
class Images:
    """A task's images as batches float32 [b, 3, resolution, resolution], channels last in memory.

    Args:
        inputs: uint8 [n, height, width, 3], or references (`refer`), dtype object.
        preprocessing: of each image.
        tokens: what an image counts in the budget of a batch.
    """

    inputs: np.ndarray
    preprocessing: Preprocessing
    tokens: int

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.full(len(self.inputs), self.tokens, np.int64)

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, rows: np.ndarray, device: torch.device) -> torch.Tensor:
        import torch

        pixels = torch.from_numpy(self._pixels(rows)).to(device).permute(0, 3, 1, 2).float()
        mean, deviation = (
            255 * torch.tensor(values, device=device).view(1, 3, 1, 1)
            for values in (self.preprocessing.mean, self.preprocessing.deviation)
        )
        return (pixels - mean) / deviation

    def _pixels(self, rows: np.ndarray) -> np.ndarray:
        """Uint8 [b, resolution, resolution, 3]."""
        if self.inputs.dtype == object:  # Pillow leaves the lock of the interpreter while it works
            return np.stack(list(_threads().map(self._read, self.inputs[rows])))
        size = (self.preprocessing.resolution, self.preprocessing.resolution)
        if self.inputs.shape[1:3] == size and self.preprocessing.crop == 1:
            found: np.ndarray = self.inputs[rows]
            return found
        from PIL import Image

        return np.stack([fit(Image.fromarray(self.inputs[row]), self.preprocessing) for row in rows])

    def _read(self, reference: str) -> np.ndarray:
        return fit(decode(content(reference), name=reference), self.preprocessing)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


def check(inputs: np.ndarray) -> None:
    """Raise a DataError if a task's inputs are no images."""
    if inputs.dtype == object:
        if inputs.ndim == 1 and (not len(inputs) or os.path.isabs(inputs[0])):
            return
        shown = f"texts such as {str(inputs.reshape(-1)[0])[:40]!r}"
    elif inputs.dtype == np.uint8 and inputs.ndim == 4 and inputs.shape[-1] == 3:
        return
    else:
        shown = f"{inputs.dtype} {list(inputs.shape)}"
    raise DataError(f"a vision model needs a task with images, and this one has {shown}; choose cifar10, for example")


def refer(path: Path, *, offset: int = 0, size: int = 0) -> str:
    """An image as the text that a dataset keeps of it: a file, or `size` bytes from `offset` on in an archive."""
    whole = str(path.absolute())
    return f"{whole}|{offset}|{size}" if size else whole


def content(reference: str) -> bytes:
    """The bytes that a reference stands for; DataError if they are no longer there."""
    path, *place = reference.rsplit("|", 2)
    try:
        if len(place) == 2 and all(one.isdigit() for one in place):
            with open(path, "rb") as archive:
                archive.seek(int(place[0]))
                found = archive.read(int(place[1]))
            if len(found) == int(place[1]):
                return found
            raise OSError(f"it ends before byte {int(place[0]) + int(place[1]):,}")
        return Path(reference).read_bytes()
    except OSError as error:
        raise DataError(
            f"image {reference!r} cannot be read: {error.strerror or error}; if the images were moved, put them back"
        ) from error


def decode(packed: bytes, *, name: str) -> Any:
    """An image of Pillow's in RGB: grey values three times, transparent parts white; DataError if it is none."""
    pillow = library()
    with _no_image(name):
        image = pillow.open(io.BytesIO(packed), formats=FORMATS)
        width, height = image.size
        if width * height > LARGEST or max(width, height) > LONGEST * min(width, height):
            raise DataError(f"image {name!r} is refused: {width:,} x {height:,} pixels")
        image.load()
    if image.mode.startswith("I"):  # 16 bits; Pillow would cut off what is over 255
        image = pillow.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = pillow.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image.convert("RGB")


def fit(image: Any, preprocessing: Preprocessing) -> np.ndarray:
    """Uint8 [resolution, resolution, 3]: the shorter side resized, the middle cut out."""
    from PIL import Image

    size = preprocessing.resolution
    shorter = round(size / preprocessing.crop)
    width, height = image.size
    scale = shorter / min(width, height)
    target = (max(shorter, int(width * scale)), max(shorter, int(height * scale)))
    if target != image.size:
        image = image.resize(target, getattr(Image.Resampling, preprocessing.filter.upper()))
    left, top = (round((side - size) / 2) for side in target)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def read_all(references: Sequence[str]) -> Iterator[str | None]:
    """For each reference, in order: why it cannot be used, or None."""

    def problem(reference: str) -> str | None:
        try:
            decode(content(reference), name=reference)
        except DataError as error:
            return str(error)
        return None

    return _threads().map(problem, references)


def library() -> Any:
    """Pillow's module Image, or an error that says how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependency("images need the extra [vision]: pip install 'outgrow[vision]'") from error
    return Image


@contextmanager
def _no_image(name: str) -> Iterator[None]:
    """Turn what broken images raise into a DataError."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # Pillow's readers of formats raise almost anything
        raise DataError(f"image {name!r} cannot be read: {error}") from error
