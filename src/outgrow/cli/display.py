"""What the command line shows: tables and sentences, as wide as the terminal; a file gets a row on one line."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleDimensions, ConsoleOptions
from rich.text import Text

from outgrow.analyses.base import Panel
from outgrow.cli.sentences import sentences, summary
from outgrow.errors import ConfigError
from outgrow.plain import plain
from outgrow.plan import Plan
from outgrow.results.columns import in_order
from outgrow.results.layout import GAP, lay_out, padded, width_of, wrapped
from outgrow.results.shown import TextTable, cell, group_cells, row_cells
from outgrow.results.table import Group, Record

__all__ = [
    "console",
    "give",
    "group_table",
    "listing",
    "panel_table",
    "plan_table",
    "row_table",
    "say",
    "sentences",
    "summary",
]

FILE = 100_000  # cells of a line in a file: as many as it has
NARROWEST = 20


class Terminal(Console):
    """A console that knows its width anew each time, and goes on in silence when its reader has gone."""

    @property
    def size(self) -> ConsoleDimensions:
        given = os.environ.get("COLUMNS", "")
        if re.fullmatch("[0-9]{1,6}", given) and int(given):
            return ConsoleDimensions(max(int(given), NARROWEST), 25)
        if self.is_terminal:
            found = super().size
            return ConsoleDimensions(max(found.width, NARROWEST), found.height)
        return ConsoleDimensions(FILE, 25)

    @size.setter
    def size(self, new: tuple[int, int]) -> None:
        raise NotImplementedError

    def print(self, *objects: Any, **options: Any) -> None:
        """Tables as they are; a text is made plain and cut at words, but a wider word, such as a path, stays whole."""
        if len(objects) == 1 and isinstance(objects[0], str):
            lines = [line for text in objects[0].split("\n") for line in wrapped(plain(text), self.width, whole=True)]
            objects, options = (Text("\n".join(lines)),), {"soft_wrap": True}
        with _written():
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """`| head` has seen enough: what is written from here on goes nowhere, and the command does the rest."""
        self.quiet = True
        _to_nowhere(self.file.fileno())


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """A reader that has gone is no error; a disk that is full is one, and is told once."""
    try:
        yield
    except OSError as error:
        with contextlib.suppress(OSError):  # a stdout that is no file
            _to_nowhere(sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise ConfigError(f"what was found cannot be written to stdout: {error.strerror}") from error


def give(text: str) -> None:
    """A text on stdout as it is, for programs."""
    with _written():
        sys.stdout.write(text)
        sys.stdout.flush()


def _to_nowhere(descriptor: int) -> None:
    """Let a closed pipe's descriptor, and the other one of stdout and stderr if it is that pipe too, lead nowhere."""
    pipe = os.fstat(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for one in (1, 2):
        if os.path.samestat(pipe, os.fstat(one)):
            os.dup2(nowhere, one)
    os.close(nowhere)


console = Terminal(highlight=False, markup=False, emoji=False)


@dataclass(frozen=True)
class Shown:
    """A table that is laid out for the width of the console that prints it."""

    table: TextTable
    title: str = ""
    head: bool = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        width = options.max_width
        if not self.table.rows:
            yield from _texts([*(wrapped(self.title, width) if self.title else []), "no rows"])
            return
        laid = lay_out(self.table, width)
        yield from _texts([*(wrapped(self.title, width) if self.title else []), *laid.before])
        if self.head:
            yield from _texts(laid.head, style="bold")
        yield from _texts([*laid.body, *laid.after])


def _texts(lines: Sequence[str], style: str = "") -> Iterator[Text]:
    return (Text(line, style=style, no_wrap=True, overflow="ignore") for line in lines)


def say(text: object = "") -> None:
    """A paragraph on stdout, cut at words at the terminal's width; a wider word, such as a path, stays whole."""
    console.print(plain(text))


def listing(rows: Sequence[tuple[Sequence[str], str]], *, right: Sequence[int] = ()) -> None:
    """Short cells in columns and a text behind them; below them, where there is little room.

    Args:
        right: which of the short cells stand to the right.
    """
    rows = [([plain(one) for one in cells], plain(text)) for cells, text in rows]
    if not rows:
        return
    widths = [max(map(width_of, column)) for column in zip(*(cells for cells, _ in rows), strict=True)]
    hang = sum(widths) + len(GAP) * len(widths)
    room = console.width - hang
    for cells, text in rows:
        short = GAP.join(
            padded(one, width, i in right) for i, (one, width) in enumerate(zip(cells, widths, strict=True))
        )
        if room >= min(max(width_of(text), 1), 36):
            first, *more = wrapped(text, room)
            lines = [(short + GAP + first).rstrip(), *(" " * hang + line for line in more)]
        else:
            lines = [short.rstrip(), *wrapped("    " + text, console.width, hang="    ")]
        for line in _texts(lines):
            console.print(line, soft_wrap=True)


def plan_table(plan: Plan) -> Shown:
    """Steps by kind: all, cached, to do."""
    names = ("step", "all", "in the store", "to do")
    rows = [(name, str(total), str(total - todo), str(todo)) for name, (total, todo) in plan.count().items()]
    return Shown(TextTable(names=names, numeric=names[1:], measured=names[1:], rows=rows))


def group_table(groups: Sequence[Group]) -> Shown:
    """Pooled results, one row per pair and method, in the order of every table."""
    return Shown(group_cells(in_order(groups)))


def row_table(records: Sequence[Record]) -> Shown:
    """Rows of single seeds in the order of every table; settings that differ have columns of their own."""
    return Shown(row_cells(in_order(records)))


def panel_table(title: str, panel: Panel) -> Shown:
    """The values behind a panel."""
    names = tuple(name.replace("_", " ") for name in panel.columns)
    words = {name for i, name in enumerate(names) if any(isinstance(row[i], str) for row in panel.rows)}
    rows = [tuple(cell(one) for one in row) for row in panel.rows]
    numbers = tuple(name for name in names if name not in words)
    return Shown(
        TextTable(names=names, numeric=numbers, measured=numbers, rows=rows), title=plain(f"{panel.title} ({title})")
    )
