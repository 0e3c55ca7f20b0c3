"""From labelled images to examples: repeated and disputed images, and hashes as ids."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.tasks.base import Examples

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """An image as a model takes it, pixels uint8 [height, width, 3] or a reference, its class, and a content hash.

    Rows of one `group`, by default those with one id, stay on one side of every split.
    """

    image: np.ndarray | str
    label: int
    id: str
    group: str = ""


def image_id(content: bytes) -> str:
    """First 16 hex digits of the SHA-256 of an image's bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def pixel_rows(images: np.ndarray, labels: np.ndarray) -> list[ImageRow]:
    """Rows of grey values [n, height, width] or colours [n, height, width, 3], all uint8."""
    import numpy as np

    colours = np.repeat(images[..., None], 3, axis=-1) if images.ndim == 3 else images
    return [
        ImageRow(image=image, label=int(label), id=image_id(image.tobytes()))
        for image, label in zip(colours, labels, strict=True)
    ]


def image_examples(
    rows: Iterable[ImageRow], *, source: str, classes: Sequence[str], limit: int = 0, notes: Iterable[str] = ()
) -> Examples:
    """Examples of images and classes: each image once, none that has two labels; no class without an image.

    Args:
        rows: in any order.
        source: what errors call the data.
        classes: names of the classes, in the order of the labels.
        limit: at most so many examples, those with the lowest ids; 0 is all.
        notes: what reading the data had to tell.

    Raises:
        DataError: no usable image, or images of one class alone.
    """
    import numpy as np

    told = list(notes)
    kept: dict[str, ImageRow] = {}
    seen: Counter[str] = Counter()
    disputed: set[str] = set()
    for row in rows:
        seen[row.id] += 1
        if kept.setdefault(row.id, row).label != row.label:
            disputed.add(row.id)
    repeated = sum(n - 1 for id, n in seen.items() if id not in disputed)
    if repeated:
        told.append(f"dropped {repeated:,} images that are there already")
    if disputed:
        told.append(f"dropped {sum(seen[id] for id in disputed):,} images with two labels")
    chosen = [row for id, row in kept.items() if id not in disputed]
    if limit and len(chosen) > limit:
        told.append(f"kept {limit:,} of {len(chosen):,} images: limit = {limit:,}")
        lowest = set(sorted(row.id for row in chosen)[:limit])
        chosen = [row for row in chosen if row.id in lowest]
    groups: dict[str, set[int]] = {}
    for row in chosen:
        groups.setdefault(row.group or row.id, set()).add(row.label)
    if twins := len(chosen) - len(groups):
        torn = sum(len(labels) > 1 for labels in groups.values())
        differ = f", {torn:,} of them of another class" if torn else ""
        told.append(f"{twins:,} images are the same as another, pixel by pixel{differ}: they stay in one group with it")
    why = f" ({'; '.join(told)})" if told else ""
    if len({row.label for row in chosen}) < 2:
        there = "no usable image" if not chosen else f"every usable image is {classes[chosen[0].label]!r}"
        raise DataError(f"{source}: {there}{why}; images of at least two classes are needed")
    shown = sorted({row.label for row in chosen})
    if len(shown) < len(classes):
        empty = [name for label, name in enumerate(classes) if label not in shown]
        told.append(f"taken for no class, since no image of it is left: {', '.join(map(repr, empty))}")
    number = {label: i for i, label in enumerate(shown)}
    if isinstance(chosen[0].image, str):
        inputs = np.array([row.image for row in chosen], dtype=object)
    else:
        inputs = np.stack([np.asarray(row.image) for row in chosen])
    return Examples(
        ids=[row.id for row in chosen],
        groups=[row.group or row.id for row in chosen],
        inputs=inputs,
        truth=np.array([number[row.label] for row in chosen], np.int64),
        n_classes=len(shown),
        class_names=tuple(classes[label] for label in shown),
        notes=told,
    )
