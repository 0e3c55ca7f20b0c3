"""A run on paper: what is ready goes to whoever is free, some steps fail once, and machines may be lost."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outgrow.executors.frontier import Frontier
from outgrow.executors.schedule import longest_path
from outgrow.plan import Plan
from outgrow.simulation.costs import Cost
from outgrow.steps import Step


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """What goes wrong. A step that fails or is lost is done again from its beginning.

    Args:
        failing: share of steps that fail once, after a part of their time that is drawn evenly.
        losses: seconds at which workers are lost for good, and how many.
        seed: of what is drawn.
    """

    failing: float = 0.0
    losses: Sequence[tuple[float, int]] = ()
    seed: int = 0


@dataclass(kw_only=True)
class Simulated:
    """What came of a run on paper.

    Args:
        workers: at its beginning.
        makespan: seconds from its beginning to its end.
        useful: worker-seconds of the attempts that succeeded.
        lost: worker-seconds of those that did not.
        attempts: of groups of steps that are computed in one go; `failed` of them did not succeed.
        path: seconds of the longest chain of steps of which each needs the one before.
        read, written: bytes between workers and store, failures included.
    """

    workers: int
    makespan: float = 0.0
    useful: float = 0.0
    lost: float = 0.0
    attempts: int = 0
    failed: int = 0
    path: float = 0.0
    read: float = 0.0
    written: float = 0.0

    @property
    def efficiency(self) -> float:
        """Useful time as a share of the time of all workers."""
        return self.useful / (self.workers * self.makespan) if self.makespan else 1.0

    @property
    def bound(self) -> float:
        """Seconds below which no order of the steps can get: the longest chain, or the work if nobody ever waits."""
        return max(self.path, self.useful / self.workers)


@dataclass(order=True)
class _Event:
    """Something that happens: a group's attempt ends, or workers are lost."""

    when: float
    place: int
    worker: int = field(compare=False, default=-1)
    group: list[Step] = field(compare=False, default_factory=list)
    began: float = field(compare=False, default=0.0)
    fails: bool = field(compare=False, default=False)
    losing: int = field(compare=False, default=0)


def simulate(
    plan: Plan,
    costs: Mapping[str, Cost],
    *,
    workers: int,
    rank: Mapping[str, float] | None = None,
    troubles: Troubles | None = None,
) -> Simulated:
    """Carry out on paper what a plan has to do. The same arguments give the same run.

    Args:
        costs: of each step to do, by key.
        rank: what has the least is handed out first; by default the longest path first.
    """
    longest = longest_path(plan, {key: costs[key].seconds for key in plan.todo})
    run = _Run(plan, costs, workers, longest if rank is None else rank, troubles or Troubles())
    run.found.path = -min(longest.values(), default=0.0)
    run.go()
    return run.found


class _Run:
    def __init__(
        self, plan: Plan, costs: Mapping[str, Cost], workers: int, rank: Mapping[str, float], troubles: Troubles
    ) -> None:
        self._plan, self._costs, self._random = plan, costs, random.Random(troubles.seed)
        self._frontier = Frontier(plan, rank=rank)
        self._failing = {key for key in plan.todo if self._random.random() < troubles.failing}
        self._free = list(range(workers))
        self._again: list[list[Step]] = []
        self._running: dict[int, _Event] = {}
        self._events = [_Event(when, -1, losing=count) for when, count in troubles.losses]
        heapq.heapify(self._events)
        self.found = Simulated(workers=workers)

    def go(self) -> None:
        self._hand_out(0.0)
        while self._running:
            event = heapq.heappop(self._events)
            if event.losing:
                self._lose(event)
            elif self._running.get(event.worker) is event:
                self._end(event)
            self._hand_out(event.when)

    def _hand_out(self, now: float) -> None:
        while self._free:
            group = self._again.pop(0) if self._again else self._frontier.take()
            if not group and all(one.group[0].together for one in self._running.values()):
                group = self._frontier.take_part()  # nothing else is ready, or will be soon
            if not group:
                return
            worker = heapq.heappop(self._free)
            seconds = sum(self._costs[step.key].seconds for step in group)
            fails = any(step.key in self._failing for step in group)
            if fails:
                self._failing -= {step.key for step in group}
                seconds *= self._random.random()
            self.found.attempts += 1
            event = _Event(now + seconds, self.found.attempts, worker, group, now, fails)
            self._running[worker] = event
            heapq.heappush(self._events, event)

    def _end(self, event: _Event) -> None:
        del self._running[event.worker]
        heapq.heappush(self._free, event.worker)
        self._account(event, event.when, done=not event.fails)
        self.found.makespan = max(self.found.makespan, event.when)
        if not event.fails:
            for step in event.group:
                self._frontier.done(step.key)

    def _lose(self, event: _Event) -> None:
        """Workers go, the last ones first; at least one stays."""
        there = sorted([*self._free, *self._running], reverse=True)
        for worker in there[: min(event.losing, len(there) - 1)]:
            if worker in self._running:
                self._account(self._running.pop(worker), event.when, done=False)
            else:
                self._free.remove(worker)
                heapq.heapify(self._free)

    def _account(self, event: _Event, when: float, *, done: bool) -> None:
        taken = when - event.began
        for step in event.group:
            self.found.read += self._costs[step.key].read
            self.found.written += self._costs[step.key].written if done else 0.0
        if done:
            self.found.useful += taken
        else:
            self.found.lost += taken
            self.found.failed += 1
            self._again.append(event.group)
