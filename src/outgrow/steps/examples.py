"""The step `examples`: the rows of a task that any seed of an experiment uses."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.errors import DataError
from outgrow.spec import digest, plain
from outgrow.specs import SplitSpec
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.grouping import by_group, check_sizes, rank, take
from outgrow.steps.stored import demand, stored, texts
from outgrow.tasks.base import Examples, Kind, Output, Task

ASIDE = ("test", "validation", "pool", "seed")  # fields of the split that decide which rows are used at all
FIXED = ("test", "validation")


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset(Step):
    """The rows of a task that any seed of an experiment uses: test, validation, and the pool the others draw from."""

    name: ClassVar[str] = "examples"
    version: ClassVar[int] = 4
    task: Task
    split: SplitSpec

    def identity(self) -> dict[str, Any]:
        return {"task": plain(self.task), "split": {name: getattr(self.split, name) for name in ASIDE}}

    def inputs(self) -> dict[str, Step]:
        return {}

    @property
    def title(self) -> str:
        return f"examples of {self.task.name}"

    @property
    def size(self) -> int:
        """Rows at least; all of a task's where no pool is set."""
        split = self.split
        return split.test + split.validation + (split.pool or split.supervisor + split.transfer)

    def compute(self, context: Context, folder: Path) -> None:
        examples = context.remember("loaded", digest(self.task), self.task.load, most=1)
        with noting(examples.notes):
            parts = set_aside(examples, self.split)
        write_examples(examples, parts, self.task.kind, folder)

    def read(self, context: Context) -> ExamplesData:
        """The rows as stored; kept in memory for the next that asks.

        Inputs that refer to files come from the task's own folder, whichever folder they were first read from: the
        task's `located(inputs)` says where they are.
        """

        def found() -> ExamplesData:
            data = stored(context.store, self.key, read_examples)
            located = getattr(self.task, "located", None)
            return data if located is None else replace(data, inputs=located(data.inputs))

        return context.remember("examples", self.key, found, most=4)


@contextlib.contextmanager
def noting(notes: Sequence[str]) -> Iterator[None]:
    """Attach what reading the data had to tell to an error about them: what was dropped may explain it."""
    try:
        yield
    except DataError as error:
        for note in notes:
            error.add_note(note)
        raise


def set_aside(examples: Examples, spec: SplitSpec) -> dict[str, np.ndarray]:
    """Row numbers of `test`, `validation` and the `pool` that supervisor and transfer are drawn from.

    Groups are taken in the order of a hash of their name and `spec.seed`, so that every seed of an experiment is scored
    on the same rows. The last group of a part may be cut to reach its exact size; the rest of it is left out.
    """
    wanted = {"test": spec.test, "validation": spec.validation, "pool": spec.pool}
    check_sizes(wanted, len(examples.ids), "the task has")
    rows = by_group(examples.ids, examples.groups)
    parts: dict[str, np.ndarray] = {}
    groups = sorted(rows, key=lambda group: rank(spec.seed, group))
    left = take(parts, groups, rows, wanted, FIXED)
    if spec.pool:
        take(parts, left, rows, wanted, ("pool",))
    else:
        parts["pool"] = np.array([row for group in left for row in rows[group]], np.int64)
    return parts


@dataclass(frozen=True, kw_only=True)
class ExamplesData:
    """Examples as loaded: the rows of test, validation and pool, one after the other.

    Args:
        truth: ground truth int64 [n], or None where nobody knows it.
        parts: how many rows test, validation and pool have.
    """

    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    truth: np.ndarray | None
    difficulty: np.ndarray | None
    parts: dict[str, int]
    output: Output
    notes: list[str]

    def part(self, name: str) -> range:
        """Row numbers of `test`, `validation` or `pool`."""
        names = list(self.parts)
        first = sum(self.parts[other] for other in names[: names.index(name)])
        return range(first, first + self.parts[name])


def write_examples(examples: Examples, parts: dict[str, np.ndarray], kind: Kind, folder: Path) -> None:
    """Write the chosen rows: numbers as safetensors, texts as Parquet, the rest as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.numpy import save

    chosen = np.concatenate(list(parts.values()))
    arrays = {} if examples.truth is None else {"truth": examples.truth[chosen]}
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


def read_examples(folder: Path) -> ExamplesData:
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
    ids, groups, parts = texts(facts["ids"], "ids"), texts(facts["groups"], "groups"), facts["parts"]
    n, truth, difficulty = sum(parts[name] for name in (*FIXED, "pool")), arrays.get("truth"), arrays.get("difficulty")
    if not n == len(ids) == len(groups) == len(inputs):
        raise ValueError(f"{n} rows have {len(ids)} ids, {len(groups)} groups and {len(inputs)} inputs")
    return ExamplesData(
        ids=ids,
        groups=groups,
        inputs=inputs,
        truth=None if truth is None else demand(truth, "truth", kinds="iu", dimensions=1, n=n),
        difficulty=None if difficulty is None else demand(difficulty, "difficulty", kinds="iuf", dimensions=1, n=n),
        parts=parts,
        output=Output(kind=facts["kind"], n_classes=facts["n_classes"], class_names=tuple(facts["class_names"])),
        notes=texts(facts["notes"], "notes"),
    )
