"""Labelled rows as the bytes of a file: what stands at its start, what a chunk adds, and what makes it whole."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outgrow.disk import beside
from outgrow.errors import ConfigError, DataError
from outgrow.labelling.answered import Answered, Names
from outgrow.labelling.chunk import Chunk, Reader
from outgrow.plain import spreadsheet_safe
from outgrow.tasks.sources.templates import shown

ROWS = 1 << 17  # of a row group of Parquet, about


class Separated:
    """Separated cells in UTF-8; those of the input as they are.

    Args:
        delimiter: between cells.
        marked: whether a byte order mark comes first, by which some programs know UTF-8.
        safe: whether no cell is to be a formula to a spreadsheet.
    """

    def __init__(self, reader: Reader, names: Names, *, delimiter: str, marked: bool, safe: bool) -> None:
        self._columns, self._names, self._delimiter = reader.columns, names, delimiter
        self._marked, self._safe = marked, safe

    def start(self) -> bytes:
        """The header."""
        (header,) = self._lines([[*self._columns, *self._names.all]])
        mark = "\ufeff" if self._marked else ""
        return f"{mark}{header[:-2]}\n".encode()

    def piece(self, chunk: Chunk, found: Answered) -> bytes:
        """The rows of a chunk."""
        rows = chunk.cells if chunk.cells is not None else self._cells(chunk)
        label = {name: self._lines([[name]])[0][:-2] for name in set(found.labels)} | {"": ""}
        added = found.joined([label[name] for name in found.labels], self._delimiter)
        between = self._delimiter
        return "".join(
            [f"{line[:-2]}{between}{end}\n" for line, end in zip(self._lines(rows), added, strict=True)]
        ).encode()

    def _cells(self, chunk: Chunk) -> list[list[str]]:
        if chunk.batch is not None:
            return [[_cell(value) for value in row.values()] for row in chunk.batch.to_pylist()]
        there = set(self._columns)
        for number, record in chunk.rows:
            if not record.keys() <= there:
                (name, *_) = record.keys() - there
                raise DataError(
                    f"row {number:,} has {name!r}, which no row before it has, and CSV no column; write .jsonl"
                )
        return [[_cell(record.get(name)) for name in self._columns] for _, record in chunk.rows]

    def _lines(self, rows: list[list[str]]) -> list[str]:
        """Each row as text, with two characters at its end, for which the module quotes cells in which a line ends."""
        if self._safe:
            rows = [[*map(spreadsheet_safe, row)] for row in rows]
        lines: list[str] = []
        csv.writer(_Write(lines.append), delimiter=self._delimiter, lineterminator="\r\n").writerows(rows)
        return lines


@dataclass(frozen=True)
class _Write:
    """What the csv module writes to: it gives one text for each row."""

    write: Callable[[str], None]


class JsonLines:
    """One JSON object a line; those of the input as they are written there."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._columns, self._names, self._form = reader.columns, names, names.json_form()
        self._quoted: dict[str, str] = {"": "null"}
        if reader.form != "jsonl":
            check_names(self._columns)

    def start(self) -> bytes:
        """Nothing."""
        return b""

    def piece(self, chunk: Chunk, found: Answered) -> bytes:
        """The rows of a chunk."""
        quoted = self._quoted
        for label in set(found.labels) - quoted.keys():
            quoted[label] = json.dumps(label, ensure_ascii=False)
        added = zip([quoted[label] for label in found.labels], *found.json_texts(), strict=True)
        ends = [self._form % own for own in added]
        return "".join(f"{text}{end}\n" for text, end in zip(self._begun(chunk), ends, strict=True)).encode()

    def _begun(self, chunk: Chunk) -> list[str]:
        """Objects without the brace that closes them, ready for more."""
        if chunk.texts is not None:
            for number, record in chunk.rows:
                if not record.keys().isdisjoint(self._names.all):
                    raise DataError(f"row {number:,}: {_clash(record, self._names)}")
            whole = chunk.texts
        elif chunk.cells is not None:
            whole = [
                json.dumps(dict(zip(self._columns, cells, strict=True)), ensure_ascii=False) for cells in chunk.cells
            ]
        else:
            whole = [json.dumps(_jsonable(record), ensure_ascii=False) for record in chunk.batch.to_pylist()]
        bare = [text.rstrip()[:-1].rstrip() for text in whole]
        return [text if text.endswith("{") else f"{text}, " for text in bare]


