"""What a step takes on a nominal machine: a constant of its kind, and its multiply-accumulates at a nominal speed."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cache

from outgrow.lengths import model_of
from outgrow.models.base import Model
from outgrow.steps import Step, Trained, TrainedHead

SPEED = 4e10  # multiply-accumulates a second: about a core's
CONSTANT = {
    "Dataset": 1.0, "Split": 0.02, "Features": 0.3, "Finetuned": 0.05, "Labels": 0.02, "Scored": 0.015,
    "Comparison": 0.1, "Adapted": 0.5, "Prompted": 0.1,
}  # fmt: skip
"""Seconds of a step that multiplies nothing, with writing and checking its files, by kind; 0.03 of any other."""
START, KEPT = 1.0, 5e7  # seconds until a pretrained network begins to learn; weights a second that are written
UPDATE = 2e-3  # seconds of an update of a network, besides its multiplications
ROW = 2e-6  # seconds of a row in an epoch of a linear head, when many are trained together
APART = 8e-4  # seconds of an update of such a head by a loss that is reckoned for each head by itself


def nominal(step: Step, *, workers: int = 1, longer: float = 1.0) -> float:
    """Seconds of a step while as many workers compute; each of them has its share of the cores.

    Args:
        longer: how many times its model's cost its rows take.
    """
    cores = os.cpu_count() or 1
    fewer = max(
        1.0, threads() / max(1, cores // workers)
    )  # threads of a process that has no others beside it, to theirs
    return (constant(step) + step.work * longer / SPEED * fewer) * max(1.0, workers / cores)


def parts(step: Step, *, workers: int = 1, longer: float = 1.0) -> tuple[float, float]:
    """Seconds that a step takes on any machine, and those of which each machine takes a multiple.

    Of steps that mostly multiply these are the multiplications alone: what a few rows take, loading a network most of
    all, says nothing of many. Of others they are all.
    """
    whole = nominal(step, workers=workers, longer=longer)
    own = constant(step) * max(1.0, workers / (os.cpu_count() or 1))
    if whole < 2 * own:
        return 0.0, whole
    model = model_of(step) if isinstance(step, Trained) else None
    return own + (_kept(model) if model else 0.0), whole - own


@cache
def _kept(model: Model) -> float:
    """Seconds until a pretrained network begins to learn, and its weights are in the store; 0 where it is small."""
    extent = model.rough_extent
    return START + extent.parameters / KEPT if extent else 0.0


def constant(step: Step) -> float:
    """Seconds of a step besides its multiplications."""
    seconds = CONSTANT.get(type(step).__name__, 0.03)
    if isinstance(step, Trained):
        rows, train = step.part.size, step.role.train
        updates = math.ceil(rows / train.batch_size)
        if not isinstance(step, TrainedHead):
            each = UPDATE * updates
        elif step.objective is None or step.objective.loss.convex:
            each = ROW * rows
        else:
            each = ROW * rows + APART * updates
        seconds += each * train.epochs
    return seconds


def mostly_multiply(steps: Sequence[Step]) -> bool:
    """Whether most of their time is that of multiplications."""
    return sum(step.work / SPEED - constant(step) for step in steps) > 0


def names(step: Step) -> tuple[str, str]:
    """The kind of a step, and the kind with the model or task that it is about."""
    kind = type(step).__name__
    if isinstance(step, TrainedHead):
        kind += f" {step.role.train.optimizer}"
    about = getattr(getattr(step, "by", step), "label", "") or getattr(getattr(step, "model", None), "label", "")
    task = getattr(step, "task", None)
    return kind, f"{kind} of {about or getattr(task, 'name', '')}"


def threads() -> int:
    """With how many a process computes that is told nothing else."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdecimal() and int(told) else os.cpu_count() or 1
