"""The task `csv`: a table with a header, one row per example."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import ClassVar

from outgrow.errors import DataError
from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.table import FileTask, Table, decoded

LONGEST_CELL = 1 << 26  # characters; the csv module's own limit is 131,072


@tasks.register("csv", about="your own table: a CSV file with a header, by `path`", source="RFC 4180")
@spec
class CsvFile(FileTask):
    """Columns of a CSV file, UTF-8, separated by commas, or by tabs if its name ends in .tsv."""

    name: ClassVar[str] = "csv"

    def table(self) -> Table:
        """Rows whose cells are not as many as the header's are skipped and counted."""
        file = self.file()
        with errors_name(file):
            text = decoded(file, file.read_bytes())
        csv.field_size_limit(max(LONGEST_CELL, csv.field_size_limit()))
        lines = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if file.suffix == ".tsv" else ",")
        rows: list[tuple[int, Cells]] = []
        bad: list[str] = []
        try:
            header = [cell.strip() for cell in next(lines, [])]
            for cells in lines:
                if len(cells) == len(header):
                    rows.append((lines.line_num, dict(zip(header, cells, strict=True))))
                elif cells:
                    bad.append(f"line {lines.line_num:,} has {len(cells)} cells, the header {len(header)}")
        except csv.Error as error:
            raise DataError(f"{file}, line {lines.line_num:,}: not CSV: {error}") from error
        if repeated := [name for name, n in Counter(header).items() if n > 1]:
            raise DataError(f"{file}: its header names {repeated[0]!r} twice; give each column a name of its own")
        notes = [f"skipped {len(bad):,} bad rows: {bad[0]}{', and others' if len(bad) > 1 else ''}"] if bad else []
        return Table(source=file.name, columns=header, rows=rows, notes=notes)
