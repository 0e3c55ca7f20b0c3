"""What a person wrote on a sheet: the truth of some rows, and of which nobody can tell it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.auditing.places import placed, unsafe
from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.classes import spelled
from outgrow.tasks.sources.cures import options_named
from outgrow.tasks.sources.label_values import meaning
from outgrow.tasks.sources.reading import FORMS, read_table, suffix
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.templates import shown

UNCLEAR = ("?", "unclear", "cannot tell")  # what a person writes where nobody can tell, if no class is called so
DELIMITERS = ("", ";", "\t")  # some spreadsheets write these, whatever they read


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Rows of which a person said something.

    Args:
        rows: their numbers, int64 [n], from 0, rising.
        truth: class of each, int64 [n]; -1 where nobody can tell.
        asked: of the lines with a truth: what stands in the column `plan`, and the row.
        stratified: whether the sheet says that its rows were drawn with different chances.
        notes: what was left out, and what was taken for what.
    """

    rows: np.ndarray
    truth: np.ndarray
    asked: frozenset[tuple[str, int]]
    stratified: bool
    notes: list[str]


def doubts(classes: Sequence[str]) -> tuple[str, ...]:
    """What says that nobody can tell, in lower case: a class of such a name is a class."""
    names = {spelled(one, where="classes").lower() for one in classes}
    return tuple(one for one in UNCLEAR if one not in names)


def read_sheet(
    path: str | Path, *, ids: Sequence[str], numbers: Sequence[int], classes: Sequence[str], truth: str = "truth",
    texts: Sequence[Mapping[str, Sequence[str]]] = (), encoding: str = "",
) -> Checked:  # fmt: skip
    """The truth on a sheet, by the row's number if the id fits it, or else by id: spreadsheets change long numbers.

    A row without a known id is found by its texts.

    Args:
        path: a table as `write_sheet` writes it, or any with a column of truths, and with `id` or columns of texts.
        ids: of all N rows.
        numbers: of all N rows, as `row` has them.
        classes: by name; a truth is a name, or a number where all classes are numbers.
        truth: the column of truths.
        texts: sets of columns, each of which tells rows apart: a text for each of N rows, by column.
        encoding: of its text, where that is not found out.

    Raises:
        DataError: there is no truth on it, a class that is none, two for one row, or ids beside texts of other rows.
    """
    texts = [one for one in texts if truth not in one]
    table = _table(path, truth, texts, encoding)
    places, notes = placed(table, ids=ids, numbers=numbers, texts=texts), list(table.notes)
    if unknown := [shown(cells.get("id")) for i, (_, cells) in zip(places, table.rows, strict=True) if i < 0]:
        notes.append(
            f"{counted(len(unknown), 'row')} of the sheet left out: no id {unknown[0]!r}"
            + (" and others" if len(unknown) > 1 else "")
        )
    if len(unknown) == len(places):
        raise DataError(
            f"{table.source}: none of its {len(table.rows):,} rows is of this model's rows, such as id {ids[0]!r}; "
            "fill in the sheet that was written for this model"
        )
    found: dict[int, set[str]] = defaultdict(set)
    asked = set()
    for i, (line, cells) in zip(places, table.rows, strict=True):
        if i >= 0:
            one = spelled(unsafe(shown(cells.get(truth))), where=f"{table.source}, row {line:,}: {truth!r}")
            found[i] |= {one} - {""}
            asked |= {(shown(cells.get("plan")), i)} if one else set()
    if twice := len(places) - len(unknown) - len(found):
        notes.append(f"{counted(twice, 'row')} of the sheet again for an id that it has")
    marks = doubts(classes)
    chosen = _classes(found.values(), classes, marks, table.source, truth)
    known = {i: {chosen[one] for one in own if one in chosen} for i, own in found.items()}
    if several := [i for i, own in known.items() if len(own) > 1]:
        names = " and ".join(repr(classes[one] if one >= 0 else marks[0]) for one in sorted(known[several[0]]))
        raise DataError(
            f"{table.source}: the truth of id {ids[several[0]]!r} is {names}"
            + (f", and {counted(len(several) - 1, 'other id')} like it" if len(several) > 1 else "")
            + "; leave one"
        )
    said = {i: next(iter(own)) for i, own in sorted(known.items()) if own}
    if empty := len(known) - len(said):
        notes.append(f"{counted(empty, 'row')} of the sheet without a truth")
    if unclear := sum(one < 0 for one in said.values()):
        notes.append(
            f"{counted(unclear, 'row')} marked {marks[0]} left out: if these are the hard ones, the accuracy found is "
            "too high"
        )
    plans, weights = ({shown(cells.get(name)) for _, cells in table.rows} for name in ("plan", "weight"))
    return Checked(
        rows=np.array([*said], np.int64),
        truth=np.array([*said.values()], np.int64),
        asked=frozenset(asked),
        stratified=len(weights) > 1 or any(one.startswith("stratified") for one in plans),
        notes=notes,
    )


def _table(path: str | Path, truth: str, texts: Sequence[Mapping[str, object]], encoding: str) -> Table:
    """The sheet, whichever separator a spreadsheet has put between its cells."""
    delimiters = DELIMITERS if FORMS.get(suffix(Path(path))) == "csv" else ("",)
    first: DataError | None = None
    for delimiter in delimiters:
        try:
            with options_named():
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


def _classes(
    found: Collection[set[str]], classes: Sequence[str], marks: Sequence[str], source: str, truth: str
) -> dict[str, int]:
    """The class of each truth that is written, whatever its case where that says enough; -1 of what marks doubt."""
    written = Counter(one for own in found for one in own)
    if not written:
        raise DataError(
            f"{source}: no truth is filled in; write one of {', '.join(map(repr, classes[:10]))} in the column "
            f"{truth!r} of one row at least"
        )
    unclear = {one: -1 for one in written if one.lower() in marks}
    used = Counter({one: times for one, times in written.items() if one not in unclear})
    if not used:
        return unclear
    names = [spelled(one, where=source) for one in classes]
    folded = Counter(one.lower() for one in names)
    as_named = {one.lower(): one for one in names if folded[one.lower()] == 1}
    meant = {one: one if one in names else as_named.get(one.lower(), one) for one in used}
    read: Counter[str] = Counter()
    for one, times in used.items():
        read[meant[one]] += times
    output = Output(kind="classification", n_classes=len(classes), class_names=tuple(classes))
    chosen = meaning(read, [], output, values="names", source=source)
    return unclear | {one: number for one in used if (number := chosen[meant[one]]) is not None}
