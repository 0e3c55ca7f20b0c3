"""Labels of a table's rows as votes: which classes there are, and what each labeller says of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.tasks.base import Output
from outgrow.tasks.sources.class_forms import ordered
from outgrow.tasks.sources.classes import MOST, NUMBER, classes_found, spelled
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.label_values import SILENT, meaning, names_of
from outgrow.tasks.sources.probabilities import probabilities
from outgrow.tasks.sources.records import Table, check_columns

if TYPE_CHECKING:
    import numpy as np

PAIR = ("first", "second")  # the classes of two candidates
TIES = ("tie", "tied", "both", "neither", "equal", "same", "draw")  # what people write where neither is better


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one labeller's cells hold: words for classes, or probabilities of classes.

    Args:
        words: of each row, as `spelled` gives them; "" for nothing.
        shares: of each row, one number for each of `of`, or one of the second class; nothing where words are given.
        of: the classes that `shares` are of; () for the second of two.
    """

    name: str
    words: list[str] | None = None
    shares: list[list[object]] | None = None
    of: tuple[str, ...] = ()


def read_said(table: Table, columns: Sequence[str], no_label: Sequence[str]) -> list[Said]:
    """What the labellers' columns hold; DataError where one is not there."""
    found = []
    none = {spelled(one, where="--no-label").lower() for one in no_label}
    for column in columns:
        if column.endswith("*") and column not in table.columns:
            start = column[:-1]
            several = [one for one in table.columns if one.startswith(start) and one != start]
            if not several and (within := _within(table, start.rstrip("."))):
                cells = [[within_row.get(one) for one in within] for within_row in _tables_in(table, start.rstrip("."))]
                found.append(Said(name=start.rstrip("."), shares=cells, of=tuple(within)))
                continue
            if len(several) < 2:
                raise DataError(
                    f"{table.source} has {counted(len(several), 'column')} that begin with {start!r}, and {column!r} "
                    f"wants one for each class; its columns are {', '.join(table.columns[:40])}"
                )
            cells = [[row.get(one) for one in several] for _, row in table.rows]
            name = start.rstrip("_.") or "probabilities"
            found.append(Said(name=name, shares=cells, of=tuple(one.removeprefix(start) for one in several)))
            continue
        check_columns([column], table.columns, source=table.source)
        words = [
            spelled(row.get(column), where=f"{table.source}, row {number:,}: {column!r}", column=column)
            for number, row in table.rows
        ]
        words = ["" if one.lower() in none else one for one in words]
        if _are_probabilities(words):
            found.append(Said(name=column, shares=[[one] for one in words]))
        else:
            found.append(Said(name=column, words=words))
    return found


def _tables_in(table: Table, column: str) -> list[dict[str, object]]:
    """A column whose cells are objects of JSON; an empty one where a cell is none."""
    cells = (row.get(column) for _, row in table.rows)
    return [dict(one) if isinstance(one, dict) else {} for one in cells]


def _within(table: Table, column: str) -> list[str]:
    """The keys of a column whose cells are objects of JSON."""
    return list(dict.fromkeys(str(key) for one in _tables_in(table, column) for key in one))


def _are_probabilities(words: Sequence[str]) -> bool:
    """Whether a column holds numbers from 0 to 1, and not only these two: a class is a whole number or a name."""
    said = [one for one in words if one]
    if not said or not all(NUMBER.fullmatch(one) for one in said):
        return False
    numbers = [float(one) for one in said]
    return all(0 <= one <= 1 for one in numbers) and any(0 < one < 1 for one in numbers)


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
            f"{(texts or [named_of(said)])[0]!r} names ({other}): say which number is which with --classes, in the "
            "order of the numbers from 0"
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
    found, notes = classes_found(every, source=source, column=", ".join(words)) if every else ([], [])
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


def named_of(said: Sequence[Said]) -> str:
    """The first labeller whose columns are named by classes."""
    return next(one.name for one in said if one.of)


