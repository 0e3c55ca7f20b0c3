"""The task `hub-images`: any dataset of labelled images of the Hugging Face hub that has a Parquet form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.errors import DataError
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.hub import CONVERTED, commit, parquet_files
from outgrow.tasks.sources.image_rows import ImageRow, image_examples, image_id
from outgrow.tasks.sources.records import parquet_records


@tasks.register(
    "hub-images",
    about="any dataset of labelled images of the Hugging Face hub, by `repo`",
    source="https://huggingface.co/docs/hub/datasets",
)
@spec
class HubImages:
    """Images of a dataset's Parquet files CONFIG/SPLIT/*.parquet, kept as arrays of one size.

    Args:
        repo: OWNER/NAME.
        image: column with the images, as the hub's datasets have them.
        label: column with the class, a number or a name.
        labels: all values of `label`, in the order of the classes; by default those that the dataset names, or those
            found, sorted.
        size: height and width in pixels that images are brought to; large images take much room.
        limit: at most so many examples; 0 is all.
        config: one of the dataset's configurations.
        split: one split or several, whose rows are pooled.
        revision: a branch or a commit; by default the Parquet form that the hub makes of every dataset.
    """

    name: ClassVar[str] = "hub-images"
    repo: str
    image: str = "image"
    label: str = "label"
    labels: tuple[str | bool | int, ...] = ()
    size: Annotated[int, Field(ge=1, le=1_024)] = 96
    limit: Annotated[int, Field(ge=0)] = 0
    config: str = "default"
    split: str | tuple[str, ...] = "train"
    revision: str = CONVERTED

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        """All fields, and the commit that the revision stands for now."""
        own = {name: getattr(self, name) for name in ("repo", "image", "label", "size", "limit", "config")}
        own |= {"split": self._splits(), "labels": [str(value) for value in self.labels]}
        return {"name": self.name, **own, "commit": commit(self.repo, self.revision)}

    def load(self) -> Examples:
        """Fetch if need be, and decode; damaged images are counted in `notes`, all bad is a DataError."""
        files = parquet_files(self.repo, self.config, self._splits(), self.revision)
        found: list[tuple[Any, str, str]] = []
        bad: list[str] = []
        for number, packed, value in self._read(files):
            try:
                found.append((self._pixels(number, packed), value, image_id(packed)))
            except DataError as error:
                bad.append(str(error))
        notes = [f"skipped {len(bad):,} damaged images: {bad[0]}"] if bad else []
        values = {value for _, value, _ in found}
        numbers = all(value.isdigit() for value in values)
        names = _class_names(files[0], self.label) if numbers and not self.labels else []
        written = [str(i) for i in range(len(names))]  # labels as the column has them
        written = written or [str(one) for one in self.labels] or sorted(values, key=int if numbers else None)
        place = {value: i for i, value in enumerate(written)}
        if strange := sorted(values - place.keys()):
            raise DataError(f"dataset {self.repo}: the label {strange[0]!r} is not among {', '.join(place)}")
        rows = [ImageRow(image=pixels, label=place[value], id=id) for pixels, value, id in found]
        return image_examples(
            rows, source=f"dataset {self.repo}", classes=names or written, limit=self.limit, notes=notes
        )

    def _read(self, files: list[Path]) -> Iterator[tuple[int, bytes, str]]:
        for number, record in parquet_records(files, (self.image, self.label), source=f"dataset {self.repo}"):
            cell, value = record[self.image], record[self.label]
            packed = cell.get("bytes") if isinstance(cell, dict) else cell
            if not isinstance(packed, bytes):
                raise DataError(f"dataset {self.repo}, row {number:,}: column {self.image!r} holds no image's bytes")
            if value is not None:
                yield number, packed, str(value)

    def _pixels(self, number: int, packed: bytes) -> Any:
        from outgrow.tasks.sources.images import Preprocessing, crop_and_resize, decode

        return crop_and_resize(decode(packed, name=f"row {number:,}"), Preprocessing(resolution=self.size))

    def _splits(self) -> list[str]:
        return [self.split] if isinstance(self.split, str) else list(self.split)


def _class_names(file: Path, column: str) -> list[str]:
    """Names of a column's classes out of what the hub's library notes in a Parquet file; [] if there are none."""
    import pyarrow.parquet

    with errors_name(file):
        noted = (pyarrow.parquet.read_schema(file).metadata or {}).get(b"huggingface", b"{}")
        feature = json.loads(noted).get("info", {}).get("features", {}).get(column, {})
    names = feature.get("names", []) if isinstance(feature, dict) else []
    return [str(name) for name in names]
