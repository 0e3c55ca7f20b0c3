"""The task `image-folder`: images in folders by class."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from outgrow.errors import ConfigError, DataError
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import ImageRow, image_examples

NAMED = 3  # bad files that a note names


@tasks.register(
    "image-folder", about="your own images: a folder with a folder for each class, by `path`", source="your own files"
)
@spec
class ImageFolder:
    """Images in the folders PATH/CLASS and below. They stay where they are: the store keeps where that is.

    Args:
        path: the folder of the classes' folders.
        labels: names of the classes' folders, in the order of the classes; by default all there are, sorted.
    """

    name: ClassVar[str] = "image-folder"
    path: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels):
            raise ConfigError(f"task 'image-folder': labels names a class twice: {list(self.labels)}")

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        """The classes, and a fingerprint of all files and where in the folder they are."""
        files = [file for name in self._classes() for file in self._files(name)]
        states = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        return {
            "name": self.name,
            "labels": list(self.labels),
            "fingerprint": f"sha256:{_content(str(self._root()), states)}",
        }

    def load(self) -> Examples:
        """Read every image once; those that cannot be are skipped and named in `notes`, all bad is a DataError."""
        from outgrow.tasks.sources.images import SUFFIXES, content, library, read_all, refer

        library()
        classes = self._classes()
        found = [(label, file) for label, name in enumerate(classes) for file in self._files(name)]
        images = [(label, refer(file)) for label, file in found if file.suffix.lower() in SUFFIXES]
        other = [file for _, file in found if file.suffix.lower() not in SUFFIXES]
        rows: list[ImageRow] = []
        bad: list[str] = []
        for (label, reference), why in zip(images, read_all([one for _, one in images]), strict=True):
            if why is None:
                id = hashlib.sha256(content(reference)).hexdigest()[:16]
                rows.append(ImageRow(image=reference, label=label, id=id))
            else:
                bad.append(os.path.relpath(reference, self._root()))
        notes = [
            f"skipped {len(files):,} {what}: {', '.join(files[:NAMED])}{', and others' if files[NAMED:] else ''}"
            for what, files in (
                ("files that are no images", [os.path.relpath(file, self._root()) for file in other]),
                ("damaged images", bad),
            )
            if files
        ]
        return image_examples(rows, source=str(self._root()), classes=classes, notes=notes)

    def _root(self) -> Path:
        root = Path(os.path.expanduser(self.path))
        if not os.path.isdir(root):
            raise DataError(f"{root} is no folder; path is taken from the folder {os.getcwd()}")
        return root

    def _classes(self) -> list[str]:
        root = self._root()
        with errors_name(root):
            there = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and entry.name[0] != ".")
        if missing := [name for name in self.labels if name not in there]:
            raise DataError(f"{root} has no folder {missing[0]!r} for that class; its folders are {', '.join(there)}")
        if not there:
            raise DataError(f"{root} has no folders; each class needs a folder of its own with its images")
        return list(self.labels) or there

    def _files(self, name: str) -> list[Path]:
        """Files of a class at any depth, sorted; hidden ones are passed over."""
        place = self._root() / name
        with errors_name(place):
            return sorted(
                file
                for file in place.rglob("*")
                if file.is_file() and not any(part[0] == "." for part in file.relative_to(place).parts)
            )


@lru_cache(maxsize=8)
def _content(root: str, files: tuple[tuple[str, int, int], ...]) -> str:
    """SHA-256 over names and contents; size and time of change are there so that a changed file is read again."""
    whole = hashlib.sha256()
    for name, _, _ in files:
        with errors_name(Path(name)), open(name, "rb") as file:
            place = os.path.relpath(name, root).replace(os.sep, "/")
            whole.update(f"{place}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
