"""Keeps workers busy with the tasks of a run, wherever they are, and has lost work done again."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from outgrow.errors import OutgrowError, StepFailed
from outgrow.executors.base import Done, Outcome, Watcher
from outgrow.executors.schedule import longest_first
from outgrow.executors.serving import Answer
from outgrow.executors.work import Task, Work
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Needs

log = logging.getLogger(__name__)
TRIES = 1  # how often a task whose worker is lost is tried again


@dataclass(frozen=True)
class Loss:
    """A worker that will not answer any more.

    Args:
        why: what to say of its steps if they cannot be done.
        by_itself: whether it ended by itself, so that other steps would fare no better.
        alone: whether its task is tried again by itself, lest it was memory that lacked; or at once.
    """

    why: StepFailed
    by_itself: bool = False
    alone: bool = True


class Worker(Protocol):
    """Computes one task at a time, in a process of its own."""

    task: Task | None
    where: str
    """It is, in words."""
    host: str
    """The machine whose memory it shares; "" is this one."""

    @property
    def ready(self) -> bool:
        """Whether it can be given a task."""
        ...

    def give(self, task: Task) -> None:
        """Let it compute a task. Raises ConfigError where a step cannot be sent to another process."""
        ...

    def answer(self) -> Answer | None:
        """What became of its task, if it has said so; then it has none any more."""
        ...

    def news(self) -> float | None:
        """The share of its task's time that has passed, as it thinks, if that has grown enough to be told."""
        ...

    def loss(self, passed: float) -> Loss | None:
        """Whether it is lost, `passed` seconds after it was looked at before; then it is ended for good."""
        ...


@dataclass(kw_only=True, eq=False)
class Place:
    """Room for a worker.

    Args:
        gpu: what it is to see of the machine's GPUs; None where nothing is said of them.
        heavy: whether it can compute what needs a GPU.
        worker: who is there.
    """

    gpu: str | None = None
    heavy: bool = True
    worker: Worker | None = None

    @property
    def task(self) -> Task | None:
        """What is computed there."""
        return self.worker.task if self.worker else None

    def runtime(self, runtime: Runtime) -> Runtime:
        """How its worker computes: where a place has none of the GPUs, on the CPU."""
        return runtime if self.heavy else replace(runtime, device="cpu")


def places(workers: int, gpus: Sequence[str]) -> list[Place]:
    """Room for as many workers; each GPU is one worker's, and those without one leave to them what needs it."""
    if not gpus:
        return [Place() for _ in range(workers)]
    with_gpu = [Place(gpu=one) for one in gpus[:workers]]
    return [Place(gpu="", heavy=False) for _ in range(workers - len(with_gpu))] + with_gpu


class Crew:
    """The workers of one run, and what each of them is at.

    Args:
        hire: puts a worker into a place.
        wait: until one of these workers has something to say, or it is time to look at them.
        memory: bytes that steps may take on each machine, all of them together, as far as that is known.
        eager: all are hired at once, since each takes its time; else when there is something for them to do.
    """

    def __init__(
        self,
        plan: Plan,
        watcher: Watcher,
        places: Sequence[Place],
        *,
        hire: Callable[[Place], Worker],
        wait: Callable[[Sequence[Worker]], None],
        memory: Mapping[str, int],
        eager: bool = False,
    ) -> None:
        self._places = list(places[-len(plan.todo) :] if eager and plan.todo else places)  # those with GPUs come last
        self._watcher, self._hire, self._wait, self._memory, self._eager = watcher, hire, wait, memory, eager
        self._work = Work(plan, watcher, rank=longest_first(plan, workers=len(self._places)))
        self._looked = time.monotonic()
        self._lacking: int | None = None  # bytes of memory that a step waits for
        self._told = False

    @property
    def workers(self) -> list[Worker]:
        """All of them."""
        return [place.worker for place in self._places if place.worker]

    def work(self) -> Outcome:
        """Compute everything. Raises OutgrowError where no step can be computed."""
        while True:
            self._hand_out()
            if not self._work.left:
                return self._work.outcome
            self._wait([one for one in self.workers if one.task or not one.ready])
            now = time.monotonic()
            passed, self._looked = now - self._looked, now
            for place in self._places:
                if place.worker:
                    self._see_to(place, place.worker, passed)

    def _hand_out(self) -> None:
        self._lacking = None
        for place in sorted(self._places, key=lambda one: one.worker is None):
            if self._eager and not place.worker:
                place.worker = self._hire(place)
            if place.task or (place.worker and not place.worker.ready):
                continue
            beside = [one.task for one in self._places if one.task]
            if task := self._work.take(lambda needs, place=place: self._fits(needs, place), beside=beside):  # type: ignore[misc]
                worker = place.worker = place.worker or self._hire(place)
                self._work.begun(task, worker.where)
                worker.give(task)
            elif self._lacking and not self._told:
                self._told = True
                log.warning(
                    "steps wait for memory: one needs about %.1f GiB beside what is computed already; fewer --workers "
                    "would take as long",
                    self._lacking / 2**30,
                )

    def _fits(self, needs: Needs, place: Place) -> bool:
        if needs.gpus and not place.heavy:
            return False
        if not needs.memory or place.gpu:  # on a GPU, the memory is its own
            return True
        host = place.worker.host if place.worker else ""
        beside = [
            one.task.needs.memory
            for one in self._places
            if one.task and not one.gpu and one.worker and one.worker.host == host
        ]
        if not any(beside) or sum(beside) + needs.memory <= self._memory.get(host, math.inf):
            return True
        self._lacking = needs.memory
        return False

    def _see_to(self, place: Place, worker: Worker, passed: float) -> None:
        task, answer = worker.task, worker.answer()
        if isinstance(answer, OutgrowError):
            raise answer
        if task and answer is not None:
            self._work.ended(task, answer)
        elif loss := worker.loss(passed):
            place.worker = None
            if task:
                self._lost(task, loss)
        elif task and (far := worker.news()) is not None:
            for step in task.steps:
                self._watcher.progressed(step, far)

    def _lost(self, task: Task, loss: Loss) -> None:
        if task.tries < TRIES:
            self._work.lost(task, alone=loss.alone)
        elif loss.by_itself:
            raise loss.why
        else:
            self._work.ended(task, Done(failures={step.key: loss.why for step in task.steps}))
