"""Cells of a label column as classes: one spelling for each value, what is no label, and what is no class."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

from outgrow.errors import DataError
from outgrow.tasks.sources.class_forms import check_forms, listed, ordered
from outgrow.tasks.sources.cures import Spell, as_toml
from outgrow.tasks.sources.nested import names_within

MOST = 1_000  # classes; a column with more different values is hardly a label
NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?", re.ASCII)  # not 007, which is a name
MISSING = {"", "nan", "-nan", "<na>", "null", "#n/a", "n/a", "#na"}  # what programs write where there is nothing
COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII)
ARRAY = re.compile(r"(\w+\()?\[[\s\d.,eE+-]+\](,\s*\w+=[\w.]+)*\)?", re.ASCII)  # as NumPy and torch show one
BOOLEANS, BITS = {"true", "false"}, {"0", "1"}
SCALE = 20  # classes that are all numbers; more may be scores
LONGEST = 100  # digits of a number; more are a name
FEW = 20  # rows, of which nothing can be told


def spelled(value: object, *, where: str, column: str = "") -> str:
    """A label as text, the same for the same value however it is written: 1, 1.0 and "1"; True and "true".

    Empty where there is none. Raises DataError, beginning with `where`, for what holds several; it names what lies
    within the cell as parts of `column`.
    """
    if isinstance(value, (list, tuple, dict, bytes)):
        kind = {list: "list", tuple: "list", dict: "table", bytes: "bytes"}[type(value)]
        within = names_within(column, value) if column else []
        cure = f", or a value within it as in {within[0]!r}" if within else ""
        raise DataError(
            f"{where} holds {'' if kind == 'bytes' else 'a '}{kind}, {str(value)[:60]!r}, and a label is one value; "
            f"choose a column with a class for each row{cure}"
        )
    if value is None:
        return ""
    text = str(value).strip().strip("\0")
    low = text.lower()
    if low in MISSING:
        return ""
    if (text[0] in "[{(" or text[-1] == ")") and _several(text):
        raise DataError(
            f"{where} holds a list written as text, {text[:60]!r}, and a label is one value; choose a column with a "
            "class for each row"
        )
    if low in BOOLEANS:
        return low
    if WHOLE.fullmatch(text) and len(text) < LONGEST:
        return str(int(text))
    if NUMBER.fullmatch(text):
        number = float(f"{float(text):.12g}")  # .1 + .2 is .3
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    return text


def classes_found(
    labels: Iterable[str], *, source: str, column: str, spell: Spell = as_toml
) -> tuple[list[str], list[str]]:
    """The classes among labels as `spelled` gives them, in numeric order if all are numbers; and notes.

    A value that stands there once, among many that stand there often, is no class: a total, a title, a second header.

    Args:
        spell: how messages name what can be set.

    Raises:
        DataError: the column is no label, or what a value means is not clear.
    """
    counts = Counter(label for label in labels if label)
    n = counts.total()
    check_few(counts, source=source, column=column)
    check_forms(counts, source=source, column=column, spell=spell)
    once = [label for label, times in counts.items() if times == 1]
    notes = []
    if once and n >= FEW and len(counts) - len(once) >= 2:
        for label in once:
            del counts[label]
        notes.append(
            f"taken for no class, since {column!r} has it only once: {listed(once)}; "
            f"set {spell('labels', ())} if it is one"
        )  # fmt: skip
    classes = ordered(counts)
    if len(classes) > SCALE and all(WHOLE.fullmatch(label) for label in classes):
        notes.append(
            f"each of the {len(classes):,} whole numbers in {column!r}, from {classes[0]} to {classes[-1]}, is a "
            "class; if they are scores, make a few classes of them"
        )
    return classes, notes


def check_few(counts: Counter[str], *, source: str, column: str) -> None:
    """DataError where nearly each row has a value of its own, so that these are no classes."""
    n = counts.total()
    if len(counts) <= MOST and (n < FEW or 2 * len(counts) <= n):
        return
    commas = all(COMMA.fullmatch(label) for label in counts if not WHOLE.fullmatch(label))
    hint = "; if these are numbers with a comma before their decimals, write a point" if commas else ""
    raise DataError(
        f"{source}: {column!r} has {len(counts):,} different values in {n:,} rows, such as "
        f"{next(iter(counts))[:60]!r}; it is probably not the label (at most {MOST:,} classes, each in "
        f"several rows){hint}"
    )


def _several(text: str) -> bool:
    """Whether a text is a list or table as JSON or Python write it."""
    try:
        return isinstance(ast.literal_eval(text), (list, tuple, dict, set))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return bool(ARRAY.fullmatch(text))
