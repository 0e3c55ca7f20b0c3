"""One group of steps after the other, in this process."""

from __future__ import annotations

from outgrow.artefacts import Artefacts
from outgrow.executors.base import Outcome, Watcher, compute_group, executors
from outgrow.executors.frontier import Frontier
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Context


def serial(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Compute what is ready until nothing is; a failure stops only what needs it, a broken store stops all."""
    outcome = Outcome()
    context = Context(store, runtime, report=watcher.progressed)
    frontier = Frontier(plan)
    while group := frontier.take() or frontier.take_part():
        for step in group:
            watcher.started(step)
        outcome.note(plan, group, compute_group(group, store, context))
        for step in group:
            frontier.done(step.key, outcome.failed)
            watcher.finished(step)
    return outcome


executors.add("serial", serial, about="one step after the other, in this process", source="built in")
