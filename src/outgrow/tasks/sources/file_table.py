"""Tables in files as tasks."""

from __future__ import annotations

from typing import Any

from outgrow.spec import spec
from outgrow.tasks.sources.content import check_encoding
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.reading import read_table, table_files
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.table import TableTask


@spec
class FileTask(TableTask):
    """A table in a file.

    Args:
        path: the file, or a folder of files that are parts of one table.
    """

    path: str

    def fingerprint(self) -> str | list[str]:
        """SHA-256 of the file's content; of each, if they are several."""
        found = [fingerprint(file) for file in table_files(self.path)]
        return found[0] if len(found) == 1 else found

    def table(self) -> Table:
        """Read the file as what the task's name says."""
        return read_table(self.path, form=self.name, columns=self.needed())


@spec
class TextFileTask(FileTask):
    """A table in a file of text.

    Args:
        encoding: what the file was saved in, such as "latin-1"; by default what a mark at its start says, or UTF-8.
    """

    encoding: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_encoding(self.encoding, where=f"task {self.name!r}")

    def identity(self) -> dict[str, Any]:
        """How the file is read is part of what is read."""
        return {**super().identity(), "encoding": self.encoding}

    def table(self) -> Table:
        return read_table(self.path, form=self.name, encoding=self.encoding, columns=self.needed())
