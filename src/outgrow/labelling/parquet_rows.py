"""Rows of a Parquet file as a stream; columns stay as Arrow has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from outgrow.errors import DataError
from outgrow.labelling.chunk import Chunk
from outgrow.labelling.stream import Stream
from outgrow.tasks.sources.records import opened_parquet, root

BYTES = 1 << 25  # of a chunk, about, at most


class ParquetRows:
    """A Parquet file.

    Args:
        needed: names of the columns, or of values within them, that a model sees.
        batch: rows of a chunk.
    """

    form = "parquet"

    def __init__(self, stream: Stream, *, needed: Sequence[str], batch: int) -> None:
        self._stream, self.notes = stream, list[str]()
        with opened_parquet(stream.file, stream.file) as opened:
            data, self.schema = opened.metadata, opened.schema_arrow.remove_metadata()
            self.columns: list[str] = list(self.schema.names)
            self.rows = data.num_rows
            size = sum(data.row_group(i).total_byte_size for i in range(data.num_row_groups))
        if not self.rows:
            raise DataError(f"{stream.file} has no rows")
        self._needed = [name for name in dict.fromkeys(root(one, self.columns) for one in needed) if name]
        for name in self.columns:
            if self.columns.count(name) > 1:
                raise DataError(f"{stream.file} has two columns {name!r}; give each a name of its own")
        self._batch = max(1, min(batch, BYTES * self.rows // max(1, size)))

    def survey(self, look_at: Callable[[Chunk], None]) -> None:
        """Its end says what is in it."""

    def chunks(self) -> Iterator[Chunk]:
        """Its rows, from the first on."""
        number = 1
        with opened_parquet(self._stream.file, self._stream.file) as opened:
            for batch in opened.iter_batches(batch_size=self._batch):
                values = [_cells(self._stream, batch, name) for name in self._needed]
                rows = [dict(zip(self._needed, row, strict=True)) for row in zip(*values, strict=True)]
                rows = rows or [{} for _ in range(batch.num_rows)]
                yield Chunk(rows=list(enumerate(rows, start=number)), batch=batch.replace_schema_metadata(None))
                number += batch.num_rows


def _cells(stream: Stream, batch: Any, name: str) -> list[Any]:
    try:
        found: list[Any] = batch.column(name).to_pylist()
    except (OverflowError, ValueError) as error:
        raise DataError(
            f"{stream.file}: column {name!r} of type {batch.column(name).type} holds a value that cannot be read: "
            f"{error}"
        ) from error
    return found
