"""The four disjoint parts of a task's examples, split by group, then by id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from outgrow.config import SplitSpec
from outgrow.errors import DataError
from outgrow.tasks.base import Examples

if TYPE_CHECKING:
    from outgrow.steps import Part

PARTS = ("supervisor", "transfer", "validation", "test")


def split(examples: Examples, spec: SplitSpec, *, seed: int) -> dict[str, np.ndarray]:
    """Row numbers of each part.

    Groups are drawn in the order of a hash of their name. `test` and `validation` depend on `spec.seed` alone, so that
    every seed of an experiment is scored on the same rows; which rows train the supervisor and which the student
    depends on `seed` too. The last group of a part may be cut to reach its exact size; the rest of it is left out.
    """
    rows: dict[str, list[int]] = {}
    for row in sorted(range(len(examples.ids)), key=lambda row: _rank("row", examples.ids[row])):
        rows.setdefault(examples.groups[row], []).append(row)
    wanted = {
        "test": spec.test,
        "validation": spec.validation,
        "supervisor": spec.supervisor,
        "transfer": spec.transfer,
    }
    total = sum(wanted.values())
    if total > len(examples.ids):
        raise DataError(
            f"the split asks for {total:,} examples ({', '.join(f'{name} {n:,}' for name, n in wanted.items())}), "
            f"but the task has {len(examples.ids):,}; make [split] smaller"
        )
    fixed = sorted(rows, key=lambda group: _rank(spec.seed, group))
    parts: dict[str, np.ndarray] = {}
    left = _take(parts, fixed, rows, wanted, ("test", "validation"))
    drawn = sorted(left, key=lambda group: _rank(spec.seed, seed, group))
    _take(parts, drawn, rows, wanted, ("supervisor", "transfer"))
    return parts


def _take(
    parts: dict[str, np.ndarray],
    groups: list[str],
    rows: dict[str, list[int]],
    wanted: dict[str, int],
    names: Iterable[str],
) -> list[str]:
    at = 0
    for name in names:
        taken: list[int] = []
        while len(taken) < wanted[name]:
            if at == len(groups):
                raise DataError(
                    f"part {name!r} needs {wanted[name]:,} examples but got {len(taken):,}: groups of examples that "
                    f"belong together leave too few; make [split] smaller"
                )
            taken += rows[groups[at]]
            at += 1
        parts[name] = np.array(taken[: wanted[name]], np.int64)
    return groups[at:]


def _rank(*words: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class SplitData:
    """A split as loaded: the rows of all parts, one part after the other."""

    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    labels: np.ndarray
    difficulty: np.ndarray | None
    parts: dict[str, int]
    n_classes: int
    notes: list[str]

    def rows(self, part: Part) -> range:
        """Row numbers of a part or a piece of one."""
        first = 0
        for name, size in self.parts.items():
            if name == part.name:
                return range(first + part.start, first + part.stop)
            first += size
        raise KeyError(part.name)
