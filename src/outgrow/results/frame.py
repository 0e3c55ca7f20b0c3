"""Results as a value: they show themselves, and give rows, tables and data frames."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError
from outgrow.plain import counted, plain
from outgrow.results.columns import group_rows, in_order, rows
from outgrow.results.layout import padded, width_of
from outgrow.results.pooling import pool
from outgrow.results.shown import TextTable, group_cells
from outgrow.results.table import Group, Record, Result

MOST = 60  # rows that a notebook shows


@dataclass(frozen=True, kw_only=True, repr=False)
class Results:
    """Rows of experiments, one for each seed, and where their answers lie.

    Args:
        records: the rows, with what a report needs besides.
    """

    store: Artefacts
    records: list[Record]

    @cached_property
    def groups(self) -> list[Group]:
        """Rows pooled over seeds, with intervals, in the order of every table."""
        return in_order(pool(self.store, in_order(self.records)))

    @cached_property
    def failures(self) -> dict[str, str]:
        """Which rows failed, and why."""
        return {_title(one.row): one.failure for one in in_order(self.records) if one.failure}

    def rows(self, *, group: bool = False) -> list[dict[str, Any]]:
        """The results table as flat rows, one for each seed; or pooled, with the ends of every interval."""
        return group_rows(self.groups) if group else rows(in_order(self.records))

    def to_arrow(self, *, group: bool = False) -> Any:
        """The results table as a pyarrow Table."""
        import pyarrow as pa

        return pa.Table.from_pylist(self.rows(group=group))

    def to_pandas(self, *, group: bool = False) -> Any:
        """The results table as a pandas DataFrame. Raises ConfigError where pandas is not installed."""
        try:
            return self.to_arrow(group=group).to_pandas()
        except ImportError:
            raise ConfigError("a data frame needs pandas: pip install pandas; .rows() needs nothing") from None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Result]:
        return (one.row for one in self.records)

    def _head(self) -> str:
        count = counted(len(self.records), "result")
        pooled = f", pooled over seeds into {len(self.groups)}" if len(self.groups) < len(self.records) else ""
        return f"{count}{pooled}, in {plain(str(self.store))}"

    def _left_out(self) -> str:
        left = len(self.groups) - MOST
        return f"... and {left:,} more: .groups has all, .rows(group=True) as plain rows" if left > 0 else ""

    def _failed(self) -> list[str]:
        """Failures by reason: what seeds and methods share is told once."""
        by: dict[str, list[str]] = {}
        for name, why in self.failures.items():
            by.setdefault(why, []).append(name)
        return [
            plain(f"failed: {names[0]}{f' and {len(names) - 1} more' * (len(names) > 1)}: {why}")
            for why, names in by.items()
        ]

    def _cells(self) -> TextTable:
        cells = group_cells(self.groups[:MOST])
        return replace(cells, names=tuple(map(plain, cells.names)), rows=[tuple(map(plain, row)) for row in cells.rows])

    def __repr__(self) -> str:
        cells = self._cells()
        table = [cells.names, *cells.rows] if cells.rows else []
        widths = [max(map(width_of, column)) for column in zip(*table, strict=True)]
        right = [name in cells.numeric for name in cells.names]
        lines = ["  ".join(map(padded, row, widths, right)).rstrip() for row in table]
        return "\n".join(line for line in [self._head(), *lines, self._left_out(), *self._failed()] if line)

    def _repr_html_(self) -> str:
        """A table that takes its colours from the page, light or dark."""
        cells = self._cells()
        sides = [f"text-align:{'right' if name in cells.numeric else 'left'};padding:2px 10px" for name in cells.names]

        def line(kind: str, texts: tuple[str, ...], more: str = "") -> str:
            made = [
                f'<{kind} style="{side}{more}">{html.escape(text)}</{kind}>'
                for text, side in zip(texts, sides, strict=True)
            ]
            return f'<tr style="background:none">{"".join(made)}</tr>'

        table = ""
        if cells.rows:
            head = line("th", cells.names, ";border-bottom:1px solid currentColor")
            body = "".join(line("td", row) for row in cells.rows)
            table = (
                '<table style="border-collapse:collapse;color:inherit;background:none">'
                f"<thead>{head}</thead><tbody>{body}</tbody></table>"
            )
        after = [text for text in (self._left_out(), *self._failed()) if text]
        below = "".join(f"<p>{html.escape(text)}</p>" for text in after)
        return f"<div><p>{html.escape(self._head())}</p>{table}{below}</div>"


def _title(row: Result) -> str:
    return f"{row.experiment}: {row.weak} -> {row.strong}, {row.method}, seed {row.seed}"
