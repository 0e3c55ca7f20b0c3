"""The truth of rows that somebody checked, as their cells say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.own_labels.said import Said
from outgrow.own_labels.strange import check_known, says_nothing, with_counts
from outgrow.own_labels.votes import votes_of
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.label_values import readings

if TYPE_CHECKING:
    import numpy as np


def told(one: Said, output: Output, *, classes: Sequence[str], source: str, notes: list[str]) -> Said:
    """Audited cells without those that say that nobody can tell, such as `?`, which are counted in `notes`.

    Args:
        classes: those that were given: only then can numbers be theirs, or a truth be one that no label says.

    Raises:
        DataError: they hold probabilities, or nothing, or words that are none of the classes.
    """
    if one.words is None:
        raise DataError(f"{source}: {one.name!r} holds probabilities, and the truth of a row is one class")
    names = {name.lower() for name in readings(output, source)["names"]}
    nothing = Counter(word for word in one.words if word and word.lower() not in names and says_nothing(word))
    if nothing:
        notes.append(f"{counted(nothing.total(), 'cell')} of {one.name!r} without a truth: {with_counts(nothing)}")
    words = ["" if word in nothing else word for word in one.words]
    if not any(words):
        raise DataError(f"{source}: the audited column {one.name!r} is empty; leave --audited out, or check its name")
    if output.kind == "classification":
        check_known(one.name, Counter(filter(None, words)), output, source=source, numbers=bool(classes))
    return replace(one, words=words)


def truth_of(
    checked: Sequence[Said], output: Output, *, others: Sequence[Said], source: str, rows: Sequence[int]
) -> np.ndarray:
    """The class of each row, int64, -1 where nobody knows it."""
    import numpy as np

    found = np.full(len(rows), -1)
    for one in checked:
        votes = votes_of(one, output, others=others, source=source, rows=rows, notes=[])
        found = np.where(votes.any(1), votes.argmax(1), -1)
    return found
