"""One step after the other, in this process."""

from __future__ import annotations

from outgrow.errors import StoreError
from outgrow.executors.base import Outcome, Watcher, compute, executors
from outgrow.plan import Plan
from outgrow.runtime import Context, Runtime
from outgrow.store import DamagedArtefact, Store


def serial(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Compute the plan's steps in order; a failure stops only what needs it, a broken store stops all."""
    outcome = Outcome()
    context = Context(store, runtime, report=watcher.progressed)
    for key in plan.todo:
        if key in outcome.failed:
            continue
        step = plan.steps[key]
        watcher.started(step)
        try:
            compute(step, store, context)
        except Exception as error:
            if isinstance(error, StoreError) and not isinstance(error, DamagedArtefact):
                raise
            outcome.fail(plan, key, error)
        else:
            outcome.computed.append(key)
        watcher.finished(step)
    return outcome


executors.add("serial", serial, about="one step after the other, in this process", source="built in")
