"""Another task's test examples, for models that learned elsewhere: how far does what they learned carry?"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.spec import digest
from outgrow.specs import SplitSpec
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.examples import Dataset, ExamplesData, noting, set_aside, write_examples
from outgrow.tasks.base import Examples, Task


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Another task, and how many of its examples are the test.

    Args:
        task: of the same kind, with the same number of classes, which stand for each other by their numbers.
        test: with ground truth, to score on.
    """

    task: Task
    test: int

    def misfit(self, task: Task) -> str:
        """Why models that learned `task` cannot be tested on this one, as far as that is seen without data, or ""."""
        name = self.task.name
        if self.task.kind != task.kind:
            return (
                f"models that learn {task.name!r}, a {task.kind} task, cannot answer {name!r}, a {self.task.kind} task"
            )
        if digest(self.task) == digest(task):
            return f"{name!r} is the task itself; name another one, or leave [shift] out"
        return ""

    def dataset(self, learned: Dataset) -> ShiftedTest:
        """The test examples, set aside by the same rule and seed as those of `learned`."""
        only = SplitSpec(supervisor=0, transfer=0, validation=0, test=self.test, seed=learned.split.seed)
        return ShiftedTest(task=self.task, split=only, learned=learned)


@dataclass(frozen=True, eq=False, kw_only=True)
class ShiftedTest(Dataset):
    """Test examples of another task; those that are in use in the task that is learned are left out."""

    learned: Dataset

    def inputs(self) -> dict[str, Step]:
        return {"learned": self.learned}

    @property
    def size(self) -> int:
        return self.split.test

    def compute(self, context: Context, folder: Path) -> None:
        examples = context.remember("loaded", digest(self.task), self.task.load, most=1)
        learned = self.learned.read(context)
        with noting(examples.notes):
            check_alike(examples, learned, name=self.task.name, learned_name=self.learned.task.name)
            refers = hasattr(self.task, "located")
            examples = without(examples, learned, name=self.task.name, refers=refers)
            parts = set_aside(examples, self.split) | {"pool": np.zeros(0, np.int64)}
        write_examples(examples, parts, self.task.kind, folder)


def check_alike(examples: Examples, learned: ExamplesData, *, name: str, learned_name: str) -> None:
    """DataError where models that learned some examples cannot answer others."""
    output = learned.output
    if output.kind != "generation" and examples.n_classes != output.n_classes:
        raise DataError(
            f"shift: {name!r} has {examples.n_classes:,} classes, and {learned_name!r} has {output.n_classes:,}; "
            "choose a task with as many"
        )
    own, other = examples.inputs, learned.inputs
    if (own.dtype == object) != (other.dtype == object) or own.ndim != other.ndim:
        raise DataError(f"shift: the inputs of {name!r} are of another form than those of {learned_name!r}")
    if own.dtype != object and own.ndim == 2 and own.shape[1] != other.shape[1]:
        raise DataError(
            f"shift: an example of {name!r} has {own.shape[1]:,} numbers, one of {learned_name!r} {other.shape[1]:,}"
        )


def without(examples: Examples, learned: ExamplesData, *, name: str, refers: bool) -> Examples:
    """The examples but those that models may have learned; a note says how many, and which classes stand for which.

    Args:
        refers: inputs refer to files, whose content the ids tell.
    """
    seen = {*(learned.ids if refers else map(_content, learned.inputs))}
    rows = [i for i, one in enumerate(examples.ids if refers else map(_content, examples.inputs)) if one not in seen]
    notes = list(examples.notes)
    if n := len(examples.ids) - len(rows):
        notes.append(f"{counted(n, 'example')} of {name!r} left out of the shifted test: the task learned has them too")
    names = learned.output.class_names
    if learned.output.kind != "generation" and examples.class_names != names:
        pairs = ", ".join(f"{a!r} as {b!r}" for a, b in zip(examples.class_names, names, strict=False))
        notes.append(f"classes of {name!r} stand for those learned by number{f': {pairs}' if pairs else ''}")
    return replace(
        examples,
        ids=[examples.ids[row] for row in rows],
        groups=[examples.groups[row] for row in rows],
        inputs=examples.inputs[rows],
        truth=None if examples.truth is None else examples.truth[rows],
        difficulty=None if examples.difficulty is None else examples.difficulty[rows],
        notes=notes,
    )


def _content(one: Any) -> Hashable:
    """What tells an input from others: a text, the texts of a pair in any order, or its numbers."""
    if isinstance(one, str):
        return one
    return frozenset(one) if one.dtype == object else (one.shape, one.tobytes())
