"""From rows of text to examples: blank, repeated and disputed rows, balance, a limit, and hashes as ids."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Examples
from outgrow.tasks.sources.alike import bare, folded
from outgrow.tasks.sources.classes import FEW
from outgrow.tasks.sources.kept import Kept, grouped, once

if TYPE_CHECKING:
    import numpy as np

UNEVEN = 0.55  # share of the larger of two classes from which on it is cut; Burns et al. 2023, A.1
RARE = 2  # rows of a class, or fewer: hardly a class
GARBLED = re.compile("\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac.")  # UTF-8 read as cp1252 has the second and third
NO_LABEL = -1  # what the hub's datasets put where the answer is kept secret


@dataclass(frozen=True, kw_only=True)
class TextRow:
    """A text and its class, a row number of the task's classes; `id` is a hash of the text where none is given.

    Where rows have an annotator, a text's class is what most of its annotators say.
    """

    text: str
    label: int
    group: str
    difficulty: float | None = None
    id: str = ""
    annotator: str = ""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two candidates in full, prompt included, of which `better` is preferred.

    Groups whose `prompt` is alike but for blanks, case, punctuation or Unicode form are joined; one that makes no group
    is left out. Where `alone`, there is neither prompt nor group, and pairs that share a candidate are joined.
    """

    better: str
    worse: str
    group: str
    id: str = ""
    prompt: str = ""
    annotator: str = ""
    alone: bool = False


def key(*texts: str) -> str:
    """First 16 hex digits of the SHA-256 of texts: the id of a row, and the name of a group such as a long passage."""
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def classification(
    rows: Iterable[TextRow],
    *,
    source: str,
    classes: Sequence[str],
    balance: bool = False,
    limit: int = 0,
    notes: Iterable[str] = (),
    disputes: str = "",
) -> Examples:
    """Examples of texts [n] and classes.

    Texts that are alike but for blanks, case, punctuation or Unicode form are one group: groups with such are joined.

    Args:
        rows: in any order; their texts are stripped.
        source: what errors call the data.
        classes: names of the classes, in the order of the labels; a label outside them is a row without a label.
        balance: draw from the larger of two classes if it has more than 55 % of the rows, until both are as large.
        limit: at most so many examples, whole groups, whose choice depends on the groups' names alone; 0 is all.
        notes: what reading the data had to tell.
        disputes: what can be done about one text with two labels.

    Raises:
        DataError: no usable row, or rows of one class alone.
    """
    counts: Counter[str] = Counter()
    told = [*notes]
    kept = _kept((_row(row, len(classes), counts) for row in rows), counts, told, disputes)
    if not kept:
        raise DataError(f"{source}: no usable row{because(told)}; the text column must hold text, the label a class")
    present = Counter(one.label for one in kept)
    if len(present) == 1:
        only = classes[next(iter(present))]
        raise DataError(
            f"{source}: every usable row has the label {only!r}{because(told)}; at least two classes are needed: "
            "check which column holds the label"
        )
    if balance and len(classes) > 2:
        told.append(f"not balanced: {len(classes)} classes, and only two can be")
    elif balance and max(present.values()) > UNEVEN * len(kept):
        before = len(kept)
        kept = _balanced(kept, min(present.values()))
        told.append(f"dropped {counted(before - len(kept), 'row')} to balance the classes")
    kept = _limited(kept, limit, source, told)
    if len({one.label for one in kept}) == 1:
        raise DataError(f"{source}: limit = {limit:,} leaves rows of one class alone; raise limit")
    told += _rare(classes, Counter(one.label for one in kept), len(kept))
    return _examples(kept, n_classes=len(classes), class_names=tuple(classes), notes=told)


def preference(
    pairs: Iterable[Pair], *, source: str, limit: int = 0, notes: Iterable[str] = (), disputes: str = ""
) -> Examples:
    """Examples of two texts each [n, 2]; the label is 1 where the second is better.

    Which of the two comes first is decided by hashes of the pair's id and texts, not by which is better: a place says
    nothing, and another labeller sees the same pairs.

    Raises:
        DataError: no usable pair.
    """
    counts: Counter[str] = Counter()
    told = [*notes]
    kept = _kept((_pair(pair, counts) for pair in pairs), counts, told, disputes)
    if not kept:
        raise DataError(f"{source}: no usable pair{because(told)}; both candidates must hold text, and differ")
    kept = _limited(kept, limit, source, told)
    return _examples(kept, n_classes=2, class_names=("first", "second"), notes=told)


def answers(start: str, *, right: Iterable[str], wrong: Iterable[str], group: str) -> Iterator[TextRow]:
    """Rows of a question with its candidate answers: class 1 is right; as many wrong as right ones, drawn by a hash.

    Args:
        start: what stands before the answer.
        right: right answers.
        wrong: wrong ones; one that is also right is left out.
        group: of the question.
    """
    good = dict.fromkeys(answer.strip() for answer in right)
    bad = [answer for answer in dict.fromkeys(answer.strip() for answer in wrong) if answer not in good]
    texts = [sorted((start + answer for answer in side), key=_rank("answer")) for side in (bad, good)]
    n = min(map(len, texts))
    for label, side in enumerate(texts):
        yield from (TextRow(text=text, label=label, group=group) for text in side[:n])


