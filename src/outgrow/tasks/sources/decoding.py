"""Bytes of an image file to colours of 8 bits as a person sees them: whatever the depth, palette, profile or turn."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from outgrow.errors import DataError, MissingDependency

LARGEST = 89_478_485  # pixels of an image; a small file that claims more is meant to fill the memory
LONGEST = 100  # times the shorter side, which would be as much larger once resized
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
WHITES = (255, 1_023, 4_095, 16_383, 65_535)  # the largest values of 8, 10, 12, 14 and 16 bits
DIM = 63  # of 255: deep colours that stay below use 14 of their 16 bits at most
ORIENTATION, PHOTOMETRIC, BITS, SAMPLE_FORMAT = 274, 262, 258, 339  # tags of Exif and TIFF
TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE",
    8: "ROTATE_90",
}  # fmt: skip
Depth = Literal["", "whole", "real", "colours"]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """An image of Pillow's in RGB, and what it was made from.

    Args:
        several: whether the file has several frames or pages, of which this is the first.
        depth: "" for 8 bits; `whole` or `real` for grey values of more, `colours` for colours of 16 bits.
        top: the largest value of grey ones, in their own units; of colours, after they were brought to 8 bits.
    """

    image: Any
    several: bool
    depth: Depth
    top: float


def decoded(packed: bytes, *, white: float = 0) -> Decoded:
    """An image in RGB, turned as its Exif data say, on white where it is transparent.

    Args:
        packed: bytes of the file.
        white: the value of deep grey images that is white; 0 for the one that their own largest value hints at.

    Raises:
        DataError: it is none, or none that can be shown; says why, but not of which file.
    """
    with _problems_told():
        image = _opened(packed)
        several = image.format != "MPO" and getattr(image, "n_frames", 1) > 1  # an MPO's others are previews
        layout = str([part.args for part in image.tile])  # the rawmode among them
        tags = getattr(image, "tag_v2", {})
        image.load()
        turn = TURNS.get(_orientation(image))
        profile = image.info.get("icc_profile")
        depth: Depth = "colours" if ";16" in layout and not image.mode.startswith("I") else ""
        top = 0.0
        if image.mode == "F" or image.mode.startswith("I"):
            depth = "real" if image.mode == "F" else "whole"
            image, top = _shallow(image, tags, white)
        elif tags.get(SAMPLE_FORMAT, (1,))[0] == 2:
            raise DataError("is refused: its values of 8 bits have a sign, so it is not known which is black")
        image = _on_white(image, profile)
        if depth == "colours":
            top = float(max(high for _, high in image.getextrema()))
        if turn:
            image = image.transpose(getattr(library().Transpose, turn))
        return Decoded(image=image, several=several, depth=depth, top=top)


def recognised(path: str) -> bool:
    """Whether a file begins as an image of one of the FORMATS does."""
    pillow = library()
    try:
        with pillow.open(path, formats=FORMATS):
            return True
    except Exception:  # Pillow's readers of formats raise almost anything
        return False


def white_of(depth: Depth, top: float) -> float:
    """The value that is white in grey images whose largest is `top`; DataError for values that no picture has."""
    if depth == "real" and top < 2:  # 0 ... 1, a little more after resampling
        return 1
    for white in WHITES:
        if top <= white * (1.01 if depth == "real" else 1):
            return white
    raise DataError(f"is refused: its values go up to {top:,.6g}, so it is not known which is white")


def library() -> Any:
    """Pillow's module Image, or an error that says how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependency("images need the extra [vision]: pip install 'outgrow[vision]'") from error
    return Image


def _opened(packed: bytes) -> Any:
    pillow = library()
    try:
        image = pillow.open(io.BytesIO(packed), formats=FORMATS)
    except pillow.DecompressionBombError as error:
        raise DataError(f"is refused: {error}") from error
    except OSError as error:
        what = f"begins as none of {', '.join(FORMATS)} does" if packed else "is empty"
        raise DataError(f"cannot be read: it {what}") from error
    width, height = image.size
    if width * height > LARGEST or max(width, height) > LONGEST * min(width, height):
        raise DataError(f"is refused: {width:,} x {height:,} pixels")
    return image


def _orientation(image: Any) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # broken Exif data, which viewers pass over too
        return 1


def _shallow(image: Any, tags: Any, white: float) -> tuple[Any, float]:
    """A deep grey image as L or LA, and its largest value."""
    values = np.asarray(image)
    depth: Depth = "real" if image.mode == "F" else "whole"
    if not np.isfinite(values).all():
        raise DataError("is refused: some of its values are not finite numbers")
    if (low := float(values.min())) < 0:
        raise DataError(f"is refused: its values begin at {low:,.6g}, so it is not known which is black")
    top = float(values.max())
    bits = tags.get(BITS, (16,))[0]
    if depth == "whole" and 8 < bits < 16:
        top = max(top, 2.0**bits - 1)
    white = white or white_of(depth, top)
    scaled = np.rint(values.astype(np.float64).clip(0, white) * (255 / white)).astype(np.uint8)
    if tags.get(PHOTOMETRIC) == 0:  # white is zero
        scaled = 255 - scaled
    grey = library().fromarray(scaled)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(library().fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey, top


def _on_white(image: Any, profile: bytes | None) -> Any:
    """RGB, in the colours that a profile means, with white behind what is transparent."""
    if image.mode in ("La", "RGBa"):  # colours multiplied by how opaque they are
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return _managed(image, profile)
    image = image.convert("RGBA")
    colours = _managed(image.convert("RGB"), profile) if profile else image
    colours.putalpha(image.getchannel("A"))
    white = library().new("RGBA", image.size, "white")
    white.alpha_composite(colours)
    return white.convert("RGB")


def _managed(image: Any, profile: bytes | None) -> Any:
    """RGB as sRGB has it, by the colour profile where there is another one that fits."""
    if profile and image.mode in ("L", "P", "RGB", "CMYK"):
        try:
            from PIL import ImageCms

            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(own):
                base = image.convert("RGB") if image.mode == "P" else image
                return ImageCms.profileToProfile(base, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except Exception:  # a broken profile, or one of other colours than the image's: viewers pass over it too
            pass
    return image.convert("RGB")


@contextmanager
def _problems_told() -> Iterator[None]:
    """Turn what broken images raise into a DataError."""
    try:
        yield
    except (DataError, MissingDependency):
        raise
    except Exception as error:  # Pillow's readers of formats raise almost anything
        raise DataError(f"cannot be read: {error}") from error
