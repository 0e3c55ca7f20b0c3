"""Labels and probabilities by example id, out of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from outgrow.errors import ConfigError, DataError
from outgrow.tasks.base import Output
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.classes import spelled
from outgrow.tasks.sources.content import check_encoding
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.label_values import Values, meaning, names_of, readings
from outgrow.tasks.sources.probabilities import probabilities
from outgrow.tasks.sources.reading import read_table, table_files
from outgrow.tasks.sources.records import Cells, Table, check_columns
from outgrow.tasks.sources.rows import because, key
from outgrow.tasks.sources.separated import check_delimiter
from outgrow.tasks.sources.templates import shown

if TYPE_CHECKING:
    import numpy as np

OPTIONS = ("columns", "annotator", "values", "encoding", "delimiter")  # which say how a file is read
WHOLE = re.compile(r"-?\d+\.0+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A row about one of the task's examples, of one member."""

    number: int
    id: str
    member: str
    cells: Cells


def check_options(*, columns: Sequence[str], annotator: str, values: Values, encoding: str, delimiter: str) -> None:
    """ConfigError where columns of several labellers do not fit together, or text cannot be read so."""
    check_encoding(encoding, where="[weak]")
    check_delimiter(delimiter, where="[weak]")
    if len(set(columns)) < len(columns) or (annotator and len(columns) > 1):
        raise ConfigError(
            f"columns = {list(columns)}: several columns are of one labeller each: name each once, and leave annotator "
            "out"
        )


def content(path: str) -> list[str]:
    """SHA-256 of the file, or of each of a folder's."""
    return [fingerprint(file) for file in table_files(path)]


def read_labels(
    path: str,
    ids: Sequence[str],
    output: Output,
    *,
    known: Sequence[str],
    columns: Sequence[str] = (),
    annotator: str = "",
    values: Values = "auto",
    encoding: str = "",
    delimiter: str = "",
) -> tuple[np.ndarray, list[str]]:
    """Labels of these examples, float32 [members, n, classes], rows summing to 1, or zero for nothing; and notes.

    DataError if one has no row, or the table is not in order.

    Args:
        path: a table with `id`, or `text` where ids are hashes of it, and either `label` or a column per class.
        known: ids of all the task's examples in use; rows for others are left out, but some must be among them.
        columns: of labels, each of a member, in place of `label`.
        annotator: a column; rows of one example are labels of several members.
        values: whether labels are names or numbers of classes; `auto` finds out, once for the file.
        encoding, delimiter: as of `reading.read_table`.
    """
    import numpy as np

    table = _table(path, tuple(content(path)), encoding, delimiter)
    notes = list(table.notes)
    labels, classes = _columns(table, output, columns, values, path, notes)
    rows, others = _rows(table, frozenset(known), annotator, path, notes, example=known[0])
    there = {row.id for row in rows}
    if missing := [one for one in ids if one not in there]:
        raise DataError(
            f"{path} has no row for {len(missing):,} of {len(ids):,} examples, such as id {missing[0]!r}; "
            "every example of transfer, validation and test needs one (weak_score is measured on test); an empty label "
            f"says that there is none{because(table.notes)}"
        )
    members = tuple(labels) if len(labels) > 1 else tuple(sorted({row.member for row in rows}))
    place = {one: i for i, one in enumerate(ids)}
    number = {one: i for i, one in enumerate(members)}
    votes = np.zeros((len(members), len(ids), output.n_classes), np.float32)
    if classes:
        table_of = [[row.cells.get(one) for one in classes] for row in rows]
        found = probabilities(table_of, path=path, ids=[row.id for row in rows], notes=notes)
        for row, own in zip(rows, found, strict=True):
            if row.id in place:
                votes[number[row.member], place[row.id]] = own
        return votes, notes
    said = [[_label(row.number, row.cells, one, path) for one in labels] for row in rows]
    rest = {_label(n, cells, one, path) for n, cells in others for one in labels}
    used = Counter(one for own in said for one in own)
    chosen = meaning(used, rest, output, values=values, source=path)
    if lacking := sorted({*range(output.n_classes)} - {*chosen.values()}):
        names = names_of(output)
        told = ", ".join(names[i] for i in lacking[:5]) + (f" and {len(lacking) - 5:,} more" if lacking[5:] else "")
        notes.append(f"{path}: no label is {told}{' (numbers of classes begin at 0)' if lacking[0] == 0 else ''}")
    for row, own in zip(rows, said, strict=True):
        for column, label in zip(labels, own, strict=True):
            one = chosen[label]
            if one is not None and row.id in place:
                votes[number[column if len(labels) > 1 else row.member], place[row.id], one] = 1
    return votes, notes


