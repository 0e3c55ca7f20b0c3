"""Some rows of an input, as they are read, and what every reader of rows is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from outgrow.tasks.sources.records import Cells

LETTERS = 1 << 24  # of the rows of a chunk, about, at most


@dataclass(kw_only=True)
class Chunk:
    """Some rows, one after the other.

    Args:
        rows: the number of each as an editor shows it, and its cells by column: those of separated cells that a model
            needs, else all.
        cells: of a table of separated cells, all, as many as there are columns.
        texts: of JSON, the text of each object, on one line.
        batch: of Parquet, as Arrow has it.
        unfit: places of rows that can have no label, as they are no rows of the table.
    """

    rows: list[tuple[int, Cells]]
    cells: list[list[str]] | None = None
    texts: list[str] | None = None
    batch: Any = None
    unfit: set[int] = field(default_factory=set)


class Reader(Protocol):
    """Rows of an input, in chunks that are the same each time.

    Attributes:
        form: `csv`, `jsonl` or `parquet`.
        columns: names of all columns; of JSON those found so far.
        notes: what the last reading to the end had to tell.
        rows: of the input; 0 where that is not known.
    """

    form: str
    columns: list[str]
    notes: list[str]
    rows: int

    def survey(self, look_at: Callable[[Chunk], None]) -> None:
        """Read all of it, so that what is wrong with it is told before anything is computed.

        Args:
            look_at: called with chunks whose cells need not be texts.
        """

    def chunks(self) -> Iterator[Chunk]:
        """Its rows, from the first on."""
        ...
