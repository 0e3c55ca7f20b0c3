"""Images out of files, archives and bytes, brought to one size."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from outgrow.errors import DataError, MissingDependency

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


@cache
def threads() -> ThreadPoolExecutor:
    """Threads that decode images, as many as there are processors; made once."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


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


def crop_and_resize(image: Any, preprocessing: Preprocessing) -> np.ndarray:
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

    return threads().map(problem, references)


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