def _rare(classes: Sequence[str], counts: Counter[int], n: int) -> list[str]:
    """Which classes have next to no rows, of many."""
    rare = [f"{name[:40]!r} ({counts[i]})" for i, name in enumerate(classes) if counts[i] <= RARE]
    if not rare or n < FEW:
        return []
    more = f" and {len(rare) - 5:,} more" if len(rare) > 5 else ""
    return [f"classes with next to no rows: {', '.join(rare[:5])}{more}; if they are none, set labels or no_label"]


def _row(row: TextRow, n_classes: int, counts: Counter[str]) -> Kept | None:
    text = row.text.strip()
    plain = folded(text)
    if not plain:
        counts["blank"] += 1
        return None
    known = 0 <= row.label < n_classes
    if not known and not row.annotator:
        counts["unlabelled"] += 1
        return None
    content = key(text)
    return Kept(
        id=row.id or content,
        content=content,
        verdict=row.label if known else None,
        text=text,
        label=row.label,
        group=row.group,
        mark=key(bare(plain)),
        stance=row.label,
        annotator=row.annotator,
        difficulty=row.difficulty,
    )


def _pair(pair: Pair, counts: Counter[str]) -> Kept | None:
    better, worse = pair.better.strip(), pair.worse.strip()
    plain = folded(better), folded(worse)
    if not all(plain):
        counts["blank"] += 1
        return None
    if better == worse:
        counts["alike"] += 1
        return None
    content = key(*sorted((better, worse)))
    id = pair.id or content
    first, second = sorted((better, worse), key=lambda text: key("order", id, text))
    return Kept(
        id=id,
        content=content,
        verdict=better,
        text=(first, second),
        label=int(second == better),
        group=pair.group,
        mark=key(*sorted(map(bare, plain))),
        stance=bare(plain[0]),
        prompt=key(bare(folded(pair.prompt))) if pair.prompt else "",
        candidates=tuple(key(bare(one)) for one in plain) if pair.alone else (),
        annotator=pair.annotator,
    )


def _kept(rows: Iterable[Kept | None], counts: Counter[str], told: list[str], disputes: str) -> list[Kept]:
    kept = once((row for row in rows if row is not None), counts, told)
    told += _told(counts, disputes)
    if garbled := [row for row in kept if GARBLED.search(row.text if isinstance(row.text, str) else "".join(row.text))]:
        found = GARBLED.search("".join(garbled[0].text))
        shown = found[0] if found else ""
        told.append(
            f"{counted(len(garbled), 'row')} with {shown!r}, which stands where letters were lost or read in a wrong "
            "encoding"
        )
    return grouped(kept, told)


def _balanced(rows: list[Kept], size: int) -> list[Kept]:
    """The first `size` rows of each class in the order of a hash of their id, so independent of their order here."""
    chosen: set[str] = set()
    for label in (0, 1):
        ids = sorted((row.id for row in rows if row.label == label), key=_rank("balance"))
        chosen.update(ids[:size])
    return [row for row in rows if row.id in chosen]


def _limited(rows: list[Kept], limit: int, source: str, told: list[str]) -> list[Kept]:
    if not limit or len(rows) <= limit:
        return rows
    sizes = Counter(row.group for row in rows)
    chosen: set[str] = set()
    left = limit
    for group in sorted(sizes, key=_rank("limit")):
        if sizes[group] <= left:
            chosen.add(group)
            left -= sizes[group]
    kept = [row for row in rows if row.group in chosen]
    if not kept:
        raise DataError(
            f"{source}: limit = {limit:,} leaves no row, since rows of a group stay together and the smallest group "
            f"has {min(sizes.values()):,}; raise limit"
        )
    told.append(f"kept {len(kept):,} of {counted(len(rows), 'row')}: limit = {limit:,}")
    return kept


def _rank(purpose: str) -> Callable[[str], bytes]:
    """An order that is as good as random but depends on the text alone."""
    return lambda text: hashlib.sha256(f"{purpose}\x1f{text}".encode("utf-8", "surrogatepass")).digest()


def _told(counts: Counter[str], disputes: str) -> list[str]:
    reasons = {
        "blank": "without text",
        "unlabelled": "without a label",
        "alike": "with both candidates the same",
        "repeated": "with the text of an earlier one",
        "disputed": f"with one text and two labels{f'; {disputes}' if disputes else ''}",
        "tied": "on which as many annotators say one thing as another",
    }
    return [f"dropped {counted(counts[name], 'row')} {reason}" for name, reason in reasons.items() if counts[name]]


def because(told: Sequence[str]) -> str:
    """Notes as a parenthesis for an error, or nothing."""
    return f" ({'; '.join(told)})" if told else ""


def _examples(rows: list[Kept], *, n_classes: int, class_names: tuple[str, ...], notes: list[str]) -> Examples:
    import numpy as np

    inputs: np.ndarray = np.empty((len(rows), 2) if isinstance(rows[0].text, tuple) else len(rows), object)
    for i, row in enumerate(rows):
        inputs[i] = row.text
    grades = [row.difficulty for row in rows if row.difficulty is not None]
    return Examples(
        ids=[row.id for row in rows],
        groups=[row.group for row in rows],
        inputs=inputs,
        truth=np.array([row.label for row in rows], np.int64),
        n_classes=n_classes,
        class_names=class_names,
        difficulty=np.array(grades, np.float32) if len(grades) == len(rows) else None,
        notes=notes,
    )
