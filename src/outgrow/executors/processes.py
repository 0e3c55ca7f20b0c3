"""Several processes on this machine, each computing one step at a time with its share of the threads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing import connection
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError
from outgrow.executors import machine, workers
from outgrow.executors.base import Outcome, Watcher, executors
from outgrow.executors.crew import Crew, Place, places
from outgrow.executors.reach import check_reach
from outgrow.executors.workers import Worker
from outgrow.learning.team import team
from outgrow.nominal import threads as most_threads
from outgrow.plan import Plan
from outgrow.runtime import Runtime


def processes(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` processes busy with steps whose inputs are done, the longest path first.

    Each GPU is one worker's. Workers without one leave to the others what needs one. Steps that need more memory
    together than the machine has wait for each other.

    A worker that dies, or gives no sign of life any more, is replaced. What it computed is tried once more, when
    nothing else is left to do and by itself, lest it was memory that lacked. What then ends its worker again has
    failed; all else goes on.
    """
    if team().size > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    check_reach(plan)
    threads = min(most_threads(), max(1, (os.cpu_count() or 1) // runtime.workers))
    memory = machine.memory()
    crew = Crew(
        plan, watcher, places(runtime.workers, machine.gpus(runtime)),
        hire=lambda place: _hire(place, store, runtime, threads), wait=_wait, memory={"": memory} if memory else {},
    )  # fmt: skip
    try:
        return crew.work()
    finally:
        workers.close([one for one in crew.workers if isinstance(one, Worker)])


def _hire(place: Place, store: Artefacts, runtime: Runtime, threads: int) -> Worker:
    return Worker(store.address, place.runtime(runtime), threads=threads, gpu=place.gpu)


def _wait(busy: Sequence[Any]) -> None:
    connection.wait([sign for one in busy for sign in one.signs], timeout=workers.BEAT)


executors.add("processes", processes, about="several processes on this machine (--workers)", source="built in")
