"""What labellers say as votes: which classes there are, and what each labeller says of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.own_labels.said import Said
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.class_forms import ordered
from outgrow.tasks.sources.classes import NUMBER, check_few, classes_found
from outgrow.tasks.sources.cures import as_options
from outgrow.tasks.sources.label_values import SILENT, Values, meaning, names_of
from outgrow.tasks.sources.probabilities import probabilities

if TYPE_CHECKING:
    import numpy as np

PAIR = ("first", "second")  # the classes of two candidates
TIES = ("tie", "tied", "both", "neither", "equal", "same", "draw")  # what people write where neither is better


def output_of(
    said: Sequence[Said], *, checked: Sequence[Said] = (), kind: str, classes: Sequence[str], source: str
) -> tuple[Output, list[str]]:
    """The classes, and notes on what was taken for none.

    Args:
        checked: what audited cells hold; a class that stands there alone is one too.
        classes: in order, where they were given.

    Raises:
        DataError: there are none, or just one; or some labellers give names and others numbers.
    """
    if kind == "preference":
        return Output(kind="preference", n_classes=2, class_names=PAIR), []
    if classes:
        return Output(kind="classification", n_classes=len(classes), class_names=tuple(classes)), []
    named = [one.of for one in said if one.of]
    words = {one.name: Counter(word for word in one.words if word) for one in said if one.words is not None}
    used = {name: {one for one in counts if one.lower() not in SILENT} for name, counts in words.items()}
    numbers = [name for name, own in used.items() if own and all(NUMBER.fullmatch(one) for one in own)]
    texts = [name for name, own in used.items() if own and name not in numbers]
    if numbers and (texts or named):
        other = ", ".join(sorted(used[texts[0]])[:5]) if texts else ", ".join(named[0])
        raise DataError(
            f"{source}: {numbers[0]!r} holds numbers ({', '.join(sorted(used[numbers[0]])[:5])}) and "
            f"{(texts or [one.name for one in said if one.of])[0]!r} names ({other}): say which number is which with "
            "--classes, in the order of the numbers from 0"
        )
    every = [word for counts in words.values() for word in counts.elements() if word.lower() not in SILENT]
    if not every and not named:
        raise DataError(
            f"{source}: {' and '.join(repr(one.name) for one in said)} "
            + (
                "hold a probability each, of one of two classes: name both with --classes, the one that it is of last"
                if any(one.shares for one in said)
                else "hold no label at all; check the names of the columns"
            )
        )
    found: list[str] = []
    notes: list[str] = []
    for name, own in words.items():  # what others say too is a class, however seldom this one says it
        others = {word for other, counts in words.items() if other != name for word in counts}
        check_few(Counter({word: n for word, n in own.items() if word not in others}), source=source, column=name)
    if every:
        found, notes = classes_found(every, source=source, column=", ".join(words), spell=as_options)
    found = [*found, *(one for one in dict.fromkeys(one for own in named for one in own) if one not in found)]
    if found == ["1"] and any(counts["-1"] for counts in words.values()):
        raise DataError(
            f"{source}: labels are -1 and 1, and -1 would say that there is none: if it is a class, say --classes=-1,1"
        )
    if len(found) < 2:
        raise DataError(
            f"{source}: every label is {found[0]!r}; at least two classes are needed: check the columns of "
            "--labels, or name all classes with --classes"
        )
    new = dict.fromkeys(word for one in checked for word in one.words or [] if word.lower() not in SILENT)
    if new and not set(found) & new.keys():
        raise DataError(
            f"{source}: {checked[0].name!r} holds {', '.join(sorted(new)[:5])}, and no label is one of these but "
            f"{', '.join(found[:5])}: name the column of the truth with --audited, or all classes with --classes"
        )
    if unheard := [word for word in new if word not in found]:
        found = ordered(Counter([*found, *unheard]))
    return Output(kind="classification", n_classes=len(found), class_names=tuple(found)), notes


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
    if output.kind == "preference":
        return _plain_pairs(said, source, notes)
    if classes:
        return list(said)
    names = set(names_of(output))  # the others stand there once, and are no class, which is told by then
    return [
        one
        if one.words is None
        else replace(one, words=[w if w in names or w.lower() in SILENT else "" for w in one.words])
        for one in said
    ]


def _plain_pairs(said: Sequence[Said], source: str, notes: list[str]) -> list[Said]:
    """`first` and `second` for whatever words or numbers say so, alike for all labellers; nothing for ties."""
    low = {one.name: [word.lower() for word in one.words] for one in said if one.words is not None}
    words = Counter(word for own in low.values() for word in own)
    if ties := sum(words[tie] for tie in TIES):
        told = " or ".join(repr(tie) for tie in TIES if words[tie])
        notes.append(f"{counted(ties, 'label')} of {told}: counted as no label, as neither candidate is better")
    meant = dict.fromkeys(TIES, "") | {"a": "first", "b": "second"}
    numbers = {word for word in words if word in ("0", "1", "2")}
    if numbers == {"1"}:
        raise DataError(
            f"{source}: {' and '.join(repr(name) for name, own in low.items() if '1' in own)} says 1 and never 0 or 2, "
            "so nobody knows whether that is the first candidate or the second: write first and second"
        )
    if "2" in numbers and "0" not in numbers:
        meant |= {"1": "first", "2": "second"}
    else:
        meant |= {"0": "first", "1": "second"}
    return [
        one
        if one.words is None
        else replace(
            one, words=[meant.get(word.lower(), word.lower() if word.lower() in PAIR else word) for word in one.words]
        )
        for one in said
    ]


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
        where = [f"row {number:,}" for number in rows]
        if one.of:
            if strange := [name for name in one.of if name not in names]:
                raise DataError(f"{source}: {one.name!r} has a column for {strange[0]!r}, which is no class of {names}")
            found = probabilities(one.shares, path=f"{source}: {one.name!r}", ids=where, notes=notes)
            votes = np.zeros((len(found), output.n_classes), np.float32)
            votes[:, [names.index(name) for name in one.of]] = found
            return votes
        if output.n_classes != 2:
            raise DataError(
                f"{source}: {one.name!r} holds one probability a row, and there are {output.n_classes} classes; give a "
                f"column for each class, such as p_{names[0]}, and name them with --labels 'p_*'"
            )
        turned = (
            "" if output.kind == "preference" else f"; if it is that of {names[0]!r}, name that one last in --classes"
        )
        notes.append(f"{one.name!r} holds a probability: taken for that of {names[1]!r}{turned}")
        second = np.array([float(str(cells[0])) if cells[0] != "" else np.nan for cells in one.shares])
        return np.asarray(np.nan_to_num(np.stack([1 - second, second], 1)), np.float32)
    assert one.words is not None
    used = Counter(one.words)
    if set(used) <= {"", "-1"}:
        raise DataError(f"{source}: {one.name!r} holds no label at all; leave it out, or check its name")
    every = {word for own in others for word in own.words or [] if word.lower() not in SILENT}
    values: Values = "names" if every <= {*names} else "auto"
    chosen = meaning(used, every, output, values=values, source=f"{source}: {one.name!r}")
    numbers = np.array([-1 if (number := chosen[word]) is None else number for word in one.words])
    return np.asarray(numbers[:, None] == np.arange(output.n_classes), np.float32)
