"""Tasks: labelled examples with an id, a group, an input and a ground-truth label."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from outgrow.registry import Registry

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["classification", "preference", "generation"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a network has to answer: one of `n_classes` classes, the better of two candidates, or a text.

    Args:
        kind: of the task.
        n_classes: number of classes; 2 for preference, distinct answers for generation.
        class_names: the classes in words, or ().
    """

    kind: Kind
    n_classes: int
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Examples:
    """A task's examples, row by row.

    Args:
        ids: unique strings, a hash of each row's content.
        groups: rows of a group never stand on both sides of a split.
        inputs: what a model sees of each row: numbers [n, ...], or texts (dtype object): [n] for classification and
            generation, [n, 2] for preference, both candidates in full.
        truth: ground truth, int64 [n] in 0 ... n_classes - 1; for preference, 1 where the second candidate is better;
            for generation, which of `class_names` is the answer. None where nobody knows it.
        n_classes: number of classes; 2 for preference.
        class_names: the classes in words, where they have words; for generation, the distinct answers.
        difficulty: optional grade of each row, float32 [n]; larger is harder.
        notes: facts worth telling the user, such as rows skipped and why.
    """

    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    truth: np.ndarray | None
    n_classes: int
    class_names: tuple[str, ...] = ()
    difficulty: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> np.ndarray | None:
        """`truth`, by the name that it had in version 0.1."""
        return self.truth


class Task(Protocol):
    """A task source; `identity` holds all that determines its examples.

    If its inputs refer to files, it also has `located(inputs)`: the same references, object [n], in this task's folder.
    Inputs are stored as they were first read, and a copy of the data elsewhere has the same key.
    """

    @property
    def name(self) -> str:
        """What it is registered as."""
        ...

    @property
    def kind(self) -> Kind:
        """How it is learned and scored."""
        ...

    def identity(self) -> dict[str, Any]:
        """What determines the examples: name, fields, and a content fingerprint of outside data, but no path."""
        ...

    def load(self) -> Examples:
        """Read, check and encode all examples; a bad row is skipped and named in `notes`, all bad is a DataError."""
        ...


tasks: Registry[type[Task]] = Registry("tasks", package="outgrow.tasks")
