"""Rows that a stray quote has made part of a cell: they are told by their ends, which other rows have too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

FEW = 50  # different values of a column, of which each stands in many rows: a label, a split, a language
OFTEN = 3  # rows with a value that is one of these


def swallowed(lines: Sequence[tuple[int, Sequence[str]]], delimiter: str) -> int:
    """The line of the first row with a cell that holds other rows; 0 if there is none.

    Within such a cell a line ends, or begins, as rows do: with a value that a column of few values has in other rows,
    and as many cells as a row has.
    """
    broken = [(number, cells) for number, cells in lines if any("\n" in cell for cell in cells)]
    if not broken:
        return 0
    whole = [cells for _, cells in lines if not any("\n" in cell for cell in cells)]
    width = Counter(map(len, whole)).most_common(1)[0][0] if whole else 0
    values = [_few(cells[i] for cells in whole if len(cells) == width) for i in range(width)]
    if not any(values):
        return 0
    for number, cells in broken:
        for place, cell in enumerate(cells):
            first, *others = cell.splitlines()[:-1] or [""]
            rest = [(place, first), *((0, one) for one in others)]
            if any(_is_row(start, line, delimiter, values) for start, line in rest):
                return number
    return 0


def _few(column: Iterable[str]) -> set[str]:
    """The values of a column, if they are few, each of many rows."""
    counts = Counter(one.strip() for one in column)
    often = {value for value, n in counts.items() if n >= OFTEN and value}
    return often if 1 < len(often) <= FEW and len(counts) <= 2 * len(often) + 2 else set()


def _is_row(start: int, line: str, delimiter: str, values: Sequence[set[str]]) -> bool:
    """Whether a line holds the cells of a row from the column `start` on."""
    cells = [cell.strip('"\r') for cell in line.split(delimiter)]
    places = [i for i in range(start, len(values)) if values[i]]
    if len(cells) < len(values) - start or len(cells) < 2 or not places:
        return False
    # a text before the columns of few values may hold the delimiter too, so they are looked for at the end of the line
    if len(cells) == len(values) - start:
        return all(cells[i - start] in values[i] for i in places)
    last = len(values) - 1
    return places == [last] and cells[-1] in values[last]
