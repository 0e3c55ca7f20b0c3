"""The task `parquet`: a table in a Parquet file."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.file_table import FileTask


@tasks.register("parquet", about="your own table: a Parquet file, by `path`", source="https://parquet.apache.org")
@spec
class ParquetFile(FileTask):
    """Columns of a Parquet file."""

    name: ClassVar[str] = "parquet"