def votes_of(one: Said, output: Output, *, source: str, rows: Sequence[int], notes: list[str]) -> np.ndarray:
    """A labeller's votes float32 [n, classes]; a row of zeros is an abstention.

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
        second = np.array([float(str(cells[0])) if cells[0] != "" else np.nan for cells in one.shares])
        return np.asarray(np.nan_to_num(np.stack([1 - second, second], 1)), np.float32)
    assert one.words is not None
    words = [_plain_pair(word) for word in one.words] if output.kind == "preference" else one.words
    used = Counter(words)
    if set(used) <= {"", "-1"}:
        raise DataError(f"{source}: {one.name!r} holds no label at all; leave it out, or check its name")
    if output.kind == "preference" and {"2"} <= set(used) - {"", "-1"} <= {"1", "2"}:  # counted from 1
        words = [{"1": "first", "2": "second"}.get(word, word) for word in words]
        used = Counter(words)
    chosen = meaning(used, [], output, values="auto", source=f"{source}: {one.name!r}")
    numbers = np.array([-1 if (number := chosen[word]) is None else number for word in words])
    return np.asarray(numbers[:, None] == np.arange(output.n_classes), np.float32)


def _plain_pair(word: str) -> str:
    low = word.lower()
    return "" if low in TIES else {"a": "first", "b": "second"}.get(low, low if low in PAIR else word)


def read_matrix(path: str, n: int, *, classes: Sequence[str]) -> tuple[list[str], np.ndarray, int]:
    """A label matrix out of an .npy file: names of its labellers, votes float32 [labellers, n, classes], and classes.

    Whole numbers [n] or [n, labellers], -1 for nothing; or probabilities [n, classes] or [n, labellers, classes].

    Raises:
        DataError: it is no such array, or has other than `n` rows.
    """
    import numpy as np

    place = Path(path).expanduser()
    with errors_name(place):
        try:  # mapped, so that a size that the file does not have is an error, and no memory
            found = np.asarray(np.lib.format.open_memmap(place, mode="r"))
        except (ValueError, EOFError, TypeError, SyntaxError, OverflowError, RecursionError, TokenError) as error:
            raise DataError(f"{path} is no .npy file of numbers: {error}") from None
    shape = " x ".join(map(str, found.shape))
    most = 3 if found.dtype.kind == "f" else 2
    if not 0 < found.ndim <= most or found.dtype.kind not in "iuf" or len(found) != n:
        raise DataError(
            f"{path} holds {found.dtype} {shape}, and a label matrix has a row for each of the {n:,} rows of the "
            "table: whole numbers, a column for each labeller, -1 for nothing; or probabilities"
        )
    if found.dtype.kind == "f" and found.size and bool((found == np.rint(found)).all()) and found.ndim < 3:
        found = found.astype(np.int64)
    if found.dtype.kind != "f":
        found = found.reshape(n, -1).astype(np.int64)
        k = max(len(classes), int(found.max(initial=-1)) + 1)
        if (classes and k > len(classes)) or found.min(initial=0) < -1 or not 2 <= k <= MOST:
            raise DataError(
                f"{path} holds whole numbers from {found.min(initial=k - 1)} to {found.max(initial=-1)}; classes are "
                f"numbered from 0{f' to {len(classes) - 1}' if classes else ''}, at least two, and -1 says nothing"
            )
        votes = np.asarray(found.T[..., None] == np.arange(k), np.float32)
    else:
        votes = found.reshape(n, -1, found.shape[-1]).transpose(1, 0, 2).astype(np.float64)
        k, total = votes.shape[-1], votes.sum(-1)
        fits = (np.abs(total - 1) <= 0.02) & (votes >= 0).all(-1)
        if k < 2 or (classes and k != len(classes)) or not bool((fits | (total == 0)).all()):
            raise DataError(
                f"{path} holds {found.dtype} {shape}, and its last side is not probabilities of "
                f"{f'the {len(classes)} classes' if classes else 'at least two classes'}, from 0 to 1 and summing to 1"
            )
        votes = np.divide(votes, total[..., None], out=np.zeros_like(votes), where=total[..., None] > 0)
        votes = votes.astype(np.float32)
    stem = place.stem
    return [f"{stem} {i + 1}" if len(votes) > 1 else stem for i in range(len(votes))], votes, k
