"""Tasks."""

from __future__ import annotations

import time
from typing import get_args

import numpy as np

from outgrow.tasks.base import Examples, Kind, Task
from outgrow.testing.broken import demand

PATIENCE = 5.0  # seconds: what takes longer to load is not loaded again


def check_task(task: Task) -> None:
    """Unique ids, a group and an input for each, truths in range or none at all, class names that fit; each time."""
    began = time.monotonic()
    examples = task.load()
    took = time.monotonic() - began
    n, name = len(examples.ids), task.name
    demand(
        task.kind in get_args(Kind), f"{name}: kind is {task.kind!r}, and must be one of {', '.join(get_args(Kind))}"
    )
    demand(n > 0, f"{name} has no examples")
    demand(all(isinstance(one, str) for one in [*examples.ids, *examples.groups]), f"{name}: ids and groups are texts")
    demand(len(set(examples.ids)) == n, f"{name}: {n - len(set(examples.ids)):,} ids stand there twice")
    demand(len(examples.groups) == len(examples.inputs) == n, f"{name}: each id needs a group and an input")
    demand(len(examples.class_names) in (0, examples.n_classes), f"{name}: as many class_names as classes, or none")
    demand(len(set(examples.class_names)) == len(examples.class_names), f"{name}: a class name stands there twice")
    _check_truth(examples, name)
    _check_inputs(examples, name, task.kind)
    if took < PATIENCE:
        again = task.load()
        same = again.ids == examples.ids and np.array_equal(again.truth, examples.truth)  # type: ignore[arg-type]
        demand(same, f"{name}: loaded again, it has other examples; draw them from a seed, and sort what has no order")


def _check_truth(examples: Examples, name: str) -> None:
    n = len(examples.ids)
    if examples.truth is not None:
        demand(examples.truth.shape == (n,) and examples.truth.dtype == np.int64, f"{name}: truth must be int64 [{n}]")
        demand(0 <= examples.truth.min() <= examples.truth.max() < examples.n_classes, f"{name}: a truth is no class")
    if examples.difficulty is not None:
        demand(examples.difficulty.shape == (n,), f"{name}: difficulty must be [{n}]")


def _check_inputs(examples: Examples, name: str, kind: Kind) -> None:
    n, shape = len(examples.ids), examples.inputs.shape
    if examples.inputs.dtype == object:
        wanted = (n, 2) if kind == "preference" else (n,)
        demand(shape == wanted, f"{name}: texts must be {list(wanted)}, not {list(shape)}")
        texts = examples.inputs.reshape(-1)
        demand(all(isinstance(text, str) for text in texts), f"{name}: an input is no text")
        demand(all(text.strip() for text in texts), f"{name}: a text is blank; skip it, and say so in notes")
    elif kind == "preference":
        demand(shape[1:2] == (2,), f"{name}: inputs must be [{n}, 2, ...], both candidates, not {list(shape)}")
    else:
        demand(kind == "classification", f"{name}: the inputs of a {kind} task are texts")
