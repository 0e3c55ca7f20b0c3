"""Executors: carry out the steps a plan has to do, in an order that respects their inputs."""

from __future__ import annotations

import contextlib
import logging
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from outgrow.distributed import gather, rank, wait
from outgrow.errors import OutgrowError
from outgrow.plan import Plan
from outgrow.registry import Registry
from outgrow.runtime import Context, Runtime
from outgrow.steps import Step
from outgrow.store import DamagedArtefact, Store

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Outcome:
    """What came of a graph.

    Args:
        computed: keys computed.
        failures: keys of the steps that failed by themselves, and why.
        failed: every key that could not be computed, and the failure behind it.
        damaged: whether an artefact was found damaged on the way, so that another attempt can mend it.
    """

    computed: list[str] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    damaged: bool = False

    def fail(self, plan: Plan, key: str, error: BaseException) -> None:
        """Record a failure and everything that can no longer be done."""
        if isinstance(error, DamagedArtefact):
            self.damaged = True
        if not isinstance(error, OutgrowError):
            log.error("step %r failed", plan.steps[key].title, exc_info=error)
        self.failures[key] = error
        self.failed[key] = f"{plan.steps[key].title}: {reason(error)}"
        for later in plan.todo:
            needs = plan.steps[later].inputs().values()
            if later not in self.failed and any(needed.key in self.failed for needed in needs):
                self.failed[later] = self.failed[key]


class Watcher(Protocol):
    """Is told what happens, for a progress display."""

    def started(self, step: Step) -> None: ...

    def progressed(self, step: Step, progress: float) -> None: ...

    def finished(self, step: Step) -> None: ...


Executor = Callable[[Plan, Store, Runtime, Watcher], Outcome]

executors: Registry[Executor] = Registry("executors", package="outgrow.executors")


@cache
def versions() -> dict[str, str]:
    """Versions of what can move a number's last bits; recorded beside a result, not part of its key."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("outgrow", "torch", "numpy", "transformers"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def compute(step: Step, store: Store, context: Context) -> None:
    """Compute one step into the store, unless someone else has done so meanwhile.

    Processes that train together all compute it, and the first of them alone writes it.
    """
    first = rank() == 0
    with store.lock(step.key) if first else contextlib.nullcontext():
        if gather(store.has(step.key))[0]:
            return
        inputs = {name: needed.key for name, needed in step.inputs().items()}
        with (
            store.write(key=step.key, step=step.name, spec=step.spec(), inputs=inputs, versions=versions())
            if first
            else _thrown_away()
        ) as folder:
            step.compute(context, folder)
    wait()


@contextlib.contextmanager
def _thrown_away() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def reason(error: BaseException) -> str:
    """One line on a failure; an error that is none of ours is named by its type."""
    return str(error) if isinstance(error, OutgrowError) else f"{type(error).__name__}: {error}"
