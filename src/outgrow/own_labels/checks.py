"""What of a table nothing can be learned from is an error; what is odd is a note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.own_labels.pairs import PAIR
from outgrow.plain import counted
from outgrow.tasks.sources.class_forms import listed
from outgrow.tasks.sources.cures import as_options

if TYPE_CHECKING:
    import numpy as np

    from outgrow.own_labels.weak_table import WeakTable

FEWEST = 20  # rows with a weak label, below which nothing can be held out
FEW_GROUPS = 10


def check(table: WeakTable) -> None:
    """Add what is odd to the notes.

    Raises:
        DataError: nothing can be learned from it, or labellers count classes differently.
    """
    import numpy as np

    labelled = np.asarray(table.votes.any((0, 2)))
    n = int(labelled.sum())
    if n < FEWEST:
        raise DataError(
            f"{table.name}: {counted(n, 'row')} of {len(table.ids):,} {'has' if n == 1 else 'have'} a weak label; at "
            f"least {FEWEST} are needed"
        )
    _groups(table, labelled)
    _annotators(table)
    said = np.asarray(table.votes.any(1))  # [labellers, classes]
    _counted_alike(table, said)
    table.notes.extend(
        f"{name!r} labels no row that is kept" for name, own in zip(table.labellers, said, strict=True) if not own.any()
    )
    alone = (said & (said.sum(0) == 1)).sum(1)
    apart = _where(table.labellers, (alone == said.sum(1)) & (alone > 1))
    if apart and len(said) > 1:
        own = _where(table.classes, said[table.labellers.index(apart[0])])
        more = f", and so with {len(apart) - 1:,} more" if len(apart) > 1 else ""
        table.notes.append(
            f"{apart[0]!r} says {listed(own)}, and no other labeller says one of these{more}: look whether others call "
            "them otherwise"
        )
    heard = np.asarray(said.any(0))
    never = _where(table.classes, ~heard)
    if len(never) >= len(table.classes) - 1:
        only = next(iter(_where(table.classes, heard)), "")
        pairs = "; swap the candidates of about half of the rows, and their labels with them" if only in PAIR else ""
        raise DataError(f"{table.name}: every weak label is {only!r}; at least two classes must be labelled{pairs}")
    if never:
        it = "it" if len(never) == 1 else "them"
        table.notes.append(
            f"no weak label is {listed(never)}: the model can hardly learn {it}; only audited rows show {it}"
        )
    if len(table.labellers) == 1:
        table.notes.append("one labeller alone: nothing shows how often it is wrong but the rows that somebody audits")
    if left := len(table.ids) - n:
        table.notes.append(
            f"{counted(left, 'row')} of {len(table.ids):,} {'has' if left == 1 else 'have'} no weak label at all"
        )


def _where(names: Sequence[str], which: np.ndarray) -> list[str]:
    return [name for name, one in zip(names, which, strict=True) if one]


def _groups(table: WeakTable, labelled: np.ndarray) -> None:
    groups = len({group for group, said in zip(table.groups, labelled, strict=True) if said})
    if groups < 2:
        name = table.columns.group
        cure = f": name another column with --group than {name!r}, or leave it out" if name else ", as they are alike"
        raise DataError(f"{table.name}: all labelled rows are one group, so that none can be held out{cure}")
    if groups < FEW_GROUPS:
        table.notes.append(
            f"labelled rows are of {groups} groups alone: where rows are held out, so is much of what there is to learn"
        )


def _annotators(table: WeakTable) -> None:
    """A column that differs in every row says nothing of who labelled what."""
    spoke = table.votes.any(2)
    column, n = table.columns.annotator, len(table.labellers)
    if not column or n == 1:
        return
    if spoke.sum(1).max() == 1:
        raise DataError(
            f"{table.name}: each of the {n:,} values of --annotator {column!r} labels one row alone, so it does not "
            "say whose label a row is: name another column, or leave it out"
        )
    if spoke.sum(0).max() == 1:
        table.notes.append(
            f"no row is labelled by two of the {n:,} labellers that {column!r} names: nothing shows how they agree"
        )


def _counted_alike(table: WeakTable, said: np.ndarray) -> None:
    """DataError where some labellers count classes from 0 and others from 1, and nobody says all of them."""
    k = len(table.classes)
    if k < 3 or table.columns.classes or table.classes != [*map(str, range(k))]:
        return
    ends = {name: (own[0], own[-1]) for name, own in zip(table.labellers, said, strict=True) if own.sum() > 1}
    low = [name for name, (first, last) in ends.items() if first and not last]
    high = [name for name, (first, last) in ends.items() if last and not first]
    if low and high and len(low) + len(high) == len(ends):
        raise DataError(
            f"{table.name}: {listed(low)} {'says' if len(low) == 1 else 'say'} 0 and never {k - 1}, and {listed(high)} "
            f"{k - 1} and never 0: if some count classes from 0 and others from 1, write the numbers alike; if they "
            f"mean the same, set {as_options('labels', table.classes)}"
        )
