"""Which row each line of a sheet is of: by its id, and by its number and texts, which must not belong to another."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from outgrow.errors import DataError
from outgrow.plain import FORMULA, counted, plain
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.templates import shown

ROUNDED = 1e-5  # what a spreadsheet leaves of a long number
SPELT = re.compile(r"\\[rnt]")  # line ends and tabs


def placed(
    table: Table, *, ids: Sequence[str], numbers: Sequence[int], texts: Sequence[Mapping[str, Sequence[str]]]
) -> list[int]:
    """The row of each line, -1 where none is known: by its number if the id fits it, or else by id, or else by texts.

    A text that no row has says nothing: spreadsheets cut long ones, and make dates of others.

    Raises:
        DataError: lines with the id of one row and the text of another, or its number where no text says whose it is.
    """
    there = set(table.columns)
    whole = {tuple(own): own for own in texts if set(own) <= there}
    single = {(name,): {name: own[name]} for own in texts for name in own if name in there}
    by_text = {names: _places(own) for names, own in (single | whole).items()}
    place = {plain(one): i for i, one in enumerate(ids)} | {one: i for i, one in enumerate(ids)}
    by_number = {str(number): i for i, number in enumerate(numbers)}
    rows, clashes = [], []
    for line, cells in table.rows:
        one, at = shown(cells.get("id")), by_number.get(shown(cells.get("row")), -1)
        i = at if at >= 0 and _like(one, ids[at]) else place.get(one, place.get(unsafe(one), -1))
        found = {
            names: places.get(tuple(_bare(shown(cells.get(name))) for name in names), [])
            for names, places in by_text.items()
        }
        for names in whole:
            i = found[names][0] if i < 0 and len(found[names]) == 1 else i
        others = [own for own in found.values() if own] or ([[at]] if at >= 0 else [])
        if i >= 0 and (other := next((own[0] for own in others if i not in own), -1)) >= 0:
            clashes.append(f"row {line:,} of the sheet has the id of row {numbers[i]:,} ({ids[i]}), and is else "
                           f"row {numbers[other]:,} ({ids[other]})")  # fmt: skip
        rows.append(i)
    if clashes:
        raise DataError(
            f"{table.source}: {counted(len(clashes), 'row')} with the id of one row and the text or number of another: "
            f"{clashes[0]}{' and so on' * (len(clashes) > 1)}; if a column was sorted alone, undo that or fill in the "
            "sheet anew; a column `row` with numbers of its own has to be left out"
        )
    return rows


def unsafe(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _places(texts: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], list[int]]:
    """Numbers of rows by their texts."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, one in enumerate(zip(*texts.values(), strict=True)):
        found[tuple(map(_bare, one))].append(i)
    return dict(found)


def _bare(text: str) -> str:
    """A text as a sheet spells it, but for what spreadsheets and editors do to apostrophes, blanks and line ends."""
    return " ".join(SPELT.sub(" ", plain(unsafe(text.strip("\ufeff \t\r\n")))).split())


def _like(one: str, own: str) -> bool:
    """Whether a cell can be this id: 007 becomes 7, and 12e4 1.20E+05."""
    if plain(own) in (one, unsafe(one)) or own == one:
        return True
    try:
        return math.isclose(float(one), float(own), rel_tol=ROUNDED)
    except ValueError:
        return False
