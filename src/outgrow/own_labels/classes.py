"""Which classes there are, as all labellers together show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from outgrow.errors import DataError
from outgrow.own_labels.pairs import PAIR
from outgrow.own_labels.said import Said
from outgrow.own_labels.strange import near
from outgrow.tasks.base import Output
from outgrow.tasks.sources.class_forms import check_alike
from outgrow.tasks.sources.classes import NUMBER, check_few, classes_found
from outgrow.tasks.sources.cures import as_options
from outgrow.tasks.sources.label_values import SILENT

RARE = 20  # times less than an even share, from which on a class may be a slip


def output_of(said: Sequence[Said], *, kind: str, classes: Sequence[str], source: str) -> tuple[Output, list[str]]:
    """The classes, and notes on what was taken for none, or is seldom said.

    Args:
        classes: in order, where they were given.

    Raises:
        DataError: there are none, or just one; or some labellers give names and others numbers, or other spellings.
    """
    if kind == "preference":
        return Output(kind="preference", n_classes=2, class_names=PAIR), []
    if classes:
        return Output(kind="classification", n_classes=len(classes), class_names=tuple(classes)), []
    named = [one for one in said if one.of]
    words = {one.name: Counter(filter(None, one.words)) for one in said if one.words is not None}
    used = {name: {one for one in counts if one.lower() not in SILENT} for name, counts in words.items()}
    _check_one_kind(used, named, source)
    every = sum(words.values(), Counter[str]())
    heard = Counter({word: n for word, n in every.items() if word.lower() not in SILENT})
    if not heard and not named:
        raise DataError(f"{source}: {_speechless(said)}")
    for name, own in words.items():  # what others say too is a class, however seldom this one says it
        others = {word for other, counts in words.items() if other != name for word in counts}
        check_few(Counter({word: n for word, n in own.items() if word not in others}), source=source, column=name)
    found: list[str] = []
    notes: list[str] = []
    if heard:
        found, notes = classes_found(heard.elements(), source=source, column=", ".join(words), spell=as_options)
        notes += _rare(Counter({name: heard[name] for name in found}))
    if named:
        columns = Counter({name: len(one.shares or ()) for one in named for name in one.of})
        check_alike(heard + columns, f"{source}: {', '.join(one.name for one in said)!r}", as_options)
        found += [name for name in columns if name not in found]
    if found == ["1"] and every["-1"]:
        raise DataError(
            f"{source}: labels are -1 and 1, and -1 would say that there is none: if it is a class, say --classes=-1,1"
        )
    if len(found) < 2:
        raise DataError(
            f"{source}: every label is {found[0]!r}; at least two classes are needed: check the columns of "
            "--labels, or name all classes with --classes"
        )
    return Output(kind="classification", n_classes=len(found), class_names=tuple(found)), notes


def _check_one_kind(used: dict[str, set[str]], named: Sequence[Said], source: str) -> None:
    numbers = [name for name, own in used.items() if own and all(NUMBER.fullmatch(one) for one in own)]
    names = {name: sorted(own) for name, own in used.items() if own and name not in numbers}
    names |= {one.name: list(one.of) for one in named if not all(NUMBER.fullmatch(name) for name in one.of)}
    if numbers and names:
        other, shown = next(iter(names.items()))
        raise DataError(
            f"{source}: {numbers[0]!r} holds numbers ({', '.join(sorted(used[numbers[0]])[:5])}) and "
            f"{other!r} names ({', '.join(shown[:5])}): say which number is which with "
            "--classes, in the order of the numbers from 0"
        )


def _speechless(said: Sequence[Said]) -> str:
    """What to say where nobody names a class."""
    columns = " and ".join(repr(one.name) for one in said)
    if not any(one.shares for one in said):
        return f"{columns} {'hold' if len(said) > 1 else 'holds'} no label at all; check the names of the columns"
    return (
        f"{columns} {'hold a probability each' if len(said) > 1 else 'holds a probability'}, of one of two classes: "
        "name both with --classes, the one that it is of last; or if each column is of another class, call them "
        "p_CLASS and say --labels 'p_*'"
    )


def _rare(counts: Counter[str]) -> list[str]:
    """Which classes are seldom said, and what may be meant."""
    few = [name for name in counts if counts[name] * len(counts) * RARE < counts.total()]
    if not few:
        return []
    often = [*(name for name in counts if name not in few), "abstain"]
    shown = [
        f"{name[:40]!r} ({counts[name]:,}{f', much like {like!r}' if (like := near(name, often)) else ''})"
        for name in few[:5]
    ]
    more = f" and {len(few) - 5:,} more" if len(few) > 5 else ""
    return [
        f"classes with few labels: {', '.join(shown)}{more}; if one is none, correct it in the file, or set "
        f"{as_options('no_label', few[:1])}"
    ]
