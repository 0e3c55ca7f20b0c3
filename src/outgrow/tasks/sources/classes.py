"""Cells of a label column as classes: one spelling for each value, what is no label, and what is no class."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from outgrow.errors import DataError
from outgrow.tasks.sources.alike import folded

MOST = 1_000  # classes; a column with more different values is hardly a label
NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?", re.ASCII)  # not 007, which is a name
MISSING = {"", "nan", "-nan", "<na>", "null", "#n/a", "n/a", "#na"}  # what programs write where there is nothing
NOTHING = {"none", "na", "?", "-", "abstain", "unlabeled", "unlabelled"}  # what people may write, if it is no class
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
    if text[0] in "[{(" and _several(text):
        raise DataError(
            f"{where} holds a list written as text, {text[:60]!r}, and a label is one value; choose a column with a "
            "class for each row"
        )
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
            f"{source}: {column!r} holds both true or false and 1 or 0, which would be more than two classes: "
            "write one kind of them"
        )
    if odd := _no_label(counts):
        others = _ordered(counts.keys() - {odd})
        shown = [_quoted(one) for one in (odd, *others)]
        raise DataError(
            f"{source}: {column!r} is {odd} in {counts[odd]:,} rows, and otherwise {_listed(others)}: if {odd} says "
            f"that there is no label, set no_label = [{shown[0]}]; if it is a class, set labels = [{', '.join(shown)}]"
        )
    alike: dict[str, str] = {}
    for label in _ordered(counts):
        other = alike.setdefault(folded(label), label)
        if other != label and min(counts[other], counts[label]) > 1:
            raise DataError(
                f"{source}: {column!r} says both {other[:40]!r} ({counts[other]:,} rows) and {label[:40]!r} "
                f"({counts[label]:,}), which differ only in blanks, case or Unicode form: write one of them in the "
                "file, or name all classes in labels = [...] if these are two"
            )
    once = [label for label, times in counts.items() if times == 1]
    notes = []
    if once and n >= FEW and len(counts) - len(once) >= 2:
        for label in once:
            del counts[label]
        notes.append(
            f"taken for no class, since {column!r} has it only once: {_listed(once)}; set labels = [...] if it is one"
        )  # fmt: skip
    return _ordered(counts), notes


def _several(text: str) -> bool:
    """Whether a text is a list or table as JSON or Python write it."""
    try:
        return isinstance(ast.literal_eval(text), (list, tuple, dict, set))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _no_label(counts: Counter[str]) -> str:
    """The value that may say that there is no label: one below zero among other numbers, or a word for nothing."""
    below = [label for label in counts if re.fullmatch(r"-\d+", label)]
    others = counts.keys() - set(below)
    if len(below) == 1 and len(others) > 1 and all(label.isdigit() for label in others):
        return below[0]
    words = [label for label in counts if label.lower() in NOTHING and counts[label] > 1]
    return words[0] if len(words) == 1 and len(counts) > 2 else ""


def _quoted(label: str) -> str:
    """As TOML writes it."""
    return label if NUMBER.fullmatch(label) or label in BOOLEANS else json.dumps(label, ensure_ascii=False)


def _ordered(labels: Iterable[str]) -> list[str]:
    try:
        return sorted(labels, key=float)
    except ValueError:
        return sorted(labels)


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(repr(label[:40]) for label in labels[:5])
    return shown + (f" and {len(labels) - 5:,} more" if len(labels) > 5 else "")
