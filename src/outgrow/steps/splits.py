"""The four disjoint parts of a task's examples, split by group, then by id; how examples are written and read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outgrow.config import SplitSpec
from outgrow.errors import DataError
from outgrow.tasks.base import Examples, Kind, Output

if TYPE_CHECKING:
    from outgrow.steps import Part

FIXED = ("test", "validation")
DRAWN = ("supervisor", "transfer")


def set_aside(examples: Examples, spec: SplitSpec) -> dict[str, np.ndarray]:
    """Row numbers of `test`, `validation` and the `pool` that supervisor and transfer are drawn from.

    Groups are taken in the order of a hash of their name and `spec.seed`, so that every seed of an experiment is scored
    on the same rows. The last group of a part may be cut to reach its exact size; the rest of it is left out.
    """
    wanted = {"test": spec.test, "validation": spec.validation, "pool": spec.pool}
    _check(wanted, len(examples.ids), "the task has")
    rows = _by_group(examples.ids, examples.groups)
    parts: dict[str, np.ndarray] = {}
    groups = sorted(rows, key=lambda group: _rank(spec.seed, group))
    left = _take(parts, groups, rows, wanted, FIXED)
    if spec.pool:
        _take(parts, left, rows, wanted, ("pool",))
    else:
        parts["pool"] = np.array([row for group in left for row in rows[group]], np.int64)
    return parts


def _check(wanted: dict[str, int], there: int, who_has: str) -> None:
    total = sum(wanted.values())
    if total > there:
        asked = ", ".join(f"{name} {n:,}" for name, n in wanted.items() if n)
        raise DataError(
            f"the split asks for {total:,} examples ({asked}), but {who_has} {there:,}; make [split] smaller"
        )


def draw(data: DatasetData, spec: SplitSpec, *, seed: int) -> dict[str, np.ndarray]:
    """Row numbers of `supervisor` and `transfer` for one seed, whole groups at a time."""
    pool = data.part("pool")
    wanted = {name: getattr(spec, name) for name in DRAWN}
    _check(wanted, len(pool), f"besides test {spec.test:,} and validation {spec.validation:,} there are")
    ids, groups = [data.ids[row] for row in pool], [data.groups[row] for row in pool]
    rows = {group: [pool[i] for i in members] for group, members in _by_group(ids, groups).items()}
    parts: dict[str, np.ndarray] = {}
    order = sorted(rows, key=lambda group: _rank(spec.seed, seed, group))
    _take(parts, order, rows, wanted, DRAWN)
    return parts


def _by_group(ids: Sequence[str], groups: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row in sorted(range(len(ids)), key=lambda row: _rank("row", ids[row])):
        rows.setdefault(groups[row], []).append(row)
    return rows


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
                    f"belong together leave too few; make [split] smaller, or split.pool larger where it is set"
                )
            taken += rows[groups[at]]
            at += 1
        parts[name] = np.array(taken[: wanted[name]], np.int64)
    return groups[at:]


def _rank(*words: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class DatasetData:
    """The rows of a dataset as loaded: test, validation and pool, one after the other."""

    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    labels: np.ndarray
    difficulty: np.ndarray | None
    parts: dict[str, int]
    output: Output
    notes: list[str]

    def part(self, name: str) -> range:
        """Row numbers of `test`, `validation` or `pool`."""
        names = list(self.parts)
        first = sum(self.parts[other] for other in names[: names.index(name)])
        return range(first, first + self.parts[name])


@dataclass(frozen=True, kw_only=True)
class SplitData:
    """A split as loaded: a dataset, and which rows of its pool train whom."""

    dataset: DatasetData
    read_drawn: Callable[[], dict[str, np.ndarray]]

    @cached_property
    def _drawn(self) -> dict[str, np.ndarray]:
        return self.read_drawn()

    @property
    def ids(self) -> list[str]:
        return self.dataset.ids

    @property
    def groups(self) -> list[str]:
        return self.dataset.groups

    @property
    def inputs(self) -> np.ndarray:
        return self.dataset.inputs

    @property
    def labels(self) -> np.ndarray:
        return self.dataset.labels

    @property
    def output(self) -> Output:
        return self.dataset.output

    def rows(self, part: Part) -> np.ndarray:
        """Row numbers of a part or a piece of one, int64."""
        rows = self._drawn[part.name] if part.name in DRAWN else np.asarray(self.dataset.part(part.name), np.int64)
        return rows[part.start : part.stop]


def write_examples(examples: Examples, parts: dict[str, np.ndarray], kind: Kind, folder: Path) -> None:
    """Write the chosen rows: numbers as safetensors, texts as Parquet, the rest as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.numpy import save

    chosen = np.concatenate(list(parts.values()))
    arrays = {"labels": examples.labels[chosen]}
    if examples.difficulty is not None:
        arrays["difficulty"] = examples.difficulty[chosen]
    inputs = examples.inputs[chosen]
    if inputs.dtype == object:
        columns = inputs.reshape(len(inputs), -1).T
        pq.write_table(pa.table({str(i): pa.array(column, pa.string()) for i, column in enumerate(columns)}),
                       folder / "texts.parquet")  # fmt: skip
    else:
        arrays["inputs"] = np.ascontiguousarray(inputs)
    (folder / "examples.safetensors").write_bytes(save(arrays))
    facts = {
        "ids": [examples.ids[row] for row in chosen],
        "groups": [examples.groups[row] for row in chosen],
        "parts": {name: len(rows) for name, rows in parts.items()},
        "kind": kind,
        "n_classes": examples.n_classes,
        "class_names": examples.class_names,
        "notes": examples.notes,
    }
    (folder / "examples.json").write_text(json.dumps(facts))


def read_examples(folder: Path) -> DatasetData:
    """What `write_examples` wrote."""
    import pyarrow.parquet as pq
    from safetensors.numpy import load_file

    arrays = load_file(folder / "examples.safetensors")
    facts = json.loads((folder / "examples.json").read_text())
    if "inputs" in arrays:
        inputs = arrays["inputs"]
    else:
        columns = [column.to_numpy(zero_copy_only=False) for column in pq.read_table(folder / "texts.parquet").columns]
        inputs = columns[0] if len(columns) == 1 else np.stack(columns, 1)
    return DatasetData(
        ids=facts["ids"],
        groups=facts["groups"],
        inputs=inputs,
        labels=arrays["labels"],
        difficulty=arrays.get("difficulty"),
        parts=facts["parts"],
        output=Output(kind=facts["kind"], n_classes=facts["n_classes"], class_names=tuple(facts["class_names"])),
        notes=facts["notes"],
    )
