"""What steps are likely to take that this machine never ran: by how fast it multiplies."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from outgrow.learning.machine import machine_of, multiplies_bfloat16, product_speed
from outgrow.lengths import Longer, model_of
from outgrow.models.base import Model
from outgrow.nominal import SPEED, constant, names, threads
from outgrow.plan import Plan
from outgrow.runtime import Runtime

USUAL = {"Comparison": 0.3, "Labels": 0.5}
"""Of the nominal time of steps that multiply nothing, what they took on the machine on which that was looked at."""


def guesses(plan: Plan, runtime: Runtime, *, known: Container[str], longer: Longer) -> dict[str, float]:
    """Multiples of nominal times, by kind of step with its model, of steps to do that nothing else is known of.

    Args:
        known: kinds of steps, with and without a model, that earlier runs tell of.
        longer: how long the rows of a step are.
    """
    found: dict[str, tuple[float, float]] = {}
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
        work = step.work * (longer(step) or 1.0)
        likely, nominal = found.get(fine, (0.0, 0.0))
        found[fine] = likely + own + work / fast(model), nominal + constant(step) + work / SPEED
    return {fine: likely / nominal for fine, (likely, nominal) in found.items()}


def speed(model: Model, runtime: Runtime) -> float:
    """Multiply-accumulates a second of a model's network on this machine, as far as matrix products tell."""
    machine = machine_of(runtime)
    device = machine.device.type
    low = machine.precision == "bfloat16" or (machine.precision == "auto" and multiplies_bfloat16(device))
    alone = product_speed(device, low=low and model.mixed_precision) * model.efficiency
    return alone * (threads() if device == "cpu" else 1)
