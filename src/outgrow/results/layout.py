"""A table of texts laid out for a width: every cell whole, every row told apart, no line wider than asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from outgrow.plain import plain
from outgrow.results.shown import TextTable

GAP = "  "
INDENT = "    "  # of a row's second line and those after it
LONG = 24  # texts above that are numbered where that lets a row stand on one line
REASON = 140  # letters of a reason below a table, about; the whole of it is in csv and json


@dataclass(frozen=True, kw_only=True)
class Laid:
    """Lines of a table.

    Args:
        before: what is the same in all rows.
        head: names of the columns.
        body: the rows.
        after: what numbers stand for, and why rows failed.
    """

    before: list[str]
    head: list[str]
    body: list[str]
    after: list[str]


def lay_out(table: TextTable, width: int) -> Laid:
    """The table in lines of at most `width` cells: a line a row if it fits, else several, the names above likewise.

    What could steer a terminal is spelt.
    """
    table = replace(
        table,
        names=tuple(map(plain, table.names)),
        rows=[tuple(map(plain, row)) for row in table.rows],
        why=[plain(why) for why in table.why],
    )
    table, reasons = numbered_reasons(table)
    table, alike = told_once(table, measured=False)
    numbered, legend = table, list[str]()
    found = _one_line(table, width, whole=True) or _one_line(table, width)
    if found is None:
        table, more = told_once(table, measured=True)
        alike += more
        found = _one_line(table, width)
    if found is None:
        numbered, legend = _numbered(table, LONG)
        found = _one_line(numbered, width) if len(legend) <= len(table.rows) else None
    if found is None:
        shorter, found = (numbered, legend), _several_lines(numbered, width)
        numbered, legend = _numbered(table, width - len(INDENT))  # what is wider than a line has to be numbered
        whole = _several_lines(numbered, width)
        if len(whole[1]) <= max(2 * len(table.rows), len(found[1])):
            found = whole
        else:
            numbered, legend = shorter
    head, body = found
    before = wrapped("In all rows: " + "; ".join(alike) + ".", width) if alike else []
    after = [line for text in legend + reasons for line in wrapped(text, width, hang=INDENT)]
    return Laid(before=before, head=head, body=body, after=after)


def wrapped(text: str, width: int, *, hang: str = "", whole: bool = False) -> list[str]:
    """A text in lines of at most `width`, cut at words.

    Args:
        hang: what lines after the first begin with.
        whole: whether a word that is wider than a line, such as a path, stays whole, so that it can be copied.
    """
    if width_of(text) <= width:
        return [text]
    lines, line = list[str](), ""
    for word in re.split(r"\s+(?!%)", text.strip()):  # 5 % stays together
        if line.strip() and width_of(line) + 1 + width_of(word) > width:
            lines.append(line)
            line = hang
        line += f" {word}" if line.strip() else word
        while not whole and width_of(line) > width:
            cut = next(i for i in range(len(line) - 1, 0, -1) if width_of(line[:i]) <= width or i == 1)
            lines.append(line[:cut])
            line = hang + line[cut:]
    return [*lines, line]


def width_of(text: str) -> int:
    """Cells of a terminal that a text takes: letters of Chinese, say, take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, width: int, right: bool) -> str:
    """A text with spaces up to `width` cells, at its `right` side of the column or the left."""
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def _one_line(table: TextTable, width: int, *, whole: bool = False) -> tuple[list[str], list[str]] | None:
    columns = _columns(table, range(len(table.names)), whole=whole)
    if _total(columns) > width:
        return None
    return _block(table, [columns], "")


def _several_lines(table: TextTable, width: int) -> tuple[list[str], list[str]]:
    """Rows of several lines each; who it is and what came out stand apart if that takes no more lines."""
    places = range(len(table.names))
    who = [i for i in places if table.names[i] not in table.measured]
    apart = _filled(table, [who, [i for i in places if i not in who]], width)
    together = _filled(table, [list(places)], width)
    return _block(table, apart if len(apart) <= len(together) else together, INDENT)


def _filled(table: TextTable, parts: list[list[int]], width: int) -> list[list[_Column]]:
    """Columns in lines that are full; each part begins a line."""
    blocks: list[list[_Column]] = []
    for part in parts:
        line: list[_Column] = []
        for column in _columns(table, part, whole=False):
            if line and _total([*line, column]) > width - (len(INDENT) if blocks else 0):
                blocks.append(line)
                line = []
            line.append(column)
        blocks += [line] if line else []
    return blocks


@dataclass(frozen=True, kw_only=True)
class _Column:
    place: int
    head: list[str]
    width: int
    right: bool

    def fit(self, text: str) -> str:
        return padded(text, self.width, self.right)


