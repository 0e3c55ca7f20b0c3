"""The task `csv`: a table with a header, one row per example."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.file_table import TextFileTask
from outgrow.tasks.sources.reading import read_table
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.separated import check_delimiter


@tasks.register("csv", about="your own table: a CSV file with a header, by `path`", source="RFC 4180")
@spec
class CsvFile(TextFileTask):
    """Columns of a CSV file, separated by commas, or by tabs if its name ends in .tsv.

    Args:
        delimiter: the one character between two cells, such as ";".
    """

    name: ClassVar[str] = "csv"
    delimiter: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_delimiter(self.delimiter, where=f"task {self.name!r}")

    def identity(self) -> dict[str, Any]:
        """How the file is read is part of what is read."""
        return {**super().identity(), "delimiter": self.delimiter}

    def table(self) -> Table:
        """Rows whose cells are not as many as the header's are skipped and counted."""
        return read_table(
            self.path, form="csv", encoding=self.encoding, delimiter=self.delimiter, columns=self.needed()
        )
