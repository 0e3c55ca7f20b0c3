"""Tables of JSON objects, one a line."""

from __future__ import annotations

import json
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.sources.records import Cells, Table


def read_json(text: str, *, file: Path) -> Table:
    """The table of a text with one JSON object a line; lines that hold none are skipped and counted.

    Raises:
        DataError: no line holds an object.
    """
    rows: list[tuple[int, Cells]] = []
    bad: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: JSON may hold U+2028
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
