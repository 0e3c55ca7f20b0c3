"""What each labeller says of each row, as votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.own_labels.pairs import plain_pairs
from outgrow.own_labels.said import Said
from outgrow.own_labels.strange import check_known
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.class_forms import listed, ordered
from outgrow.tasks.sources.classes import MISSING, NUMBER
from outgrow.tasks.sources.cures import as_options
from outgrow.tasks.sources.label_values import SILENT, Values, meaning, names_of
from outgrow.tasks.sources.probabilities import probabilities

if TYPE_CHECKING:
    import numpy as np


def plain_said(
    said: Sequence[Said], output: Output, *, classes: Sequence[str], source: str, notes: list[str]
) -> list[Said]:
    """What labellers say in the words of the classes: what all of it together shows to be no class is left out.

    Args:
        classes: those that were given.
        notes: takes what there is to tell.

    Raises:
        DataError: it can be read in two ways.
    """
    names = set(names_of(output))  # the others stand there once, and are no class, which is told by then
    notes += _minus_ones(said, names)
    if output.kind == "preference":
        return plain_pairs(said, source, notes)
    if classes:
        return list(said)
    return [
        one
        if one.words is None
        else replace(one, words=[w if w in names or w.lower() in SILENT else "" for w in one.words])
        for one in said
    ]


def _minus_ones(said: Sequence[Said], names: set[str]) -> list[str]:
    """Who says -1, which is no label unless it is a class."""
    by = {one.name: n for one in said if "-1" not in names and (n := (one.words or []).count("-1"))}
    if not by:
        return []
    shown = ", ".join(f"{n:,} times by {name!r}" for name, n in [*by.items()][:5])
    more = f" and by {len(by) - 5:,} more" if len(by) > 5 else ""
    numbered = all(NUMBER.fullmatch(name) for name in names)
    cure = f"; if it is a class, set {as_options('labels', ordered([*names, '-1']))}" if numbered else ""
    return [f"-1 is read as no label, {shown}{more}{cure}"]


def votes_of(
    one: Said, output: Output, *, others: Sequence[Said], source: str, rows: Sequence[int], notes: list[str]
) -> np.ndarray:
    """A labeller's votes float32 [n, classes]; a row of zeros is an abstention.

    Args:
        others: what all labellers and the audited cells hold: numbers mean the same everywhere.

    Raises:
        DataError: a label is no class, or what it means is not clear.
    """
    import numpy as np

    names = names_of(output)
    if one.shares is not None:
        return _of_classes(one, output, source, rows, notes) if one.of else _of_second(one, output, source, notes)
    assert one.words is not None
    used = Counter(one.words)
    heard = Counter({word: n for word, n in used.items() if word.lower() not in SILENT or word in names})
    if not heard:
        raise DataError(f"{source}: {one.name!r} holds no label at all; leave it out, or check its name")
    check_known(one.name, heard, output, source=source)
    if all(NUMBER.fullmatch(name) for name in names) and not heard.keys() <= {*names}:
        notes.append(f"{one.name!r} counts classes from 0: its 0 is taken for {names[0]!r}")
    every = {word for own in others for word in own.words or [] if word.lower() not in SILENT}
    values: Values = "names" if every <= {*names} else "auto"
    chosen = meaning(used, every, output, values=values, source=f"{source}: {one.name!r}")
    numbers = np.array([-1 if (number := chosen[word]) is None else number for word in one.words])
    return np.asarray(numbers[:, None] == np.arange(output.n_classes), np.float32)


def _of_classes(one: Said, output: Output, source: str, rows: Sequence[int], notes: list[str]) -> np.ndarray:
    """Votes of a labeller who gives a probability of each class."""
    import numpy as np

    names = names_of(output)
    place = {i: names.index(name) for i, name in enumerate(one.of) if name in names}
    if left := [name for name in one.of if name not in names]:
        if len(place) < 2:
            raise DataError(
                f"{source}: {one.name!r} has columns for {listed(one.of)}, and the classes are {listed(names)}: name "
                "the columns as the classes are called"
            )
        notes.append(f"{one.name!r}: columns of {listed(left)} are left out, as these are no classes")
    cells = [[row[i] for i in place] for row in one.shares or ()]
    where = [f"row {number:,}" for number in rows]
    try:
        found = probabilities(cells, path=f"{source}: {one.name!r}", ids=where, notes=notes)
    except DataError as error:
        taken = [one.columns[i] for i in place]
        raise DataError(
            f"{error}; {one.name!r} is one labeller with the columns {', '.join(taken[:20])}: if one is no "
            "probability, name the classes with --classes; if each is a labeller's, list them in --labels"
        ) from None
    blank = {*MISSING, "none"}
    zero = sum(any(str(cell).strip().lower() not in blank for cell in row) and not own.any()
               for row, own in zip(cells, found, strict=True))  # fmt: skip
    if zero:
        notes.append(f"{counted(zero, 'row')} of {one.name!r} with no probability above 0: read as no label")
    votes = np.zeros((len(found), output.n_classes), np.float32)
    votes[:, [*place.values()]] = found
    return votes


def _of_second(one: Said, output: Output, source: str, notes: list[str]) -> np.ndarray:
    """Votes of a labeller who gives the probability of the second of two classes."""
    import numpy as np

    names = names_of(output)
    if output.n_classes != 2:
        raise DataError(
            f"{source}: {one.name!r} holds one probability a row, and there are {output.n_classes} classes; give a "
            f"column for each class, such as p_{names[0]}, and name them with --labels 'p_*'"
        )
    turned = "" if output.kind == "preference" else f"; if it is that of {names[0]!r}, name that one last in --classes"
    notes.append(f"{one.name!r} holds a probability: taken for that of {names[1]!r}{turned}")
    second = np.array([float(str(cells[0])) if cells[0] != "" else np.nan for cells in one.shares or ()])
    return np.asarray(np.nan_to_num(np.stack([1 - second, second], 1)), np.float32)
