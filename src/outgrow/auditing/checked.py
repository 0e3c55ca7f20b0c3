"""What a person wrote on a sheet: the truth of some rows, and of which there is none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.errors import DataError
from outgrow.plain import FORMULA, counted, plain
from outgrow.tasks.base import Output
from outgrow.tasks.sources.classes import spelled
from outgrow.tasks.sources.label_values import meaning
from outgrow.tasks.sources.reading import FORMS, read_table, suffix
from outgrow.tasks.sources.records import Cells, Table
from outgrow.tasks.sources.templates import shown

UNCLEAR = ("?", "unclear")  # what a person writes where nobody can tell
ROUNDED = 1e-5  # what a spreadsheet leaves of a long number
DELIMITERS = ("", ";", "\t")  # some spreadsheets write these, whatever they read


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Rows with their truth.

    Args:
        rows: numbers of the rows, int64 [n], from 0.
        truth: class of each, int64 [n].
        stratified: whether the sheet's rows were drawn with different weights.
        empty, unclear: rows of the sheet without a truth, and with one of `?` and `unclear`.
        notes: what was left out, and what was taken for what.
    """

    rows: np.ndarray
    truth: np.ndarray
    stratified: bool
    empty: int
    unclear: int
    notes: list[str]


def read_sheet(
    path: str | Path, *, ids: Sequence[str], classes: Sequence[str], truth: str = "truth",
    texts: Sequence[Mapping[str, Sequence[str]]] = (), encoding: str = "",
) -> Checked:  # fmt: skip
    """The truth on a sheet, by the row's number if the id fits it, or else by id: spreadsheets change long numbers.

    A row without a known id is found by its texts.

    Args:
        path: a table as `write_sheet` writes it, or any with a column of truths, and with `id` or columns of texts.
        ids: of all N rows.
        classes: by name; a truth is a name, or a number where all classes are numbers.
        truth: the column of truths.
        texts: sets of columns, each of which tells rows apart: a text for each of N rows, by column.
        encoding: of its text, where that is not found out.

    Raises:
        DataError: there is no truth on it, or a class that is none, or two for one row.
    """
    table = _table(path, truth, texts, encoding)
    said, notes = _said(table, ids, truth, texts), list(table.notes)
    if unknown := said.pop(-1, []):
        notes.append(
            f"{counted(len(unknown), 'row')} of the sheet left out: no id {unknown[0][1]!r}"
            + (" and others" if len(unknown) > 1 else "")
        )
    if not said:
        raise DataError(
            f"{table.source}: none of its {len(table.rows):,} rows is of this model's rows, such as id {ids[0]!r}; "
            "fill in the sheet that was written for this model"
        )
    if twice := sum(len(written) - 1 for written in said.values()):
        notes.append(f"{counted(twice, 'row')} of the sheet again for an id that it has")
    found = {i: {one for one, _ in written if one} for i, written in said.items()}
    chosen = _classes(found, classes, table.source, truth)
    known = {i: {chosen[one] for one in own if one in chosen} for i, own in found.items()}
    unclear = [i for i, own in found.items() if not known[i] and own & {*UNCLEAR}]
    empty = len(known) - len(unclear) - sum(map(bool, known.values()))
    if several := [i for i, own in known.items() if len(own) > 1]:
        names = " and ".join(repr(classes[one]) for one in sorted(known[several[0]]))
        raise DataError(
            f"{table.source}: the truth of id {ids[several[0]]!r} is {names}"
            + (f", and {counted(len(several) - 1, 'other id')} like it" if len(several) > 1 else "")
            + "; leave one, or write ? where nobody can tell"
        )
    rows = sorted(i for i, own in known.items() if own)
    if empty:
        notes.append(f"{counted(empty, 'row')} of the sheet without a truth")
    if unclear:
        notes.append(
            f"{counted(len(unclear), 'row')} marked ? left out: if these are the hard ones, the accuracy found is too "
            "high"
        )
    return Checked(
        rows=np.array(rows, np.int64),
        truth=np.array([next(iter(known[i])) for i in rows], np.int64),
        stratified=len({shown(cells.get("weight")) for _, cells in table.rows}) > 1,
        empty=empty,
        unclear=len(unclear),
        notes=notes,
    )


