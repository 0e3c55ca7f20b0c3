"""Tasks."""

from __future__ import annotations

import numpy as np

from outgrow.tasks.base import Task
from outgrow.testing.broken import demand


def check_task(task: Task) -> None:
    """Unique ids, a group and an input for each, truths in range or none at all, class names that fit."""
    examples = task.load()
    n, name = len(examples.ids), task.name
    demand(n > 0, f"{name} has no examples")
    demand(len(set(examples.ids)) == n, f"{name}: {n - len(set(examples.ids)):,} ids stand there twice")
    demand(len(examples.groups) == len(examples.inputs) == n, f"{name}: each id needs a group and an input")
    demand(len(examples.class_names) in (0, examples.n_classes), f"{name}: as many class_names as classes, or none")
    demand(len(set(examples.class_names)) == len(examples.class_names), f"{name}: a class name stands there twice")
    if examples.truth is not None:
        demand(examples.truth.shape == (n,) and examples.truth.dtype == np.int64, f"{name}: truth must be int64 [{n}]")
        demand(0 <= examples.truth.min() <= examples.truth.max() < examples.n_classes, f"{name}: a truth is no class")
    if examples.inputs.dtype == object:
        wanted = (n, 2) if task.kind == "preference" else (n,)
        demand(
            examples.inputs.shape == wanted, f"{name}: texts must be {list(wanted)}, not {list(examples.inputs.shape)}"
        )
        demand(all(isinstance(text, str) for text in examples.inputs.reshape(-1)), f"{name}: an input is no text")
