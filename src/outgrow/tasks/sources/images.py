"""Images where they lie: references to files and places in archives, read, checked, and brought to one size."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

import numpy as np

from outgrow.errors import DataError
from outgrow.tasks.sources.decoding import decoded
from outgrow.tasks.sources.image_rows import image_id

DECODING = 2  # part of the identity of tasks with files; raised when an image comes out with other pixels
MOST_BYTES = 1 << 30  # of a file
Triple = tuple[float, float, float]
IMAGENET: tuple[Triple, Triple] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of its colours
MARK = "image:"  # what a reference begins with
SEAM = b"/./"  # in its path, between the task's folder and the rest


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
class Reference:
    """An image as the text that a dataset keeps of it.

    A path is kept byte by byte, percent-encoded, since a file's name need not be text.

    Args:
        path: of the file or archive, absolute.
        hash: the `image_id` of its bytes, compared when they are read; "" for none.
        offset, size: where it lies in an archive; a size of 0 is a whole file.
        white: the value that is white, where an image has more than 8 bits; else 0.
    """

    path: bytes
    hash: str = ""
    offset: int = 0
    size: int = 0
    white: float = 0

    def __str__(self) -> str:
        fields = {"sha256": self.hash, "from": self.offset, "size": self.size, "white": self.white}
        told = urlencode({name: value for name, value in fields.items() if value})
        return f"{MARK}{quote(self.path)}{f'?{told}' if told else ''}"

    @classmethod
    def of(cls, text: str) -> Reference:
        """Read what `str` gives; a plain absolute path stands for its file, unchecked."""
        if not text.startswith(MARK):
            return cls(path=os.fsencode(text))
        path, _, told = text.removeprefix(MARK).partition("?")
        fields = dict(parse_qsl(told))
        return cls(
            path=unquote_to_bytes(path), hash=fields.get("sha256", ""), offset=int(fields.get("from", 0)),
            size=int(fields.get("size", 0)), white=float(fields.get("white", 0)),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """What errors call it."""
        return shown(self.path.replace(SEAM, b"/"))


@cache
def threads() -> ThreadPoolExecutor:
    """Threads that decode images, as many as there are processors; made once."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


def refer(
    folder: str | os.PathLike[str], name: str, hash: str, *, offset: int = 0, size: int = 0, white: float = 0
) -> str:
    """The reference to an image of this hash, in the file or archive of that name below a task's folder."""
    path = os.fsencode(os.path.abspath(folder)).rstrip(b"/") + SEAM + os.fsencode(name)
    return str(Reference(path=path, hash=hash, offset=offset, size=size, white=white))


def located(inputs: np.ndarray, folder: str) -> np.ndarray:
    """The same references, object [n], to the same names below another folder."""
    head = MARK + quote(os.fsencode(os.path.abspath(os.path.expanduser(folder))).rstrip(b"/") + SEAM)
    return np.array([head + text.partition(SEAM.decode())[2] for text in inputs], dtype=object)


def content(reference: str) -> bytes:
    """The bytes that a reference stands for; DataError if they are no longer there, or others."""
    it = Reference.of(reference)
    try:
        found = read_bytes(it.path, offset=it.offset, size=it.size)
    except DataError as error:
        raise DataError(f"image {it.name!r} {error}; if the images were moved, put them back") from error
    if it.hash and image_id(found) != it.hash:
        raise DataError(
            f"image {it.name!r} has changed since the examples were read: put the file back as it was, or run again, "
            "so that all are read anew"
        )
    return found


def read_bytes(path: str | bytes, *, offset: int = 0, size: int = 0) -> bytes:
    """A file's bytes, or `size` of them from `offset` on; a DataError says why not, but not of which file."""
    try:
        with open(path, "rb") as file:
            if not size and os.fstat(file.fileno()).st_size > MOST_BYTES:
                raise DataError(f"is refused: its file is larger than {MOST_BYTES:,} bytes")
            file.seek(offset)
            found = file.read(size or -1)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}") from error
    if size and len(found) != size:
        raise DataError(f"cannot be read: its file ends before byte {offset + size:,}")
    return found


def decode(packed: bytes, *, name: str, white: float = 0) -> Any:
    """An image of Pillow's in RGB, as `decoding.decoded` makes it; a DataError names it."""
    try:
        return decoded(packed, white=white).image
    except DataError as error:
        raise DataError(f"image {name!r} {error}") from error


def decode_all(references: Iterable[str], preprocessing: Preprocessing) -> np.ndarray:
    """The images of references, uint8 [n, resolution, resolution, 3]; DataError as `content` and `decode`."""

    def read(text: str) -> np.ndarray:
        it = Reference.of(text)
        return crop_and_resize(decode(content(text), name=it.name, white=it.white), preprocessing)

    return np.stack(list(threads().map(read, references)))  # Pillow leaves the lock of the interpreter while it works


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


def shown(path: str | bytes | os.PathLike[str]) -> str:
    """A file's name as text that any terminal or page can show, whatever its bytes are."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
