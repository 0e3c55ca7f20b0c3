"""Labelled images out of Parquet files as the hub's datasets have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import ImageRow, image_examples, image_id
from outgrow.tasks.sources.records import parquet_records


def read_images(
    files: Sequence[Path], image: str, label: str, labels: Sequence[object], *, size: int, limit: int, source: str
) -> Examples:
    """Examples of all images that can be read; damaged ones are counted in `notes`, all bad is a DataError.

    Args:
        files: of one form.
        image, label: columns.
        labels: all values of `label`, in the order of the classes; if empty, those that the dataset names, or those
            found, sorted.
        size: height and width in pixels that images are brought to.
        limit: at most so many examples; 0 is all.
        source: what errors call the data.
    """
    from outgrow.tasks.sources.images import Preprocessing, crop_and_resize, decode

    found: list[tuple[Any, str, str]] = []
    bad: list[str] = []
    for number, packed, value in _packed(files, image, label, source=source):
        try:
            pixels = crop_and_resize(decode(packed, name=f"row {number:,}"), Preprocessing(resolution=size))
            found.append((pixels, value, image_id(packed)))
        except DataError as error:
            bad.append(str(error))
    notes = [f"skipped {len(bad):,} damaged images: {bad[0]}"] if bad else []
    values = {value for _, value, _ in found}
    numbers = all(value.isdigit() for value in values)
    names = _class_names(files[0], label) if numbers and not labels else []
    written = [str(i) for i in range(len(names))]  # labels as the column has them
    written = written or [str(one) for one in labels] or sorted(values, key=int if numbers else None)
    place = {value: i for i, value in enumerate(written)}
    if strange := sorted(values - place.keys()):
        raise DataError(f"{source}: the label {strange[0]!r} is not among {', '.join(place)}")
    rows = [ImageRow(image=pixels, label=place[value], id=id) for pixels, value, id in found]
    return image_examples(rows, source=source, classes=names or written, limit=limit, notes=notes)


def _packed(files: Sequence[Path], image: str, label: str, *, source: str) -> Iterator[tuple[int, bytes, str]]:
    for number, record in parquet_records(files, (image, label), source=source):
        cell, value = record[image], record[label]
        packed = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(packed, bytes):
            raise DataError(f"{source}, row {number:,}: column {image!r} holds no image's bytes")
        if value is not None:
            yield number, packed, str(value)


def _class_names(file: Path, column: str) -> list[str]:
    """Names of a column's classes out of what the hub's library notes in a Parquet file; [] if there are none."""
    import pyarrow.parquet

    with errors_name(file):
        noted = (pyarrow.parquet.read_schema(file).metadata or {}).get(b"huggingface", b"{}")
        feature = json.loads(noted).get("info", {}).get("features", {}).get(column, {})
    names = feature.get("names", []) if isinstance(feature, dict) else []
    return [str(name) for name in names]