class Parquet:
    """A Parquet file. Until it is whole, its rows are kept as streams of Arrow's, one for each chunk.

    Columns of Parquet stay as they are; separated cells are texts; JSON's are whole numbers, numbers, texts or true and
    false where all their values are, else JSON as text.
    """

    def __init__(self, reader: Reader, names: Names) -> None:
        import pyarrow as pa

        check_names(reader.columns)
        kinds: Mapping[str, set[str]] = getattr(reader, "kinds", {})
        types = [_type(kinds.get(name, set())) for name in reader.columns]
        given = getattr(reader, "schema", None) or pa.schema(list(zip(reader.columns, types, strict=True)))
        added = [(names.label, pa.string()), *((name, pa.float32()) for name in names.values)]
        self._given, self._schema = given, pa.schema([*given, *(pa.field(*one) for one in added)])

    def start(self) -> bytes:
        """Nothing."""
        return b""

    def piece(self, chunk: Chunk, found: Answered) -> bytes:
        """The rows of a chunk, as a stream of their own."""
        import pyarrow as pa

        columns = chunk.batch.columns if chunk.batch is not None else [*self._arrays(chunk)]
        batch = pa.RecordBatch.from_arrays([*columns, *found.arrays()], schema=self._schema)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._schema) as stream:
            stream.write_batch(batch)
        return bytes(sink.getvalue())

    def _arrays(self, chunk: Chunk) -> Any:
        import pyarrow as pa

        for i, one in enumerate(self._given):
            if chunk.cells is not None:
                yield pa.array([cells[i] for cells in chunk.cells], pa.string())
                continue
            values = [record.get(one.name) for _, record in chunk.rows]
            if one.type == pa.string():
                values = [value if value is None or isinstance(value, str) else _json(value) for value in values]
            yield pa.array(values, one.type)

    def finish(self, part: Path, out: Path) -> None:
        """Put the streams together as Parquet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        made = beside(out)
        try:
            with pa.OSFile(str(part)) as file, pq.ParquetWriter(made, self._schema) as writer:
                held: list[Any] = []
                while file.tell() < file.size():
                    held += list(pa.ipc.open_stream(file))
                    if sum(batch.num_rows for batch in held) >= ROWS or file.tell() == file.size():
                        writer.write_table(pa.Table.from_batches(held), row_group_size=2 * ROWS)
                        held = []
            os.replace(made, out)
        finally:
            made.unlink(missing_ok=True)


Sink = Separated | JsonLines | Parquet


def packed(content: bytes) -> bytes:
    """A member of a gzip file, of which there may be several one after the other; the same bytes each time."""
    return gzip.compress(content, 6, mtime=0) if content else b""


def check_names(columns: Sequence[str]) -> None:
    """ConfigError unless each column has a name of its own, as objects need."""
    for i, name in enumerate(columns):
        if not name or name in columns[:i]:
            what = f"two columns are called {name!r}" if name else f"column {i + 1} has no name"
            raise ConfigError(f"{what}, which only CSV can hold; write .csv or .tsv, or give it a name")


def _clash(record: Mapping[str, Any], names: Names) -> str:
    try:
        names.check(list(record))
    except ConfigError as error:
        return str(error)
    return ""


def _cell(value: Any) -> str:
    """A value as a cell: texts as they are, lists and tables as JSON."""
    if isinstance(value, str):
        return value
    return _json(value) if isinstance(value, (list, dict)) else shown(_jsonable(value))


def _json(value: Any) -> str:
    return json.dumps(_jsonable(value), ensure_ascii=False)


def _jsonable(value: Any) -> Any:
    """A value of Arrow's as JSON has it: bytes, dates and the like as text, what is no number as nothing."""
    if isinstance(value, dict):
        return {str(name): _jsonable(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(one) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def _type(kinds: set[str]) -> Any:
    """The type of a column of Parquet that holds these kinds of values of JSON."""
    import pyarrow as pa

    kinds = kinds - {"NoneType"}
    if kinds and kinds <= {"int", "wide"}:
        return pa.int64()
    if kinds and kinds <= {"int", "float"}:
        return pa.float64()
    return pa.bool_() if kinds == {"bool"} else pa.string()
