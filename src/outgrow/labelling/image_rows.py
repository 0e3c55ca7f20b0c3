"""The images of a folder as rows: a table of one column, `image`, with their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from outgrow.errors import DataError
from outgrow.labelling.chunk import Chunk
from outgrow.plain import counted
from outgrow.spec import digest
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_folder import image_names
from outgrow.tasks.sources.images import shown

COLUMN = "image"


class ImageRows:
    """Images below a folder, by name.

    Args:
        batch: rows of a chunk.
    """

    form = "csv"
    delimiter = ","

    def __init__(self, folder: Path, *, batch: int) -> None:
        self.columns, self._batch, self._folder = [COLUMN], batch, folder
        self._names, others = image_names(folder)
        self.rows, self.notes = len(self._names), list[str]()
        if not self._names:
            raise DataError(f"{folder} holds no images")
        if others:
            self.notes.append(f"passed over {counted(others, 'file')}: no images")

    @property
    def identity(self) -> str:
        """What tells this folder from another, or from itself after a change."""
        states = []
        for name in self._names:
            with errors_name(self._folder / shown(name)):
                status = (self._folder / name).stat()
            states.append([shown(name), status.st_size, status.st_mtime_ns])
        return digest(states)

    def survey(self, look_at: Callable[[Chunk], None]) -> None:
        """The names are known."""

    def chunks(self) -> Iterator[Chunk]:
        """Its rows, from the first on."""
        for start in range(0, self.rows, self._batch):
            some = self._names[start : start + self._batch]
            rows = list(enumerate(({COLUMN: name} for name in some), start=start + 1))
            yield Chunk(rows=rows, cells=[[shown(name)] for name in some])
