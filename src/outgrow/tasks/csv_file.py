"""The task `csv`: a table with a header, one row per example."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.table import FileTask


@tasks.register("csv", about="your own table: a CSV file with a header, by `path`", source="RFC 4180")
@spec
class CsvFile(FileTask):
    """Columns of a CSV file, UTF-8, separated by commas, or by tabs if its name ends in .tsv."""

    name: ClassVar[str] = "csv"