def _columns(table: TextTable, places: Iterable[int], *, whole: bool) -> list[_Column]:
    found = []
    for i in places:
        widest = max((width_of(row[i]) for row in table.rows), default=0)
        head = [table.names[i]] if whole else _folded(table.names[i], widest)
        width = max(widest, *map(width_of, head))
        found.append(_Column(place=i, head=head, width=width, right=table.names[i] in table.numeric))
    return found


def _folded(name: str, width: int) -> list[str]:
    """A name in lines about as wide as its cells, cut where its words end."""
    words = re.findall(r"[^ _.]+[ _.]?", name) or [name]
    width = max([width, *(width_of(word.rstrip()) for word in words)])
    lines = [""]
    for word in words:
        if lines[-1] and width_of(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _total(columns: Sequence[_Column]) -> int:
    return sum(one.width for one in columns) + len(GAP) * (len(columns) - 1)


def _block(table: TextTable, blocks: list[list[_Column]], indent: str) -> tuple[list[str], list[str]]:
    """Names and rows, a line for each block of columns; all but the first begin with `indent`."""

    def line(columns: list[_Column], texts: Iterable[str], number: int) -> str:
        joined = GAP.join(one.fit(text) for one, text in zip(columns, texts, strict=True))
        return ((indent if number else "") + joined).rstrip()

    head = []
    for number, columns in enumerate(blocks):
        height = max(len(one.head) for one in columns)
        for k in range(height):
            texts = [([""] * (height - len(one.head)) + one.head)[k] for one in columns]
            head.append(line(columns, texts, number))
    body = [
        line(columns, [row[one.place] for one in columns], number)
        for row in table.rows
        for number, columns in enumerate(blocks)
    ]
    return head, body


def _keep(table: TextTable, places: Sequence[int]) -> TextTable:
    return replace(
        table,
        names=tuple(table.names[i] for i in places),
        rows=[tuple(row[i] for i in places) for row in table.rows],
    )


def told_once(table: TextTable, *, measured: bool) -> tuple[TextTable, list[str]]:
    """The table without columns that have one value, or the values of another column, and what they were.

    Args:
        measured: whether what came out may be told above the table too.
    """
    if len(table.rows) < 2 or not table.once:
        return table, []
    said, places, seen = list[str](), list[int](), dict[tuple[str, ...], str]()
    for i, name in enumerate(table.names):
        values = tuple(row[i] for row in table.rows)
        scored = name in table.measured
        if len(set(values)) == 1 and (measured or not scored or values[0] == "-"):
            said.append(f"no {name}" if values[0] == "-" else f"{name} {values[0]}")
        elif not scored and values in seen:
            said.append(f"{name} equals {seen[values]}")
        else:
            places.append(i)
            if not scored:
                seen[values] = name
    if not places:  # nothing differs
        return table, []
    return _keep(table, places), said


def _numbered(table: TextTable, width: int) -> tuple[TextTable, list[str]]:
    """Texts of columns wider than `width` as numbers, and what these stand for."""
    legend, rows = list[str](), [list(row) for row in table.rows]
    for i, name in enumerate(table.names):
        if name in table.numeric or max((width_of(row[i]) for row in table.rows), default=0) <= width:
            continue
        texts = dict.fromkeys(row[i] for row in table.rows if row[i] != "-")
        number = {text: f"#{k}" for k, text in enumerate(texts, 1)}
        legend += [f"{name} {short}: {text}" for text, short in number.items()]
        for row in rows:
            row[i] = number.get(row[i], row[i])
    return replace(table, rows=[tuple(row) for row in rows]), legend


def numbered_reasons(table: TextTable) -> tuple[TextTable, list[str]]:
    """Reasons of rows as numbers behind their verdict, and the reasons, each told once."""
    short = [_short(why) for why in table.why]
    number = {why: f"({k})" for k, why in enumerate(dict.fromkeys(why for why in short if why), 1)}
    if not number:
        return table, []
    at = table.names.index("verdict")
    rows = [
        (*row[:at], f"{row[at]} {number[why]}", *row[at + 1 :]) if why else row
        for row, why in zip(table.rows, short, strict=True)
    ]
    return replace(table, rows=rows), [f"{one} {why}" for why, one in number.items()]


def _short(reason: str) -> str:
    """As many of its clauses as there is room for, and no less than a beginning."""
    first, *more = reason.split("; ")
    for clause in more:
        if len(first) + len(clause) > REASON:
            break
        first += f"; {clause}"
    return first if len(first) <= 2 * REASON else first[: 2 * REASON].rsplit(" ", 1)[0] + " ..."
