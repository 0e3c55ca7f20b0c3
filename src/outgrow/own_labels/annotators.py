"""Whose label each row is, where one column of a table says so."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.errors import ConfigError
from outgrow.plain import counted
from outgrow.tasks.sources.alike import folded
from outgrow.tasks.sources.class_forms import listed
from outgrow.tasks.sources.classes import spelled
from outgrow.tasks.sources.records import Table

NOBODY = "nobody named"


def annotators(table: Table, column: str, labellers: Sequence[str], notes: list[str]) -> list[str]:
    """The annotator of each row, one spelling for each value as of labels; () of no column.

    Those that are alike but for blanks, case or signs may be two, and are told.

    Raises:
        ConfigError: there are several labellers already.
    """
    if not column:
        return []
    if len(labellers) > 1:
        raise ConfigError(
            f"--annotator {column!r} says whose label each row of one column is, and there are "
            f"{len(labellers)} labellers: {', '.join(labellers[:5])}; leave it out"
        )
    found = [
        spelled(row.get(column), where=f"{table.source}, row {number:,}: {column!r}") for number, row in table.rows
    ]
    if nobody := sum(not one for one in found):
        notes.append(f"{counted(nobody, 'row')} without {column!r}: taken for labels of one labeller, {NOBODY!r}")
    alike: dict[str, list[str]] = {}
    for one in dict.fromkeys(found):
        alike.setdefault(folded(one), []).append(one)
    if twice := [names for names in alike.values() if len(names) > 1]:
        more = f", and so are {len(twice) - 1:,} others" if len(twice) > 1 else ""
        notes.append(
            f"{listed(twice[0])} of {column!r} are alike but for blanks, case or signs{more}: taken for different "
            "labellers; write one of these in the file if they are not"
        )
    return [one or NOBODY for one in found]
