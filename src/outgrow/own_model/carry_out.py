"""Steps that are no experiment, carried out against a store."""

from __future__ import annotations

from outgrow.artefacts import Artefacts
from outgrow.errors import OutgrowError, StepFailed
from outgrow.executors.base import Watcher, reason
from outgrow.executors.serial import serial
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Step, walk_unique
from outgrow.sweep import ATTEMPTS


def plan_of(*ends: Step, cached: set[str]) -> Plan:
    """The graph of all that these need, against the keys that a store has."""
    steps = {step.key: step for step in walk_unique(*ends)}
    return Plan(results=[], steps=steps, cached=set(), todo=[], trainings_unshared=0).against(cached)


def carry_out(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> int:
    """Compute what the store lacks, one step after the other; how many that were.

    Raises:
        OutgrowError: the first that failed. What is finished is kept.
    """
    done = 0
    with store.in_use():
        for attempt in range(1, ATTEMPTS + 1):  # what is found damaged is moved aside, and computed again
            outcome = serial(plan, store, runtime, watcher)
            done += outcome.here
            if not outcome.damaged or attempt == ATTEMPTS:
                break
            plan = plan.against(store.keys())
    for key, error in outcome.failures.items():
        if isinstance(error, OutgrowError):
            raise error
        raise StepFailed(f"{plan.steps[key].title}: {reason(error)}") from error
    return done
