"""What steps are likely to take that this machine never ran: by how fast it multiplies, and how long its texts are."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import cache
from typing import Any

import numpy as np

from outgrow.learning.machine import machine_of, multiplies_bfloat16, product_speed
from outgrow.models.base import Model
from outgrow.nominal import SPEED, constant, names, threads
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Dataset, Step

USUAL = {"Comparison": 0.3, "Labels": 0.5}
"""Of the nominal time of steps that multiply nothing, what they took on the machine on which that was looked at."""


def guesses(
    plan: Plan, runtime: Runtime, *, known: Container[str], inputs: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Multiples of nominal times, by kind of step with its model, of steps to do that nothing else is known of.

    Args:
        known: kinds of steps, with and without a model, that earlier runs tell of.
        inputs: of data that were read, by the key of their step.
    """
    found: dict[str, tuple[float, float]] = {}
    longer = cache(lambda model, key: model.longer(inputs[key]) if key in inputs else 1.0)  # many steps share both
    fast = cache(lambda model: speed(model, runtime))
    for step in (plan.steps[key] for key in plan.todo):
        kind, fine = names(step)
        model = model_of(step)
        if kind in known or fine in known:
            continue
        own = constant(step) * USUAL.get(kind, 1.0)
        if model is None or not step.work:
            if kind in USUAL:
                found[fine] = USUAL[kind], 1.0
            continue
        data = dataset_of(step)
        multiplying = step.work / fast(model) * longer(model, data.key if data else "")
        likely, nominal = found.get(fine, (0.0, 0.0))
        found[fine] = likely + own + multiplying, nominal + constant(step) + step.work / SPEED
    return {fine: likely / nominal for fine, (likely, nominal) in found.items()}


def speed(model: Model, runtime: Runtime) -> float:
    """Multiply-accumulates a second of a model's network on this machine, as far as matrix products tell."""
    machine = machine_of(runtime)
    device = machine.device.type
    low = machine.precision == "bfloat16" or (machine.precision == "auto" and multiplies_bfloat16(device))
    alone = product_speed(device, low=low and model.mixed_precision) * model.efficiency
    return alone * (threads() if device == "cpu" else 1)


def model_of(step: Any) -> Model | None:
    """The model that a step computes with, if it is one."""
    while step is not None:
        model = getattr(getattr(step, "role", None), "model", None) or getattr(step, "model", None)
        if isinstance(model, Model):
            return model
        step = getattr(step, "by", None)
    return None


def dataset_of(step: Step) -> Dataset | None:
    """The data that a step computes with."""
    for place in (step, getattr(step, "split", None), getattr(getattr(step, "part", None), "split", None)):
        found = getattr(place, "dataset", None)
        if isinstance(found, Dataset):
            return found
    return None
