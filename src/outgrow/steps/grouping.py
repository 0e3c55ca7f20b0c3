"""Rows taken by group, then by id, in the order of a hash: the same for everybody, whatever the order of the data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from outgrow.errors import DataError


def check_sizes(wanted: dict[str, int], there: int, who_has: str) -> None:
    """DataError where parts ask for more examples than there are."""
    total = sum(wanted.values())
    if total > there:
        asked = ", ".join(f"{name} {n:,}" for name, n in wanted.items() if n)
        raise DataError(
            f"the split asks for {total:,} examples ({asked}), but {who_has} {there:,}; make [split] smaller"
        )


def by_group(ids: Sequence[str], groups: Sequence[str]) -> dict[str, list[int]]:
    """Rows of each group, groups and rows in the order of their ids' hashes."""
    rows: dict[str, list[int]] = {}
    for row in sorted(range(len(ids)), key=lambda row: rank("row", ids[row])):
        rows.setdefault(groups[row], []).append(row)
    return rows


def take(
    parts: dict[str, np.ndarray],
    groups: list[str],
    rows: dict[str, list[int]],
    wanted: dict[str, int],
    names: Iterable[str],
) -> list[str]:
    """Fill parts with whole groups, one after the other, and return the groups that are left."""
    at = 0
    for name in names:
        taken: list[int] = []
        while len(taken) < wanted[name]:
            if at == len(groups):
                largest = max(rows, key=lambda group: len(rows[group]))
                n, all_one = sum(map(len, rows.values())), len(rows) == 1
                what = (
                    f"all {n:,} examples are one group, {largest[:60]!r}: they share a text, a prompt or a value of "
                    "the column `group`; set `group` to a column that tells them apart, or leave out a prompt "
                    "that is the same for all"
                    if all_one
                    else f"of {n:,} examples in {len(rows):,} groups the largest group, {largest[:60]!r}, has "
                    f"{len(rows[largest]):,}; make [split] smaller, or split.pool larger where it is set, or see what "
                    "makes the groups (a text, a prompt, or the column `group`)"
                )
                raise DataError(
                    f"part {name!r} needs {wanted[name]:,} examples but got {len(taken):,}: examples of a group stay "
                    f"together, and {what}"
                )
            taken += rows[groups[at]]
            at += 1
        parts[name] = np.array(taken[: wanted[name]], np.int64)
    return groups[at:]


def rank(*words: object) -> bytes:
    """Where words stand in an order that is the same for everybody: their SHA-256."""
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