def _label(number: int, cells: Cells, column: str, path: str) -> str:
    return spelled(cells.get(column), where=f"{path}, row {number:,}: {column!r}")


def _columns(
    table: Table, output: Output, columns: Sequence[str], values: Values, path: str, notes: list[str]
) -> tuple[list[str], list[str]]:
    """The columns of labels, or those of probabilities, one of each class; the others are empty."""
    if columns:
        check_columns(columns, table.columns, source=path)
        return list(columns), []
    names, complete = names_of(output), []
    for reading, known in readings(output, path).items():
        if values in ("auto", reading):
            forms = [[one for one, number in known.items() if number == i] for i in range(output.n_classes)]
            complete.append([_any_column(table, own) for own in forms])
    fit = list(dict.fromkeys(tuple(one) for one in complete if all(one)))
    label = _column(table, "label")
    if label and fit:
        raise DataError(
            f"{path} has a column {label!r} and one per class, {', '.join(fit[0])}: leave one of both out, or set "
            f'columns = ["{label}"] in [weak]'
        )
    if len(fit) > 1:
        raise DataError(
            f"{path} has columns for the names of the classes, {', '.join(fit[0])}, and for their numbers, "
            f'{", ".join(fit[1])}: set values = "names" or "numbers" in [weak]'
        )
    if not label and not fit:
        raise DataError(
            f"{path} needs a column 'label', or one per class: {', '.join(names)}; its columns are "
            f"{', '.join(table.columns)}"
        )
    _tell(label and [label], label and ["label"], path, notes)
    return ([label], []) if label else ([], list(fit[0]))


def _rows(
    table: Table, known: frozenset[str], annotator: str, path: str, notes: list[str], *, example: str
) -> tuple[list[_Row], list[tuple[int, Cells]]]:
    """The rows of the task's examples, and those of others."""
    by = _column(table, "id")
    text = "" if by else _column(table, "text")
    if not table.rows or not (by or text):
        raise DataError(
            f"{path} needs at least one row, and a column 'id' in every row (or 'text', where ids are hashes of it); "
            f"its columns are {', '.join(table.columns) or 'none'}"
        )
    if annotator:
        check_columns([annotator], table.columns, source=path)
    seen: dict[tuple[str, str], int] = {}
    rows, others, first = [], [], ""
    for number, cells in table.rows:
        one = shown(cells.get(by)) if by else key(str(cells.get(text) or "").strip())
        if not one:
            raise DataError(f"{path}, row {number:,}: no {by!r}; it needs a column 'id' in every row")
        if one not in known and WHOLE.fullmatch(one):  # numbers that a program took for decimals
            one = one.split(".")[0]
        member = (shown(cells.get(annotator)) or f"row {number}") if annotator else ""
        if (before := seen.setdefault((one, member), number)) != number:
            who = f" with the {annotator!r} {member!r}" if annotator else ""
            cure = "" if annotator else '; if several people labelled each example, set annotator = "COLUMN" in [weak]'
            raise DataError(f"{path}: id {one!r} stands there twice{who}, in rows {before:,} and {number:,}{cure}")
        first = first or one
        if one in known:
            rows.append(_Row(number=number, id=one, member=member, cells=cells))
        else:
            others.append((number, cells))
    if not rows:
        raise DataError(
            f"{path}: none of its ids, such as {first!r}, is an id of the task's examples, such as {example!r}; "
            "those are the column that `id` names in [task], or else hashes of the texts: set id there to the column "
            "that this file's ids come from, or write the task's own (task.load().ids) into this file"
        )
    _tell([by], ["id"], path, notes)
    return rows, others


def _column(table: Table, name: str) -> str:
    """The column of a name, or the only one that is like it but for case and blanks; else nothing."""
    like = [one for one in table.columns if folded(one) == folded(name)]
    return name if name in table.columns else like[0] if len(like) == 1 else ""


def _any_column(table: Table, names: Sequence[str]) -> str:
    return next(filter(None, (_column(table, one) for one in names)), "")


def _tell(taken: Sequence[str], wanted: Sequence[str], path: str, notes: list[str]) -> None:
    notes += [
        f"{path}: took the column {one!r} for {name!r}"
        for one, name in zip(taken, wanted, strict=True)
        if one and one != name
    ]


@lru_cache(maxsize=4)
def _table(path: str, content: tuple[str, ...], encoding: str, delimiter: str) -> Table:
    """`content` is there so that a changed file is read again."""
    return read_table(path, encoding=encoding, delimiter=delimiter)
