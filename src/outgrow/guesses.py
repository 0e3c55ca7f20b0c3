"""What steps are likely to take that this machine never ran: by how fast it multiplies."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from outgrow.learning.machine import machine_of, multiplies_bfloat16, product_speed
from outgrow.lengths import Longer, model_of
from outgrow.models.base import Model
from outgrow.nominal import SPEED, constant, mostly_multiply, names, threads
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Step

USUAL = {"Comparison": 0.3, "Labels": 0.5}
"""Of the nominal time of steps that multiply nothing, what they took on the machine on which that was looked at."""


def guesses(plan: Plan, runtime: Runtime, *, known: Container[str], longer: Longer) -> dict[str, float]:
    """Multiples of nominal times, by kind of step with its model, of steps to do that nothing better is known of.

    What steps of the same kind took with other models is better known only where they multiply little: how well a
    network uses a machine differs, and what a tiny one takes is not its multiplications.

    Args:
        known: kinds of steps, with and without a model, that earlier runs tell of.
        longer: how long the rows of a step are.
    """
    alike: dict[tuple[str, str], list[Step]] = {}
    for step in (plan.steps[key] for key in plan.todo):
        alike.setdefault(names(step), []).append(step)
    fast = cache(lambda model: speed(model, runtime))
    found: dict[str, float] = {}
    for (kind, fine), steps in alike.items():
        if fine in known or (kind in known and not mostly_multiply(steps)):
            continue
        model = model_of(steps[0])
        if model is not None and mostly_multiply(steps):
            found[fine] = SPEED / fast(model)  # what else they take is the same on any machine
        elif model is not None and steps[0].work:
            whole = [(constant(step), step.work * (longer(step) or 1.0)) for step in steps]
            likely = sum(own * USUAL.get(kind, 1.0) + work / fast(model) for own, work in whole)
            found[fine] = likely / sum(own + work / SPEED for own, work in whole)
        elif kind in USUAL:
            found[fine] = USUAL[kind]
    return found


def speed(model: Model, runtime: Runtime) -> float:
    """Multiply-accumulates a second of a model's network on this machine, as far as matrix products tell."""
    machine = machine_of(runtime)
    device = machine.device.type
    low = machine.precision == "bfloat16" or (machine.precision == "auto" and multiplies_bfloat16(device))
    alone = product_speed(device, low=low and model.mixed_precision) * model.efficiency
    return alone * (threads() if device == "cpu" else 1)
