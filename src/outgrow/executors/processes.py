"""Several processes on this machine, each computing one step at a time with its share of the threads."""

from __future__ import annotations

import os
import time
from multiprocessing import connection

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.executors import workers
from outgrow.executors.base import Done, Outcome, Watcher, executors
from outgrow.executors.frontier import Frontier
from outgrow.executors.reach import check_reach, death
from outgrow.executors.schedule import longest_first
from outgrow.executors.workers import Worker
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Step


def processes(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` processes busy with steps whose inputs are done, the longest path first.

    A worker that dies, or gives no sign of life any more, is replaced. What it computed is tried once more, when
    nothing else is left to do and by itself, lest it was memory that lacked. What then ends its worker again has
    failed; all else goes on.
    """
    if team().size > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    check_reach(plan)
    crew = _Crew(plan, store, runtime, watcher)
    try:
        crew.work()
        return crew.outcome
    finally:
        workers.close(crew.workers)


class _Crew:
    """The workers of one run, and what each of them is at."""

    def __init__(self, plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> None:
        self.workers: list[Worker] = []
        self.outcome = Outcome()
        self._plan, self._store, self._runtime, self._watcher = plan, store, runtime, watcher
        self._frontier = Frontier(plan, rank=longest_first(plan, workers=runtime.workers))
        self._again: list[list[Step]] = []  # groups whose worker died, to be tried once more
        self._tried: set[str] = set()  # keys of those that were
        self._looked = time.monotonic()

    def work(self) -> None:
        """Compute everything. Raises OutgrowError where no step can be computed."""
        while True:
            self._hand_out()
            busy = [one for one in self.workers if one.group]
            if not busy:
                return
            connection.wait([sign for one in busy for sign in one.signs], timeout=workers.BEAT)
            now = time.monotonic()
            passed, self._looked = min(now - self._looked, 2 * workers.BEAT), now
            for one in busy:
                self._see_to(one, passed)

    def _hand_out(self) -> None:
        while (busy := sum(bool(one.group) for one in self.workers)) < self._runtime.workers:
            group = self._frontier.take()
            if not group and all(one.group[0].together for one in self.workers if one.group):
                group = self._frontier.take_part()  # by now groups are as large as they get
            if group:
                for step in group:
                    self._watcher.started(step)
            elif self._again and not busy:
                group = self._again.pop(0)
            else:
                return
            self._idle().give(group)

    def _idle(self) -> Worker:
        """A worker without work. One that has died without any is nobody's loss."""
        self.workers = [one for one in self.workers if one.group or one.process.is_alive()]
        for one in self.workers:
            if not one.group:
                return one
        threads = max(1, (os.cpu_count() or 1) // self._runtime.workers)
        self.workers.append(Worker(self._store.address, self._runtime, threads))
        return self.workers[-1]

    def _see_to(self, one: Worker, passed: float) -> None:
        group, alive = one.group, one.process.is_alive()
        answer = one.answer()  # after that: what it said before it died counts
        if isinstance(answer, OutgrowError):
            raise answer
        if answer is not None:
            self._ended(group, answer)
        elif not alive or not one.look(passed):
            self._lost(one, silent=alive)
        elif (far := one.news()) is not None:
            for step in group:
                self._watcher.progressed(step, far)

    def _lost(self, one: Worker, *, silent: bool) -> None:
        """A worker is dead, or as good as that."""
        one.kill()
        self.workers.remove(one)
        group = one.group
        if group[0].key not in self._tried:
            self._tried |= {step.key for step in group}
            self._again.append(group)
            return
        failed = StepFailed(death(one.process.exitcode, title=group[0].title, silence=one.silent if silent else None))
        if not silent and (one.process.exitcode or 0) > 0:  # it ended by itself: so would those of other steps
            raise failed
        self._ended(group, Done(failures={step.key: failed for step in group if not self._store.has(step.key)}))

    def _ended(self, group: list[Step], done: Done) -> None:
        self.outcome.note(self._plan, group, done)
        for step in group:
            self._frontier.done(step.key, self.outcome.failed)
            self._watcher.finished(step)


executors.add("processes", processes, about="several processes on this machine (--workers)", source="built in")
