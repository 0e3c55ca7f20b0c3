"""Images in folders by class."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.class_forms import check_alike
from outgrow.tasks.sources.classes import FEW
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import ImageRow, image_examples
from outgrow.tasks.sources.images import shown

SUFFIXES = {
    ".bmp", ".dib", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff",
    ".webp",
}  # fmt: skip
UNREAD = {  # images too
    ".arw", ".avif", ".cr2", ".cr3", ".dng", ".heic", ".heif", ".ico", ".j2k", ".jp2", ".jxl", ".nef", ".orf", ".psd",
    ".raf", ".svg", ".tga",
}  # fmt: skip
FOREIGN = {"__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information", "__pycache__"}
SPLITS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "holdout"}


class ClassFolders:
    """A folder with a folder for each class.

    Args:
        path: the folder of the classes' folders.
        labels: names of the classes' folders, in the order of the classes; () for all that hold images, sorted.
    """

    def __init__(self, path: str, labels: Sequence[str]) -> None:
        self.path, self.labels = path, labels

    @property
    def root(self) -> Path:
        """The folder; DataError if there is none."""
        root = Path(os.path.expanduser(self.path))
        if not os.path.isdir(root):
            raise DataError(f"{shown(root)} is no folder; path is taken from the folder {shown(os.getcwd())}")
        return root

    def folders(self) -> list[str]:
        """Names of the folders that may be classes; DataError if a class has none, or they are parts of a data set."""
        there = [name for name in self._entries(folders=True) if not _foreign(name)]
        listed = ", ".join(map(shown, there))
        for name in self.labels:
            if name not in there:
                raise DataError(f"{shown(self.root)} has no folder {name!r} for that class; its folders are {listed}")
        if not there:
            raise DataError(f"{shown(self.root)} has no folders; each class needs a folder of its own with its images")
        if not self.labels and all(name.lower() in SPLITS for name in there):
            first = next((name for name in there if name.lower().startswith("train")), there[0])
            raise DataError(
                f"{shown(self.root)} has the folders {listed}, which are parts of a data set and no classes: set path "
                f"to one of them, such as {shown(self.root / first)}, or labels = [...] if they are the classes"
            )
        return list(self.labels) or there

    def fingerprint(self) -> str:
        """Of the content of all files, and of where in the folder they are."""
        files = [file for name in self.folders() for file in self._files(name)]
        states = []
        for file in files:
            with errors_name(Path(shown(file))):
                states.append((str(file), file.stat().st_size, file.stat().st_mtime_ns))
        return f"sha256:{_content(str(self.root), tuple(states))}"

    def images(self) -> tuple[list[tuple[int, Path]], list[str]]:
        """Every image with the number of its folder, and notes on what is passed over; DataError if most is unread."""
        from outgrow.tasks.sources.decoding import library
        from outgrow.tasks.sources.looks import images, listed

        library()
        folders = self.folders()
        found = [(label, file) for label, name in enumerate(folders) for file in self._files(name)]
        kinds = [_kind(file) for _, file in found]
        chosen = [one for one, kind in zip(found, kinds, strict=True) if kind == "image"]
        notes = []
        others = {"": ("file", "of other kinds"), "unread": ("image", "in a format that is not read")}
        for kind, (noun, what) in others.items():
            files = [
                shown(file.relative_to(self.root)) for (_, file), its in zip(found, kinds, strict=True) if its == kind
            ]
            if files:
                notes.append(f"skipped {counted(len(files), noun)} {what}: {listed(files)}")
        if 2 * kinds.count("unread") > len(chosen) + kinds.count("unread"):
            raise DataError(f"{shown(self.root)}: {notes[-1]}; save them as PNG or JPEG")
        if loose := [name for name in self._entries(folders=False) if _kind(self.root / name) == "image"]:
            notes.append(f"passed over {images(len(loose))} in no class's folder: {listed([*map(shown, loose)])}")
        if lost := [one for name in folders for one in self._entries_of(name) if not one.exists()]:
            notes.append(f"passed over links to nothing: {listed([shown(one.relative_to(self.root)) for one in lost])}")
        if foreign := [name for name in self._entries(folders=True) if _foreign(name) and name[0] != "."]:
            notes.append(f"passed over what other programs have left: {listed([*map(shown, foreign)])}")
        return chosen, notes

    def read(self) -> Examples:
        """References to all images; each is read once, and those that cannot be are named in `notes`."""
        from outgrow.tasks.sources.images import read_bytes, refer
        from outgrow.tasks.sources.looks import judged, look_at_all, told, whites

        folders, source = self.folders(), shown(self.root)
        chosen, notes = self.images()
        names = [os.path.relpath(file, self.root) for _, file in chosen]
        looks = judged(look_at_all([*map(shown, names)], lambda i: read_bytes(str(chosen[i][1]))))
        notes += told(looks, source=source)
        white = whites(looks)
        first: dict[str, str] = {}  # of the images that show the same
        rows = [
            ImageRow(
                image=refer(self.root, name, look.id, white=white.get(look.depth, 0)),
                label=label,
                id=look.id,
                group=first.setdefault(look.shows, look.id),
            )
            for (label, _), name, look in zip(chosen, names, looks, strict=True)
            if not look.problem
        ]
        return self._examples(rows, folders, notes, source)

    def _examples(self, rows: list[ImageRow], folders: list[str], notes: list[str], source: str) -> Examples:
        counts = Counter(row.label for row in rows)
        if self.labels:
            for label, name in enumerate(folders):
                if not counts[label]:
                    raise DataError(f"{source}: the folder of the class {shown(name)!r} has no image that can be used")
        else:
            check_alike(Counter({name: counts[label] for label, name in enumerate(folders)}), shown(source))
        if not self.labels and len(rows) >= FEW and 2 * len(counts) > len(rows):
            raise DataError(
                f"{source}: {len(counts):,} folders hold {len(rows):,} images, so they are hardly classes; each class "
                "needs a folder with several images, or set labels = [...] if they are"
            )
        once = [label for label, n in counts.items() if n == 1]
        if once and not self.labels and len(rows) >= FEW and len(counts) - len(once) >= 2:
            named = ", ".join(repr(shown(folders[label])) for label in once)
            notes.append(f"taken for no class, since it has one image: {named}; set labels = [...] if it is one")
            rows = [row for row in rows if row.label not in once]
        if len(counts) == 1 and len(inner := self._inner(only := folders[next(iter(counts))])) > 1:
            raise DataError(
                f"{source}: all images are below one folder, which has the folders {', '.join(map(shown, inner))}; if "
                f"these are the classes, set path = {shown(self.root / only)!r}"
            )
        return image_examples(rows, source=source, classes=[*map(shown, folders)], notes=notes)

    def _entries(self, *, folders: bool) -> list[str]:
        with errors_name(Path(shown(self.root))):
            return sorted(one.name for one in self.root.iterdir() if one.is_dir() == folders and one.name[0] != ".")

    def _inner(self, name: str) -> list[str]:
        return sorted(one.name for one in (self.root / name).iterdir() if one.is_dir() and not _foreign(one.name))

    def _files(self, name: str) -> list[Path]:
        return [file for file in self._entries_of(name) if file.is_file()]

    def _entries_of(self, name: str) -> list[Path]:
        return entries_below(self.root / name)


def image_names(folder: Path) -> tuple[list[str], int]:
    """Names of the images below a folder, relative to it and sorted, and how many other files are there."""
    files = [file for file in entries_below(folder) if file.is_file()]
    images = [file for file in files if _kind(file) == "image"]
    return [os.path.relpath(file, folder) for file in images], len(files) - len(images)


def entries_below(place: Path) -> list[Path]:
    """All but the folders below a folder, at any depth, through links too, sorted; what is hidden is passed over."""
    found: list[Path] = []
    seen = {os.path.realpath(place)}

    def new(folder: str, name: str) -> bool:
        real = os.path.realpath(os.path.join(folder, name))
        fresh = real not in seen and not os.path.realpath(folder).startswith(real.rstrip("/") + "/")  # no circle
        seen.add(real)
        return fresh

    def refuse(error: OSError) -> None:
        raise error

    with errors_name(Path(shown(place))):
        for folder, inner, files in os.walk(place, followlinks=True, onerror=refuse):
            inner[:] = [one for one in sorted(inner) if not _foreign(one) and new(folder, one)]
            found += [Path(folder, file) for file in files if file[0] != "."]
    return sorted(found)


def _foreign(name: str) -> bool:
    """Whether a folder is hidden, or of the kinds that other programs leave."""
    return name[0] == "." or name.lower() in FOREIGN


def _kind(file: Path) -> str:
    """`image`, `unread` for one in another format, or "" for something else, by the suffix or how it begins."""
    from outgrow.tasks.sources.decoding import recognised

    suffix = file.suffix.lower()
    if suffix in UNREAD:
        return "unread"
    return "image" if suffix in SUFFIXES or recognised(str(file)) else ""


@lru_cache(maxsize=8)
def _content(root: str, files: tuple[tuple[str, int, int], ...]) -> str:
    """SHA-256 over names and contents; size and time of change are there so that a changed file is read again."""
    whole = hashlib.sha256()
    for name, _, _ in files:
        with errors_name(Path(shown(name))), open(name, "rb") as file:
            place = os.path.relpath(name, root).replace(os.sep, "/")
            whole.update(os.fsencode(f"{place}\0") + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
