"""The task `parquet`: a table in a Parquet file."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.records import columns_of, parquet_records
from outgrow.tasks.sources.table import FileTask, Table


@tasks.register("parquet", about="your own table: a Parquet file, by `path`", source="https://parquet.apache.org")
@spec
class ParquetFile(FileTask):
    """Columns of a Parquet file."""

    name: ClassVar[str] = "parquet"

    def table(self) -> Table:
        """All rows, numbered from 1."""
        file = self.file()
        columns = columns_of(file)
        rows = list(parquet_records([file], columns, source=file.name))
        return Table(source=file.name, columns=columns, rows=rows)
