"""The truths of an audited model folder, taken over for another training."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from outgrow.errors import DataError
from outgrow.own_labels.table import WeakTable
from outgrow.own_model.audited import known
from outgrow.plain import counted, plain
from outgrow.student.folder import FACTS
from outgrow.tasks.sources.label_values import names_of


def is_audited(path: str) -> bool:
    """Whether this is a model folder, rather than a column's name."""
    return bool(path) and os.path.isfile(os.path.join(path, FACTS))


def take_truths(table: WeakTable, folder: Path) -> np.ndarray:
    """Give a table the truths that a model folder knows; numbers of the rows that were not drawn at random, int64.

    Raises:
        ConfigError, DataError: the folder has none, they are of other rows or classes, or the table says otherwise.
    """
    state, shown = known(folder), plain(str(folder))
    names = names_of(state.rows.output)
    place = {one: i for i, one in enumerate(table.ids)}
    classes = {name: i for i, name in enumerate(table.classes)}
    chosen, taken, lost = [], 0, 0
    for i in np.flatnonzero(state.rows.truth >= 0):
        one, name = state.rows.ids[i], names[state.rows.truth[i]]
        row = place.get(one)
        if row is None:
            lost += 1
            continue
        if name not in classes:
            raise DataError(
                f"{shown} says that row {table.rows[row]:,} of {table.name} is {name!r}, and the classes are "
                f"{', '.join(table.classes)}: name all with --classes"
            )
        if table.truth[row] not in (-1, classes[name]):
            raise DataError(f"{shown} says that row {table.rows[row]:,} of {table.name} is {name!r}, the table not so")
        table.truth[row] = classes[name]
        taken += 1
        if one not in state.alike:
            chosen.append(row)
    if not taken + lost:
        raise DataError(
            f"--audited {shown}: nobody has checked a row of it yet; `outgrow audit {shown} --plan --out to-check.csv` "
            "says which to check"
        )
    if not taken:
        raise DataError(
            f"--audited {shown}: none of its {counted(lost, 'checked row')} is in {table.name}; read the same columns "
            "as it did"
        )
    if lost:
        table.notes.append(f"{counted(lost, 'checked row')} of {shown} that the table does not have")
    return np.array(sorted(chosen), np.int64)
