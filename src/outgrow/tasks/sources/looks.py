"""A first look at many images: which can be used, and what the user should know of the others and of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.errors import DataError
from outgrow.tasks.sources.decoding import DIM, Depth, decoded, white_of
from outgrow.tasks.sources.image_rows import image_id
from outgrow.tasks.sources.images import Preprocessing, crop_and_resize, threads

NAMED = 3  # images that a note names


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one image is.

    Args:
        name: what notes call it.
        problem: why it cannot be used, or "".
        id: hash of its bytes.
        shows: hash of its pixels, the same for one image in two formats.
        several, depth, top: as of `decoding.Decoded`.
        plain: whether all of it is of one colour.
        pixels: uint8 [height, width, 3] where asked for.
    """

    name: str
    problem: str = ""
    id: str = ""
    shows: str = ""
    several: bool = False
    depth: Depth = ""
    top: float = 0
    plain: bool = False
    pixels: np.ndarray | None = None


def look_at_all(
    names: Sequence[str], read: Callable[[int], bytes], preprocessing: Preprocessing | None = None
) -> list[Look]:
    """A look at each image, in order; `read` gives the bytes of the one of that number."""
    return list(threads().map(lambda i: _look(names[i], lambda: read(i), preprocessing), range(len(names))))


def judged(looks: Sequence[Look]) -> list[Look]:
    """The looks, where colours of 16 bits cannot be used if none of the images uses the upper ones."""
    deep = [one for one in looks if one.depth == "colours"]
    if not deep or max(one.top for one in deep) > DIM:
        return list(looks)
    why = f"is refused: no colours of 16 bits reach {256 * (DIM + 1):,}, so it is not known what is white"
    return [Look(name=one.name, problem=why) if one.depth == "colours" else one for one in looks]


def whites(looks: Iterable[Look]) -> dict[Depth, float]:
    """The value that is white in images of each depth: one for all, by the largest value of all."""
    tops: dict[Depth, float] = {}
    for one in looks:
        if one.depth in ("whole", "real"):
            tops[one.depth] = max(tops.get(one.depth, 0), one.top)
    return {depth: white_of(depth, top) for depth, top in tops.items()}


def told(looks: Sequence[Look], *, source: str) -> list[str]:
    """Notes on images. Raises DataError if most cannot be used."""
    bad = [one for one in looks if one.problem]
    if 2 * len(bad) > len(looks):
        raise DataError(
            f"{source}: {len(bad):,} of {len(looks):,} images cannot be used; {bad[0].name} {bad[0].problem}"
        )
    notes = []
    if bad:
        first = f"{bad[0].name} ({bad[0].problem})"
        notes.append(f"skipped {images(len(bad))} that cannot be used: {listed([first, *(o.name for o in bad[1:])])}")
    good = [one for one in looks if not one.problem]
    if plain := [one.name for one in good if one.plain]:
        notes.append(f"{images(len(plain))} of one colour throughout, kept: {listed(plain)}")
    if several := [one.name for one in good if one.several]:
        notes.append(f"{images(len(several))} with several frames or pages, the first taken: {listed(several)}")
    for depth, white in whites(good).items():
        deep = [one for one in good if one.depth == depth]
        notes.append(
            f"{images(len(deep))} with grey values of more than 8 bits, up to {max(o.top for o in deep):,.6g}: "
            f"{white:,} is white"
        )
    return notes


def images(n: int) -> str:
    """So many images, in words."""
    return f"{n:,} image{'' if n == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """The first few names."""
    return f"{', '.join(names[:NAMED])}{', and others' if names[NAMED:] else ''}"


def _look(name: str, read: Callable[[], bytes], preprocessing: Preprocessing | None) -> Look:
    try:
        packed = read()
        found = decoded(packed)
    except DataError as error:
        return Look(name=name, problem=str(error))
    return Look(
        name=name,
        id=image_id(packed),
        shows=image_id(f"{found.image.size}".encode() + found.image.tobytes()),
        several=found.several,
        depth=found.depth,
        top=found.top,
        plain=all(low == high for low, high in found.image.getextrema()),
        pixels=crop_and_resize(found.image, preprocessing) if preprocessing else None,
    )
