"""The task `jsonl`: one JSON object a line."""

from __future__ import annotations

import json
from typing import ClassVar

from outgrow.errors import DataError
from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.table import FileTask, Table, decoded


@tasks.register(
    "jsonl", about="your own table: a file with one JSON object a line, by `path`", source="https://jsonlines.org"
)
@spec
class JsonlFile(FileTask):
    """Keys of the JSON objects, one a line, in a UTF-8 file; a row without a key has nothing there."""

    name: ClassVar[str] = "jsonl"

    def table(self) -> Table:
        """Lines that are no JSON object are skipped and counted; all bad is a DataError."""
        file = self.file()
        with errors_name(file):
            lines = decoded(file, file.read_bytes()).split("\n")  # not splitlines: JSON may hold U+2028
        rows: list[tuple[int, Cells]] = []
        bad: list[str] = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                if "\\ud" in line.lower():  # half a surrogate pair is no text that can be written again
                    json.dumps(record, ensure_ascii=False).encode()
            except (ValueError, RecursionError) as error:
                bad.append(f"line {number:,}: {error}")
                continue
            if isinstance(record, dict):
                rows.append((number, record))
            else:
                bad.append(f"line {number:,}: a {type(record).__name__}, not an object")
        notes = [f"skipped {len(bad):,} bad lines: {bad[0]}{', and others' if len(bad) > 1 else ''}"] if bad else []
        if bad and not rows:
            raise DataError(f"{file}: no line holds a JSON object ({bad[0]}); expected one object a line")
        columns = list(dict.fromkeys(name for _, record in rows for name in record))
        return Table(source=file.name, columns=columns, rows=rows, notes=notes)
