"""Cells of a label column as classes: one spelling for each value, what is no label, and what is no class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from outgrow.errors import DataError

MOST = 1_000  # classes; a column with more different values is hardly a label
NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?", re.ASCII)  # not 007, which is a name
MISSING = {"", "nan", "<na>"}  # what programs write where there is nothing
BOOLEANS, BITS = {"true", "false"}, {"0", "1"}
FEW = 20  # rows, of which nothing can be told


def spelled(value: object, *, where: str) -> str:
    """A label as text, the same for the same value however it is written: 1, 1.0 and "1"; True and "true".

    Empty where there is none. Raises DataError, beginning with `where`, for what holds several.
    """
    if isinstance(value, (list, tuple, dict, bytes)):
        kind = {list: "list", tuple: "list", dict: "table", bytes: "bytes"}[type(value)]
        raise DataError(
            f"{where} holds {'' if kind == 'bytes' else 'a '}{kind}, {str(value)[:60]!r}, and a label is one value; "
            "choose a column with a class for each row"
        )
    if value is None:
        return ""
    text = str(value).strip()
    low = text.lower()
    if low in MISSING:
        return ""
    if low in BOOLEANS:
        return low
    if NUMBER.fullmatch(text):
        number = float(text)
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    return text


def classes_found(labels: Iterable[str], *, source: str, column: str) -> tuple[list[str], list[str]]:
    """The classes among labels as `spelled` gives them, in numeric order if all are numbers; and notes.

    A value that stands there once, among many that stand there often, is no class: a total, a title, a second header.

    Raises:
        DataError: the column is no label, or what a value means is not clear.
    """
    counts = Counter(label for label in labels if label)
    n = counts.total()
    if len(counts) > MOST or (n >= FEW and 2 * len(counts) > n):
        raise DataError(
            f"{source}: {column!r} has {len(counts):,} different values in {n:,} rows, such as "
            f"{next(iter(counts))[:60]!r}; it is probably not the label (at most {MOST:,} classes, each in "
            "several rows)"
        )
    if counts.keys() & BOOLEANS and counts.keys() & BITS:
        raise DataError(
            f"{source}: {column!r} says both true or false and 1 or 0: write one of them, or a third value would be "
            "a class"
        )
    others = counts.keys() - {"-1"}
    if "-1" in counts and len(others) > 1 and all(label.isdigit() for label in others):
        raise DataError(
            f"{source}: {column!r} is -1 in {counts['-1']:,} rows, and otherwise {_listed(_ordered(others))}: if -1 "
            "says that there is no label, set no_label = [-1]; if it is a class, set labels = "
            f"[-1, {', '.join(_ordered(others))}]"
        )
    once = [label for label, times in counts.items() if times == 1]
    notes = []
    if once and n >= FEW and len(counts) - len(once) >= 2:
        for label in once:
            del counts[label]
        notes.append(
            f"no class, since it stands in {column!r} once: {_listed(once)}; set labels = [...] where it is one"
        )  # fmt: skip
    return _ordered(counts), notes


def _ordered(labels: Iterable[str]) -> list[str]:
    try:
        return sorted(labels, key=float)
    except ValueError:
        return sorted(labels)


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(repr(label[:40]) for label in labels[:5])
    return shown + (f" and {len(labels) - 5:,} more" if len(labels) > 5 else "")
