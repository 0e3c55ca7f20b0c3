"""In a process of its own: tasks are taken in as bytes, computed into the store, and answered as bytes.

Both ends are processes of one run, so what they send each other is pickled. Nothing else ever is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.executors.base import Done, compute_group, reason
from outgrow.executors.work import Task
from outgrow.nominal import nominal
from outgrow.registry import import_file
from outgrow.runtime import Runtime
from outgrow.steps import Context, Step
from outgrow.store import open_store

UNTOLD = -1.0  # in place of a share that no step of a group has told yet
FINE = 0.01  # the least share of a group that is worth telling
Answer = Done | OutgrowError
"""What became of a task; an error is one after which no step could be computed."""


class Server:
    """Computes tasks, one after the other.

    Args:
        threads: to compute with.
        tell: is told the share of a task's time that has passed.
    """

    def __init__(self, address: str, runtime: Runtime, threads: int, tell: Callable[[float], None]) -> None:
        self._store, self._threads, self._tell = open_store(address), threads, tell
        self._problem: OutgrowError | None = None
        try:
            for path in runtime.imports:
                import_file(path)
            self._context = Context(self._store, runtime)
        except OutgrowError as error:
            self._problem = error

    def compute(self, packed: bytes) -> bytes:
        """What becomes of a packed task, packed."""
        import torch

        if self._problem:
            return _packed(self._problem)
        torch.set_num_threads(self._threads)  # of the thread that this is, which need not be the one before
        try:
            steps, patience = ForkingPickler.loads(packed)
            self._context.report = share_of(steps, self._tell)
            return _packed(compute_group(steps, self._store, self._context, patience=patience))
        except OutgrowError as error:
            return _packed(error)


def share_of(steps: Sequence[Step], tell: Callable[[float], None]) -> Callable[[Step, float], None]:
    """What steps of a group report to: it tells the share of the whole group that is done."""
    done = dict.fromkeys((step.key for step in steps), 0.0)
    whole = sum(nominal(step) for step in steps)
    far = 0.0

    def report(step: Step, progress: float) -> None:
        nonlocal far
        if step.key in done:
            far += (progress - done[step.key]) * nominal(step) / whole
            done[step.key] = progress
            tell(far)

    return report


def pack(task: Task) -> bytes:
    """A task as bytes. Raises ConfigError where a step cannot be sent to another process."""
    try:
        return bytes(ForkingPickler.dumps((task.steps, task.patience)))
    except Exception as error:  # whatever a class of somebody's own raises
        raise ConfigError(
            f"{task.title!r} cannot be sent to another process ({type(error).__name__}: {error}); use the executor "
            "serial"
        ) from error


def unpack(answer: bytes) -> Answer:
    """What a server answered."""
    found: Answer = ForkingPickler.loads(answer)
    return found


def _packed(found: Answer) -> bytes:
    """An answer that can be read in another process: what cannot be sent as it is becomes words."""
    if isinstance(found, Done):
        failures = {key: _sendable(error) for key, error in found.failures.items()}
        return bytes(ForkingPickler.dumps(Done(failures=failures, elsewhere=found.elsewhere, held=found.held)))
    return bytes(ForkingPickler.dumps(_sendable(found)))


def _sendable(error: Any) -> Any:
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever its class makes of it
        return StepFailed(reason(error))
    return error
