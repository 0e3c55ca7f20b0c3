"""Somebody's table: texts, pairs or images, weak labels, and perhaps the truth of some rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outgrow.errors import ConfigError, DataError
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.matrix import read_matrix
from outgrow.own_labels.pictures import references
from outgrow.own_labels.said import Said, read_said
from outgrow.own_labels.seen import Seen, seen
from outgrow.own_labels.tables import as_one
from outgrow.own_labels.votes import PAIR, output_of, plain_said, votes_of
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.alike import bare, folded, joined
from outgrow.tasks.sources.class_forms import listed
from outgrow.tasks.sources.label_values import names_of
from outgrow.tasks.sources.records import Table, check_columns
from outgrow.tasks.sources.rows import because, key
from outgrow.tasks.sources.templates import shown

if TYPE_CHECKING:
    import numpy as np

NOBODY = "nobody named"
ALIKE = 1e-6  # by which two equal probabilities may differ
FEW_GROUPS = 10
FEWEST = 20  # rows with a weak label, below which nothing can be held out


@dataclass(frozen=True, kw_only=True)
class WeakTable:
    """Rows with what labellers say of them.

    Args:
        ids, groups: n; rows that are alike are a group.
        inputs: as a model sees them: texts object [n], or pairs object [n, 2], or references to images object [n].
        votes: float32 [labellers, n, classes]; a row sums to 1, or is zero where that labeller abstains.
        truth: int64 [n], -1 where nobody checked.
        rows: the number of each row in its file, as an editor shows it.
        sources: by column, where each row comes from.
        columns: as they were given.
        notes: what reading had to tell.
    """

    name: str
    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    output: Output
    labellers: list[str]
    votes: np.ndarray
    truth: np.ndarray
    rows: list[int]
    columns: Columns
    sources: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return names_of(self.output)

    @property
    def audited(self) -> np.ndarray:
        """Numbers of the rows that somebody checked, int64."""
        import numpy as np

        return np.flatnonzero(self.truth >= 0)


def read(paths: Sequence[str], columns: Columns) -> WeakTable:
    """Read tables, one after the other, as one; all that is dropped, joined or guessed is counted in `notes`.

    Raises:
        ConfigError, DataError: what is wrong with them, where, and what to do.
    """
    matrix = [one for one in columns.labels if one.lower().endswith(".npy")]
    named = [one for one in columns.labels if one not in matrix]
    table, folders = as_one(paths, columns)
    n, source = len(table.rows), table.source
    if not n:
        raise DataError(f"{source} has no rows{because(table.notes)}")
    check_columns(
        [one for one in (columns.annotator, columns.group, *columns.sources) if one], table.columns, source=source
    )
    said = read_said(table, named, columns.no_label)
    checked = read_said(table, [columns.audited], columns.no_label) if columns.audited else []
    votes: list[np.ndarray] = []
    labellers: list[str] = []
    classes = columns.classes if columns.kind == "classification" else PAIR
    for path in matrix:
        names, own, k = read_matrix(path, n, classes=classes)
        labellers, votes = [*labellers, *names], [*votes, *own]
        classes = classes or tuple(map(str, range(k)))
    notes = list(table.notes)
    output, told = output_of(said, checked=checked, kind=columns.kind, classes=classes, source=source)
    notes += told
    rows = [number for number, _ in table.rows]
    every = plain_said([*said, *checked], output, classes=classes, source=source, notes=notes)
    for one in every[: len(said)]:
        votes.append(votes_of(one, output, others=every, source=source, rows=rows, notes=notes))
        labellers.append(one.name)
    votes = [_wide(own, output) for own in votes]
    truth = _truth(every[len(said) :], every, output, source, rows, notes)
    inputs: Sequence[Seen] = seen(table, columns.inputs)
    marks = {one: (key(*one) if isinstance(one, tuple) else key(one), _mark(one)) for one in inputs if one}
    if columns.image:
        inputs, content, shows = references([str(one) for one in inputs], folders, source=source, notes=notes)
        marks = {one: (content[one], shows[one]) for one in content}
    whose = _annotators(table, columns, labellers, notes)
    found = _merged(table, inputs, marks, votes, labellers, truth, whose, columns, output, notes)
    _check(found)
    return found


def _annotators(table: Table, columns: Columns, labellers: Sequence[str], notes: list[str]) -> list[str]:
    """Whose label each row is, where that is said."""
    if not columns.annotator:
        return []
    if len(labellers) > 1:
        raise ConfigError(
            f"--annotator {columns.annotator!r} says whose label each row of one column is, and there are "
            f"{len(labellers)} labellers: {', '.join(labellers[:5])}; leave it out"
        )
    found = [shown(row.get(columns.annotator)) for _, row in table.rows]
    if nobody := sum(not one for one in found):
        notes.append(
            f"{counted(nobody, 'row')} without {columns.annotator!r}: taken for labels of one labeller, {NOBODY!r}"
        )
    return [one or NOBODY for one in found]


def _truth(
    checked: Sequence[Said], others: Sequence[Said], output: Output, source: str, rows: Sequence[int], notes: list[str]
) -> np.ndarray:
    import numpy as np

    if not checked:
        return np.full(len(rows), -1)
    (one,) = checked
    if one.words is None:
        raise DataError(f"{source}: {one.name!r} holds probabilities, and the truth of a row is one class")
    if not any(one.words):
        raise DataError(f"{source}: the audited column {one.name!r} is empty; leave --audited out, or check its name")
    found = votes_of(one, output, others=others, source=source, rows=rows, notes=notes)
    return np.where(found.any(1), found.argmax(1), -1)


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
        repeated += len(same) - 1
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
    if repeated and not whose:
        notes.append(f"{counted(repeated, 'row')} like an earlier one: their labels are joined with its")
    if torn:
        notes.append(f"{counted(torn, 'time')} a labeller says different things of the same: counted in equal shares")
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


def _cure(table: WeakTable) -> str:
    name = table.columns.group
    return f": name another column with --group than {name!r}, or leave it out" if name else ", as they are alike"


def _check(table: WeakTable) -> None:
    """What nothing can be learned from is an error; what is odd is a note."""
    import numpy as np

    labelled = np.asarray(table.votes.any((0, 2)))
    n = int(labelled.sum())
    silent = [name for name, own in zip(table.labellers, table.votes, strict=True) if not own.any()]
    if n < FEWEST:
        raise DataError(
            f"{table.name}: {counted(n, 'row')} of {len(table.ids):,} have a weak label; at least {FEWEST} are needed"
        )
    groups = len({group for group, said in zip(table.groups, labelled, strict=True) if said})
    if groups < 2:
        raise DataError(f"{table.name}: all labelled rows are one group, so that none can be held out{_cure(table)}")
    if groups < FEW_GROUPS:
        table.notes.append(
            f"labelled rows are of {groups} groups alone: where rows are held out, so is much of what there is to learn"
        )
    for name in silent:
        table.notes.append(f"{name!r} labels no row that is kept")
    counts = Counter({name: float(table.votes[..., i].sum()) for i, name in enumerate(table.classes)})
    never = [name for name in table.classes if not counts[name]]
    if len(never) >= len(table.classes) - 1:
        only = next((name for name in table.classes if counts[name]), "")
        pairs = "; swap the candidates of about half of the rows, and their labels with them" if only in PAIR else ""
        raise DataError(f"{table.name}: every weak label is {only!r}; at least two classes must be labelled{pairs}")
    if never:
        table.notes.append(
            f"no weak label is {listed(never)}: the model can hardly learn "
            f"{'it' if len(never) == 1 else 'them'}; only audited rows show {'it' if len(never) == 1 else 'them'}"
        )
    if len(table.labellers) == 1:
        table.notes.append("one labeller alone: nothing shows how often it is wrong but the rows that somebody audits")
    if n < len(table.ids):
        table.notes.append(f"{counted(len(table.ids) - n, 'row')} of {len(table.ids):,} have no weak label at all")