def _table(path: str | Path, truth: str, texts: Sequence[Mapping[str, object]], encoding: str) -> Table:
    """The sheet, whichever separator a spreadsheet has put between its cells."""
    delimiters = DELIMITERS if FORMS.get(suffix(Path(path))) == "csv" else ("",)
    first: DataError | None = None
    for delimiter in delimiters:
        try:
            table = read_table(path, encoding=encoding, delimiter=delimiter)
        except DataError as error:
            first = first or error
            continue
        there = set(table.columns)
        if truth in there and ("id" in there or any(set(one) <= there for one in texts)):
            return table
        others = "".join(f" (or {' and '.join(map(repr, one))})" for one in texts)
        first = first or DataError(
            f"{table.source} needs the columns 'id'{others} and {truth!r}; it has {', '.join(table.columns) or 'none'}"
        )
    assert first is not None
    raise first


def _said(
    table: Table, ids: Sequence[str], truth: str, texts: Sequence[Mapping[str, Sequence[str]]]
) -> dict[int, list[tuple[str, str]]]:
    """What is written of each row, by its number: the truth as spelled, and the id; under -1, of rows not known."""
    by_text = [(tuple(one), _places(one)) for one in texts if set(one) <= set(table.columns)]
    place = {plain(one): i for i, one in enumerate(ids)} | {one: i for i, one in enumerate(ids)}
    said: dict[int, list[tuple[str, str]]] = {}
    for number, cells in table.rows:
        one = shown(cells.get("id"))
        i = _by_number(cells, one, ids)
        if i < 0:
            i = place.get(one, place.get(_unsafe(one), -1))
        for names, places in by_text:
            if i < 0:
                i = places.get(tuple(_bare(_unsafe(shown(cells.get(name)))) for name in names), -1)
        written = spelled(_unsafe(shown(cells.get(truth))), where=f"{table.source}, row {number:,}: {truth!r}")
        said.setdefault(i, []).append((written, one))
    return said


def _places(texts: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], int]:
    """Numbers of rows by their texts; -1 for texts that several rows have."""
    found: dict[tuple[str, ...], int] = {}
    for i, one in enumerate(zip(*texts.values(), strict=True)):
        own = tuple(map(_bare, one))
        found[own] = -1 if own in found else i
    return found


def _bare(text: str) -> str:
    """A text as a sheet spells it, without the blanks around it."""
    return plain(text).strip()


def _by_number(cells: Cells, one: str, ids: Sequence[str]) -> int:
    """The row whose number stands in `row`, if its id can look like this: 007 becomes 7, and 12e4 1.20E+05; else -1."""
    number = shown(cells.get("row"))
    if not (number.isascii() and number.isdigit() and len(number) < 10 and 0 < int(number) <= len(ids)):
        return -1
    own = ids[int(number) - 1]
    if plain(own) in (one, _unsafe(one)) or own == one:
        return int(number) - 1
    try:
        return int(number) - 1 if math.isclose(float(one), float(own), rel_tol=ROUNDED) else -1
    except ValueError:
        return -1


def _classes(found: Mapping[int, set[str]], classes: Sequence[str], source: str, truth: str) -> dict[str, int]:
    """The class of each truth that is written, whatever its case where that says enough; none of what says none."""
    used = Counter(one for own in found.values() for one in own if one not in UNCLEAR)
    if not used:
        raise DataError(
            f"{source}: no truth is filled in; write one of {', '.join(map(repr, classes[:10]))} in the column "
            f"{truth!r} of one row at least"
        )
    names = [spelled(one, where=source) for one in classes]
    folded = Counter(one.lower() for one in names)
    as_named = {one.lower(): one for one in names if folded[one.lower()] == 1}
    meant = {one: one if one in names else as_named.get(one.lower(), one) for one in used}
    read: Counter[str] = Counter()
    for one, times in used.items():
        read[meant[one]] += times
    output = Output(kind="classification", n_classes=len(classes), class_names=tuple(classes))
    chosen = meaning(read, [], output, values="names", source=source)
    return {one: number for one in used if (number := chosen[meant[one]]) is not None}


def _unsafe(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
