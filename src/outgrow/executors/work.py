"""The steps of a run that are left: handed out as tasks, put off while another run is at them, noted as they end."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from outgrow.disk import NOTICE
from outgrow.executors.base import Done, Outcome, Watcher
from outgrow.executors.frontier import Frontier
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.steps import Needs, Step

PAUSE = (0.05, 1.0)  # seconds that a step of another run is waited for: at first, and at most


@dataclass(kw_only=True, eq=False)
class Task:
    """Steps that are computed in one go.

    Args:
        patience: seconds to wait, at most, where another run is at them.
        tries: how often a worker was lost that computed them.
    """

    steps: list[Step]
    patience: float = 0.0
    tries: int = 0

    @property
    def needs(self) -> Needs:
        """What they need of a machine."""
        return self.steps[0].needs

    @property
    def title(self) -> str:
        """What to call it on screen."""
        return self.steps[0].title


def anything(needs: Needs) -> bool:
    """Whoever computes has all that a step can need."""
    return True


class Work:
    """The steps of a plan, as tasks for whoever computes.

    Runs on the same store share their steps out: what another run has begun is put off, and looked at again as soon as
    nothing else can be done. So none of them waits while there is something that it could do.

    Args:
        rank: what comes first, as of a `Frontier`.
    """

    def __init__(self, plan: Plan, watcher: Watcher, *, rank: Mapping[str, float] | None = None) -> None:
        self.outcome = Outcome()
        self._plan, self._watcher = plan, watcher
        self._frontier = Frontier(plan, rank=rank)
        self._put_off: deque[Task] = deque()  # those longest not looked at come first
        self._pause = PAUSE[0]
        self._waits_since, self._told = math.inf, False
        self._at_once: list[Task] = []  # to be done again
        self._alone: list[Task] = []  # when nothing else is left to do

    @property
    def left(self) -> bool:
        """Whether anything is neither computed nor failed yet."""
        return len(self.outcome.computed) + len(self.outcome.failed) < len(self._plan.todo)

    def take(self, fits: Callable[[Needs], bool] = anything, *, beside: Sequence[Task] = ()) -> Task | None:
        """A task that can be begun now, beside others that are being computed; None where there is none.

        Args:
            fits: whether whoever computes has what a step needs.
        """
        if task := _first(self._at_once, fits):
            return task
        steps = self._frontier.take(fits)
        if not steps and all(one.steps[0].together for one in beside):
            steps = self._frontier.take_part(fits)  # by now groups are as large as they get
        if steps:
            return Task(steps=steps, patience=0.0 if team().size == 1 else math.inf)
        if not beside and (task := _first(self._alone, fits)):
            return task
        return self._look_again(fits, alone=not beside)

    def begun(self, task: Task, where: str = "") -> None:
        """A task is about to be computed; where, in words, if not in this process."""
        for step in task.steps:
            self._watcher.started(step, where)

    def ended(self, task: Task, done: Done) -> None:
        """What became of a task."""
        if done.held:
            for step in task.steps:
                self._watcher.put_off(step)
            self._put_off.append(task)
            return
        self._pause, self._waits_since, self._told = PAUSE[0], math.inf, False
        self.outcome.note(self._plan, task.steps, done)
        for step in task.steps:
            self._frontier.done(step.key, self.outcome.failed)
            if step.key in done.elsewhere:
                self._watcher.put_off(step)
            self._watcher.finished(step, self.outcome.failed.get(step.key, ""))

    def lost(self, task: Task, *, alone: bool) -> None:
        """Whoever computed a task is gone. It is tried once more.

        Args:
            alone: when nothing else is left to do, and by itself, lest it was memory that lacked.
        """
        task.tries += 1
        for step in task.steps:
            self._watcher.put_off(step)
        (self._alone if alone else self._at_once).append(task)

    def _look_again(self, fits: Callable[[Needs], bool], *, alone: bool) -> Task | None:
        """The task that was put off longest ago, with patience for a moment; for longer, once, where all waits."""
        for _ in range(len(self._put_off)):
            task = self._put_off.popleft()
            if not fits(task.needs):
                self._put_off.append(task)
                continue
            task.patience = self._pause / (1 + len(self._put_off))
            self._pause = min(PAUSE[1], 1.5 * self._pause)
            if alone:
                self._waits_since = min(self._waits_since, time.monotonic())
                if not self._told and time.monotonic() > self._waits_since + NOTICE:
                    self._told, task.patience = True, NOTICE + 1.0  # then the store tells for what
            return task
        return None


def _first(tasks: list[Task], fits: Callable[[Needs], bool]) -> Task | None:
    """The first task that fits, taken out of a list."""
    found = next((task for task in tasks if fits(task.needs)), None)
    if found:
        tasks.remove(found)
    return found
