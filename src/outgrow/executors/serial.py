"""One group of steps after the other, in this process."""

from __future__ import annotations

from outgrow.artefacts import Artefacts
from outgrow.executors.base import Outcome, Watcher, compute_group, executors
from outgrow.executors.work import Work
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Context


def serial(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Compute what is ready until nothing is, in the plan's order, so that whole results come early.

    A failure stops only what needs it, a broken store stops all.
    """
    context = Context(store, runtime, report=watcher.progressed)
    work = Work(plan, watcher)
    while task := work.take():
        work.begun(task)
        work.ended(task, compute_group(task.steps, store, context, patience=task.patience))
    return work.outcome


executors.add("serial", serial, about="one step after the other, in this process", source="built in")
