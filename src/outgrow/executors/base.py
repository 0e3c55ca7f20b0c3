"""Executors: carry out the steps a plan has to do, in an order that respects their inputs."""

from __future__ import annotations

import contextlib
import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from outgrow.artefacts import Artefacts
from outgrow.errors import DamagedArtefact, OutgrowError, StoreError
from outgrow.learning.team import team
from outgrow.plain import plain
from outgrow.plan import Plan
from outgrow.registry import Registry
from outgrow.runtime import Runtime
from outgrow.spec import digest
from outgrow.steps import Context, Step, Write
from outgrow.steps.origin import made_with
from outgrow.steps.unfinished import Making

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of steps that were computed together.

    Args:
        failures: keys of those that failed, and why.
        elsewhere: keys of those that another run computed meanwhile.
        held: whether another run is at it, so that nothing was done.
    """

    failures: dict[str, BaseException] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    held: bool = False


@dataclass(kw_only=True)
class Outcome:
    """What came of a graph.

    Args:
        computed: keys computed.
        elsewhere: those of them that another run computed meanwhile.
        failures: keys of the steps that failed by themselves, and why.
        failed: every key that could not be computed, and the failure behind it.
        damaged: whether an artefact was found damaged on the way, so that another attempt can mend it.
    """

    computed: list[str] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    failures: dict[str, BaseException] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    damaged: bool = False

    @property
    def here(self) -> int:
        """How many steps were computed by this run, and by no other."""
        return len(set(self.computed) - self.elsewhere)

    def add(self, other: Outcome) -> None:
        """Take down what came of more of the same graph."""
        self.computed += other.computed
        self.elsewhere |= other.elsewhere
        self.failures |= other.failures
        self.failed |= other.failed
        self.damaged |= other.damaged

    def note(self, plan: Plan, steps: Sequence[Step], done: Done) -> None:
        """Record what became of steps that were computed together."""
        self.elsewhere |= done.elsewhere
        for step in steps:
            if step.key in done.failures:
                self.fail(plan, step.key, done.failures[step.key])
            else:
                self.computed.append(step.key)

    def fail(self, plan: Plan, key: str, error: BaseException) -> None:
        """Record a failure and everything that can no longer be done."""
        if isinstance(error, DamagedArtefact):
            self.damaged = True
        if not isinstance(error, OutgrowError):
            log.error("step %r failed", plan.steps[key].title, exc_info=error)
        self.failures[key] = error
        self.failed[key] = why = f"{plan.steps[key].title}: {reason(error)}"
        for later in plan.needing(key, known=self.failed):
            self.failed[later] = why


class Watcher(Protocol):
    """Is told what happens, for a progress display."""

    def started(self, step: Step, where: str = "") -> None:
        """A step is about to be computed; where, in words, if not in this process."""

    def progressed(self, step: Step, progress: float) -> None: ...

    def put_off(self, step: Step) -> None:
        """It is not computed here any more: another run is at it or has done it, or its worker is lost."""

    def finished(self, step: Step, failure: str = "") -> None:
        """It is done; or it has failed, or can never be done, and why."""


class Held(Exception):
    """Another run holds the lock of a step, longer than there was patience."""


Executor = Callable[[Plan, Artefacts, Runtime, Watcher], Outcome]

executors: Registry[Executor] = Registry("executors", package="outgrow.executors")


def compute(
    step: Step, store: Artefacts, context: Context, write: Write | None = None, patience: float = math.inf
) -> bool:
    """Compute one step into the store, unless someone else has done so meanwhile; whether it was computed here.

    Processes that train together all compute it, and the first of them alone writes it.

    Args:
        write: writes what was computed already, together with other steps.
        patience: seconds to wait, at most, for another run that computes it.

    Raises:
        Held: another run still computes it.
    """
    together = team()
    first = together.rank == 0
    with _lock(store, step.key, step.title, patience) if first else contextlib.nullcontext():
        if together.gather(store.has(step.key))[0]:
            return False
        inputs = {name: needed.key for name, needed in step.inputs().items()}
        origin = made_with(step)
        context.formats_since()
        with (
            store.write(key=step.key, step=step.name, identity=step.identity(), inputs=inputs, versions=origin)
            if first
            else _thrown_away()
        ) as folder:
            if write is None:
                with context.computing(Making(key=step.key, title=step.title, origin=origin)):
                    step.compute(context, folder)
            else:
                write(folder)
            if formats := context.formats_since():
                origin["precision"] = formats
        if first:
            store.drop_unfinished(step.key)
    together.wait()
    return True


def compute_group(steps: Sequence[Step], store: Artefacts, context: Context, *, patience: float = math.inf) -> Done:
    """Compute steps that were handed out as a group into the store.

    Steps of equal `together` have a lock in common, beside that of each: who waits for it looks again what is left to
    do. It is always taken before the others, so that no two runs can wait for each other.

    Args:
        patience: seconds to wait, at most, for another run that computes them; then nothing is done.

    Raises:
        StoreError: the store itself does not work, so nothing does.
    """
    done = Done()
    made: dict[str, Write | OutgrowError] = {}
    in_common = bool(steps[0].together) and team().rank == 0
    try:
        with (
            _lock(store, digest(steps[0].together), steps[0].title, patience) if in_common else contextlib.nullcontext()
        ):
            if len(steps) > 1:
                there = team().gather([store.has(step.key) for step in steps])[0]
                left = [step for step, has in zip(steps, there, strict=True) if not has]
                made = left[0].compute_together(left, context) if left else {}
            for step in steps:
                how = made.get(step.key)
                if isinstance(how, OutgrowError):
                    done.failures[step.key] = how
                elif not compute(step, store, context, how, math.inf if in_common else patience):
                    done.elsewhere.add(step.key)
    except Held:
        return Done(held=True)
    except Exception as error:
        if isinstance(error, StoreError) and not isinstance(error, DamagedArtefact):
            raise
        missed = [step.key for step in steps if not store.has(step.key)]
        done.failures.update((key, error) for key in missed if key not in done.failures)
    return done


@contextlib.contextmanager
def _lock(store: Artefacts, key: str, title: str, patience: float) -> Iterator[None]:
    with store.lock(key, title=title, patience=patience) as held:
        if not held:
            raise Held
        yield


@contextlib.contextmanager
def _thrown_away() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def reason(error: BaseException) -> str:
    """One line on a failure; an error that is none of ours is named by its type."""
    return str(error) if isinstance(error, OutgrowError) else f"{type(error).__name__}: {plain(error)}"
