"""Images in folders by class."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import ImageRow, image_examples

NAMED = 3  # bad files that a note names


class ClassFolders:
    """A folder with a folder for each class.

    Args:
        path: the folder of the classes' folders.
        labels: names of the classes' folders, in the order of the classes; () for all there are, sorted.
    """

    def __init__(self, path: str, labels: Sequence[str]) -> None:
        self.path, self.labels = path, labels

    @property
    def root(self) -> Path:
        """The folder; DataError if there is none."""
        root = Path(os.path.expanduser(self.path))
        if not os.path.isdir(root):
            raise DataError(f"{root} is no folder; path is taken from the folder {os.getcwd()}")
        return root

    def classes(self) -> list[str]:
        """Names of the classes; DataError if one has no folder."""
        with errors_name(self.root):
            there = sorted(entry.name for entry in self.root.iterdir() if entry.is_dir() and entry.name[0] != ".")
        if missing := [name for name in self.labels if name not in there]:
            raise DataError(
                f"{self.root} has no folder {missing[0]!r} for that class; its folders are {', '.join(there)}"
            )
        if not there:
            raise DataError(f"{self.root} has no folders; each class needs a folder of its own with its images")
        return list(self.labels) or there

    def fingerprint(self) -> str:
        """Of the content of all files, and of where in the folder they are."""
        files = [file for name in self.classes() for file in self._files(name)]
        states = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        return f"sha256:{_content(str(self.root), states)}"

    def read(self) -> Examples:
        """References to all images; each is read once, and those that cannot be are named in `notes`."""
        from outgrow.tasks.sources.images import SUFFIXES, content, library, read_all, refer

        library()
        classes = self.classes()
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
                bad.append(os.path.relpath(reference, self.root))
        notes = [
            f"skipped {len(files):,} {what}: {', '.join(files[:NAMED])}{', and others' if files[NAMED:] else ''}"
            for what, files in (
                ("files that are no images", [os.path.relpath(file, self.root) for file in other]),
                ("damaged images", bad),
            )
            if files
        ]
        return image_examples(rows, source=str(self.root), classes=classes, notes=notes)

    def _files(self, name: str) -> list[Path]:
        """Files of a class at any depth, sorted; hidden ones are passed over."""
        place = self.root / name
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
