"""Somebody's table: texts, pairs or images, weak labels, and perhaps the truth of some rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.own_labels import audited
from outgrow.own_labels.annotators import annotators
from outgrow.own_labels.checks import FEWEST, check
from outgrow.own_labels.classes import output_of
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.matrix import read_matrix
from outgrow.own_labels.pairs import PAIR
from outgrow.own_labels.pictures import references
from outgrow.own_labels.said import read_said
from outgrow.own_labels.seen import Seen, seen
from outgrow.own_labels.tables import as_one
from outgrow.own_labels.votes import plain_said, votes_of
from outgrow.own_labels.weak_table import WeakTable
from outgrow.plain import counted
from outgrow.steps.examples import noting
from outgrow.tasks.base import Output
from outgrow.tasks.sources.alike import bare, folded, joined
from outgrow.tasks.sources.label_values import names_of
from outgrow.tasks.sources.records import Table, check_columns
from outgrow.tasks.sources.rows import key
from outgrow.tasks.sources.templates import shown

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FEWEST", "WeakTable", "read"]

ALIKE = 1e-6  # by which two equal probabilities may differ


def read(paths: Sequence[str], columns: Columns) -> WeakTable:
    """Read tables, one after the other, as one; all that is dropped, joined or guessed is counted in `notes`.

    Raises:
        ConfigError, DataError: what is wrong with them, where, and what to do.
    """
    table, folders = as_one(paths, columns)
    notes = list(table.notes)
    with noting(notes):
        return _read(table, folders, columns, notes)


def _read(table: Table, folders: Sequence[Path], columns: Columns, notes: list[str]) -> WeakTable:
    matrix = [one for one in columns.labels if one.lower().endswith(".npy")]
    named = [one for one in columns.labels if one not in matrix]
    n, source = len(table.rows), table.source
    if not n:
        raise DataError(f"{source} has no rows")
    check_columns(
        [one for one in (columns.annotator, columns.group, *columns.sources) if one], table.columns, source=source
    )
    said = read_said(table, named, columns.no_label)
    checked = read_said(table, [columns.audited], columns.no_label) if columns.audited else []
    votes: list[np.ndarray] = []
    labellers: list[str] = []
    classes = columns.classes if columns.kind == "classification" else PAIR
    for path in matrix:
        names, own, k = read_matrix(path, n, classes=classes, notes=notes)
        labellers, votes = [*labellers, *names], [*votes, *own]
        classes = classes or tuple(map(str, range(k)))
    output, told = output_of(said, kind=columns.kind, classes=classes, source=source)
    notes += told
    rows = [number for number, _ in table.rows]
    checked = [audited.told(one, output, classes=classes, source=source, notes=notes) for one in checked]
    every = plain_said([*said, *checked], output, classes=classes, source=source, notes=notes)
    for one in every[: len(said)]:
        votes.append(votes_of(one, output, others=every, source=source, rows=rows, notes=notes))
        labellers.append(one.name)
    votes = [_wide(own, output) for own in votes]
    truth = audited.truth_of(every[len(said) :], output, others=every, source=source, rows=rows)
    inputs: Sequence[Seen] = seen(table, columns.inputs)
    marks = {one: (key(*one) if isinstance(one, tuple) else key(one), _mark(one)) for one in inputs if one}
    if columns.image:
        inputs, content, shows = references([str(one) for one in inputs], folders, source=source, notes=notes)
        marks = {one: (content[one], shows[one]) for one in content}
    whose = annotators(table, columns.annotator, labellers, notes)
    found = _merged(table, inputs, marks, votes, labellers, truth, whose, columns, output, notes)
    check(found)
    return found


def _wide(votes: np.ndarray, output: Output) -> np.ndarray:
    """Votes with a column for every class: a label matrix may lack the last ones."""
    import numpy as np

    return np.pad(votes, ((0, 0), (0, output.n_classes - votes.shape[1])))


def _merged(
    table: Table, inputs: Sequence[Seen], marks: Mapping[Seen, tuple[str, str]], votes: list[np.ndarray],
    labellers: list[str],
    truth: np.ndarray, whose: list[str], columns: Columns, output: Output, notes: list[str],
) -> WeakTable:  # fmt: skip
    """Each content once, with what all of its rows say of it.

    Args:
        marks: of each input a hash of its content, by which it is one example, and one that it shares with its likes.
    """
    import numpy as np

    members = list(dict.fromkeys(whose)) if whose else labellers
    of: dict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(inputs):
        if one:
            of[marks[one][0]].append(i)
    if blank := sum(not one for one in inputs):
        what = (
            "without two different candidates"
            if columns.first
            else f"without {'an image that can be used' if columns.image else 'text'}"
        )
        notes.append(f"dropped {counted(blank, 'row')} {what}")
    if not of:
        raise DataError(f"{table.source}: no row has {'both candidates' if columns.first else 'anything to see'}")
    place = {name: i for i, name in enumerate(members)}
    found = np.zeros((len(members), len(of), output.n_classes))
    known = np.full(len(of), -1)
    speaks = [np.asarray(own.any(1)) for own in votes]
    torn, repeated, clashes = 0, 0, []
    for at, (_, same) in enumerate(of.items()):
        by: dict[int, list[np.ndarray]] = defaultdict(list)
        for i in same:
            for labeller, own in enumerate(votes):
                if speaks[labeller][i]:
                    member = place[whose[i]] if whose else labeller
                    found[member, at] += own[i]
                    by[member].append(own[i])
        torn += sum(len(spoken) > 1 and bool(np.ptp(spoken, axis=0).max() > ALIKE) for spoken in by.values())
        repeated += sum(len(spoken) - 1 for spoken in by.values()) if whose else len(same) - 1
        said = {int(truth[i]) for i in same} - {-1}
        if len(said) > 1:
            clashes.append([table.rows[i][0] for i in same if truth[i] >= 0])
        known[at] = next(iter(said), -1)
    if clashes:
        names = names_of(output)
        raise DataError(
            f"{table.source}: {columns.audited!r} contradicts itself on {counted(len(clashes), 'text')}, such as in "
            f"rows {' and '.join(f'{one:,}' for one in clashes[0][:3])}, which are alike and have different truths of "
            f"{', '.join(names[:5])}: correct them, or empty those cells"
        )
    total = found.sum(-1, keepdims=True)
    found = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
    if repeated:
        whom = " by the same labeller" if whose else ""
        notes.append(f"{counted(repeated, 'row')} like an earlier one{whom}: joined with it, labels by their shares")
    if torn:
        notes.append(f"{counted(torn, 'time')} a labeller says different things of the same: each counts by its share")
    first = [same[0] for same in of.values()]
    like = [marks[inputs[i]][1] for i in first]
    given = [[*_cells(table, same, columns.group)] if columns.group else [] for same in of.values()]
    groups = joined(
        [own[0] if own else mark for own, mark in zip(given, like, strict=True)],
        [[mark, *(f"group {one}" for one in own)] for own, mark in zip(given, like, strict=True)],
    )
    for name in columns.sources:
        if several := sum(len(_cells(table, same, name)) > 1 for same in of.values()):
            notes.append(f"{counted(several, 'text')} with several values of {name!r}: the first one counts")
    shown_to_model: np.ndarray = np.empty((len(first), 2) if columns.first else len(first), object)
    for at, i in enumerate(first):
        shown_to_model[at] = inputs[i]
    return WeakTable(
        name=table.source,
        ids=list(of),
        groups=groups,
        inputs=shown_to_model,
        output=output,
        labellers=members,
        votes=found.astype(np.float32),
        truth=known,
        rows=[table.rows[i][0] for i in first],
        columns=columns,
        sources={name: [shown(table.rows[i][1].get(name)) or "(empty)" for i in first] for name in columns.sources},
        notes=notes,
    )


def _cells(table: Table, rows: Sequence[int], name: str) -> dict[str, None]:
    """What stands in a column of some rows, each value once."""
    return dict.fromkeys(cell for i in rows if (cell := shown(table.rows[i][1].get(name))))


def _mark(one: Seen) -> str:
    """Equal for what is alike but for blanks, case, punctuation or Unicode form, and the order of two candidates."""
    return key(*sorted(bare(folded(text)) for text in ((one,) if isinstance(one, str) else one)))
