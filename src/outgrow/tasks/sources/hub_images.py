"""Labelled images out of Parquet files as the hub's datasets have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.classes import classes_found, spelled
from outgrow.tasks.sources.decoding import white_of
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import ImageRow, image_examples
from outgrow.tasks.sources.looks import Look, judged, look_at_all, told, whites
from outgrow.tasks.sources.records import parquet_records

CHUNK = 256  # images decoded at a time


def read_images(
    files: Sequence[Path], image: str, label: str, labels: Sequence[object], *, size: int, limit: int, source: str
) -> Examples:
    """Examples of all images that can be read; others are counted in `notes`, most bad is a DataError.

    Args:
        files: of one form.
        image, label: columns.
        labels: all values of `label`, in the order of the classes; if empty, those that the dataset names, or those
            found more than once, sorted.
        size: height and width in pixels that images are brought to.
        limit: at most so many examples; 0 is all.
        source: what errors call the data.
    """
    from outgrow.tasks.sources.images import Preprocessing, crop_and_resize, decode

    preprocessing = Preprocessing(resolution=size)
    looks: list[Look] = []
    values: list[str] = []
    for chunk in _chunks(files, image, label, source=source):
        looks += look_at_all([f"row {one.number:,}" for one in chunk], lambda i: chunk[i].read(), preprocessing)  # noqa: B023
        values += [one.value for one in chunk]
    looks = judged(looks)
    notes = told(looks, source=source)
    white = whites(looks)
    again = {  # one white for all, which the largest value of an image alone did not show
        i: white[look.depth]
        for i, look in enumerate(looks)
        if look.depth in white and white_of(look.depth, look.top) != white[look.depth]
    }
    if again:
        rows = (one for chunk in _chunks(files, image, label, source=source) for one in chunk)
        for i, one in enumerate(rows):
            if i in again:
                pixels = crop_and_resize(decode(one.read(), name=looks[i].name, white=again[i]), preprocessing)
                looks[i] = replace(looks[i], pixels=pixels)
    written, names, more = _classes(files[0], label, labels, values, source=source)
    place = {value: i for i, value in enumerate(written)}
    if unlabelled := sum(not value for value in values):
        notes.append(f"dropped {unlabelled:,} row{'' if unlabelled == 1 else 's'} without a label")
    kept = [
        ImageRow(image=look.pixels, label=place[value], id=look.id)
        for look, value in zip(looks, values, strict=True)
        if look.pixels is not None and value in place
    ]
    return image_examples(kept, source=source, classes=names, limit=limit, notes=[*notes, *more])


@dataclass(frozen=True, kw_only=True)
class _Row:
    number: int
    packed: bytes | None
    value: str

    def read(self) -> bytes:
        if self.packed is None:
            raise DataError("cannot be read: the cell is empty")
        return self.packed


def _chunks(files: Sequence[Path], image: str, label: str, *, source: str) -> Iterator[list[_Row]]:
    """The rows, some at a time: images are large."""
    some: list[_Row] = []
    for number, record in parquet_records(files, (image, label), source=source):
        where = f"{source}, row {number:,}: column"
        cell = record[image]
        packed = cell.get("bytes") if isinstance(cell, dict) else cell
        if packed is not None and not isinstance(packed, bytes):
            raise DataError(f"{where} {image!r} holds no image's bytes")
        some.append(_Row(number=number, packed=packed, value=spelled(record[label], where=f"{where} {label!r}")))
        if len(some) == CHUNK:
            yield some
            some = []
    yield some


def _classes(
    file: Path, column: str, labels: Sequence[object], values: list[str], *, source: str
) -> tuple[list[str], list[str], list[str]]:
    """The classes as the column has them, their names, and notes; values that stand for no label become empty."""
    if labels:
        written = [spelled(one, where="labels") for one in labels]
        names, notes = written, list[str]()
    elif names := _names(file, column):
        written, notes = [str(i) for i in range(len(names))], []
        if not set(values) & set(written):  # the column holds the names
            written = names
        values[:] = ["" if value == "-1" else value for value in values]  # what the hub has where a label is secret
    else:
        written, notes = classes_found(values, source=source, column=column)
        return written, written, notes
    if strange := sorted(set(values) - set(written) - {""}):
        raise DataError(f"{source}: the label {strange[0]!r} is not among {', '.join(written)}")
    return written, names, notes


def _names(file: Path, column: str) -> list[str]:
    """Names of a column's classes out of what the hub's library notes in a Parquet file; [] if there are none."""
    import pyarrow
    import pyarrow.parquet

    try:
        with errors_name(file):
            noted = (pyarrow.parquet.read_schema(file).metadata or {}).get(b"huggingface", b"{}")
    except pyarrow.ArrowException as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    try:
        feature = json.loads(noted).get("info", {}).get("features", {}).get(column, {})
        names = [str(name) for name in feature.get("names") or []]
    except (ValueError, TypeError, AttributeError, RecursionError):  # not as the hub's library writes it
        return []
    return names if len(set(names)) == len(names) else []  # nor does it write one name twice: numbers tell them apart
