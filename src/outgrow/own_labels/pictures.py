"""Images that a table names by their paths, or that lie in folders, as references."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.sources.image_folder import ClassFolders
from outgrow.tasks.sources.reading import FORMS, suffix
from outgrow.tasks.sources.records import Table

PATH, FOLDER = "path", "folder"  # columns of the table that a folder of images stands for


def is_image_folder(path: str) -> bool:
    """Whether a path is a folder with folders and without a table."""
    place = Path(os.path.expanduser(path))
    if not os.path.isdir(place):
        return False
    names = [name for name in os.listdir(place) if name[0] not in "._~"]
    return not any(suffix(Path(name)) in FORMS for name in names) and any(os.path.isdir(place / one) for one in names)


def folder_table(path: str, classes: Sequence[str]) -> Table:
    """A folder with a folder for each class as a table: each image's path, and its folder's name as a weak label."""
    from outgrow.tasks.sources.images import shown

    folders = ClassFolders(path, classes)
    names, (found, notes) = folders.folders(), folders.images()
    rows = [
        (i, {PATH: os.path.relpath(file, folders.root), FOLDER: shown(names[label])})
        for i, (label, file) in enumerate(found, start=1)
    ]
    return Table(source=shown(folders.root), columns=(PATH, FOLDER), rows=rows, notes=notes)


def references(
    paths: Sequence[str], folders: Sequence[Path], *, source: str, notes: list[str]
) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """References to images, "" where one cannot be used; by reference a hash of its bytes, and of what it shows.

    Args:
        paths: of each row, "" for none.
        folders: that they are taken from, one for each.

    Raises:
        DataError: most cannot be used.
    """
    from outgrow.tasks.sources.decoding import library
    from outgrow.tasks.sources.images import read_bytes, refer, shown
    from outgrow.tasks.sources.looks import judged, look_at_all, told, whites

    library()
    named = [(folder, one) for folder, one in zip(folders, paths, strict=True) if one]
    if not named:
        raise DataError(f"{source}: no row names an image")
    looks = judged(look_at_all([shown(one) for _, one in named], lambda i: read_bytes(os.path.join(*named[i]))))
    notes += told(looks, source=source)
    white, found = whites(looks), iter(looks)
    references, content, shows = [], {}, {}
    for folder, path in zip(folders, paths, strict=True):
        look = next(found) if path else None
        if look is None or look.problem:
            references.append("")
            continue
        own = refer(folder, path, look.id, white=white.get(look.depth, 0))
        content[own], shows[own] = look.id, look.shows
        references.append(own)
    return references, content, shows
