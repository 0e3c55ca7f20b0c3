"""A process that computes groups of steps, one after the other, and is watched while it does.

Each second a thread of the worker counts up a number that the executor sees. A worker that has stopped counting may
only be busy, in a long call that lets no other thread run. So it is given up only if it also is stopped, or uses no
processor time at all. How far it is stands in memory that both see: nobody waits for that either.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection, resource_tracker
from multiprocessing.reduction import ForkingPickler
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.executors.base import Done, compute_group, reason
from outgrow.nominal import nominal
from outgrow.others import Seen, look
from outgrow.registry import import_file
from outgrow.runtime import Runtime
from outgrow.steps import Context, Step
from outgrow.store import open_store

BEAT = 1.0  # seconds between two signs of life
SILENCE = 60.0  # seconds without any, after which a worker is looked at
GRACE = 5.0  # seconds that a worker without work has to end by itself
UNTOLD = -1.0  # in place of a share that no step of a group has told yet
FINE = 0.01  # the least share of a group that is worth telling


class Worker:
    """A process of our own, and the group of steps that it computes; [] while it has nothing to do."""

    def __init__(self, address: str, runtime: Runtime, threads: int) -> None:
        self.group: list[Step] = []
        self.silent = 0.0
        context: Any = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._beats = context.RawValue("Q", 0)
        self._last: tuple[int, Seen | None] = (0, None)
        self._far, self._told = context.RawValue("d", UNTOLD), UNTOLD
        shared = (theirs, self._beats, self._far)
        self.process = context.Process(target=_serve, args=(*shared, address, runtime, threads))
        with without_interrupts():
            self.process.start()
        theirs.close()

    def give(self, group: list[Step]) -> None:
        """Let it compute a group. Raises ConfigError where a step cannot be sent to another process."""
        try:
            packed = bytes(ForkingPickler.dumps(group))
        except Exception as error:  # whatever a class of somebody's own raises
            raise ConfigError(
                f"{group[0].title!r} cannot be sent to another process ({type(error).__name__}: {error}); use the "
                "executor serial"
            ) from error
        self.group, self.silent = group, 0.0
        self._far.value = self._told = UNTOLD
        # a stopped process takes nothing out of a pipe that is full, and nobody here may wait for it
        threading.Thread(target=self._send, args=(packed,), daemon=True).start()

    def _send(self, packed: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, which is seen elsewhere
            self._pipe.send_bytes(packed)

    @property
    def signs(self) -> list[Any]:
        """What `multiprocessing.connection.wait` can wait for: an answer, or its end."""
        return [self._pipe, self.process.sentinel]

    def answer(self) -> Done | OutgrowError | None:
        """What became of its group, if it has said so. An error is one after which no step could be computed."""
        try:
            if not self._pipe.poll():
                return None
            found: Done | OutgrowError = ForkingPickler.loads(self._pipe.recv_bytes())
        except (EOFError, OSError):
            return None
        self.group = []
        return found

    def news(self) -> float | None:
        """The share of its group's time that has passed, as it thinks, if that has grown enough to be told."""
        far = float(self._far.value)
        if far < self._told + FINE:
            return None
        self._told = far
        return far

    def look(self, passed: float) -> bool:
        """Whether it may still come to something, `passed` seconds after it was looked at before.

        Those seconds are counted by whoever looks: while that one is stopped itself, no time passes.
        """
        beats, (before, seen) = int(self._beats.value), self._last
        if beats != before or not self.silent:
            self._last, self.silent = (beats, look(self.process.pid or 0)), passed
            return True
        self.silent += passed
        if self.silent < SILENCE:
            return True
        now = look(self.process.pid or 0)
        if now is None or not (now.stopped or now == seen):
            self._last, self.silent = (beats, now), passed  # it works: another while
            return True
        return False

    def kill(self) -> None:
        """End it at once, stopped or not: what it has not written is lost."""
        self.process.kill()
        self.process.join(GRACE)

    def close(self) -> None:
        """Let it end by itself."""
        with contextlib.suppress(OSError):
            self._pipe.send_bytes(b"")


def close(workers: Sequence[Worker]) -> None:
    """End workers: those that compute something at once, the others as they like, for a few seconds."""
    try:
        for one in workers:
            if one.group:
                one.process.kill()
            else:
                one.close()
        until = time.monotonic() + GRACE
        for one in workers:
            one.process.join(max(0.0, until - time.monotonic()))
    finally:
        for one in workers:
            if one.process.is_alive():
                one.kill()


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Processes started here never get SIGINT, not even while they import: Ctrl-C is the parent's to handle."""
    resource_tracker.ensure_running()  # multiprocessing's own: the first process started lets SIGINT in again for it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In the worker


def _serve(pipe: connection.Connection, beats: Any, far: Any, address: str, runtime: Runtime, threads: int) -> None:
    """Compute groups as they come in, until an empty message comes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=_beat, args=(beats,), daemon=True).start()
    store = open_store(address)
    try:
        import torch

        for path in runtime.imports:
            import_file(path)
        torch.set_num_threads(threads)
        context = Context(store, runtime)
    except OutgrowError as error:
        problem: OutgrowError | None = error
    else:
        problem = None
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # who started it has ended first
        while packed := pipe.recv_bytes():
            pipe.send_bytes(_packed(problem or _compute(packed, store, context, far)))


def _compute(packed: bytes, store: Artefacts, context: Context, far: Any) -> Done | OutgrowError:
    try:
        group: list[Step] = ForkingPickler.loads(packed)
        context.report = _report(group, far)
        return compute_group(group, store, context)
    except OutgrowError as error:
        return error


def _report(group: Sequence[Step], far: Any) -> Callable[[Step, float], None]:
    """What steps of a group tell how far they are: it puts the share of the whole group where the parent sees it."""
    done = dict.fromkeys((step.key for step in group), 0.0)
    whole = sum(nominal(step) for step in group)

    def report(step: Step, progress: float) -> None:
        if step.key in done:
            far.value = max(far.value, 0.0) + (progress - done[step.key]) * nominal(step) / whole
            done[step.key] = progress

    return report


def _packed(found: Done | OutgrowError) -> bytes:
    """An answer that can be read in another process: what cannot be sent as it is becomes words."""
    if isinstance(found, Done):
        failures = {key: _sendable(error) for key, error in found.failures.items()}
        return bytes(ForkingPickler.dumps(Done(failures=failures, elsewhere=found.elsewhere)))
    return bytes(ForkingPickler.dumps(_sendable(found)))


def _sendable(error: Any) -> Any:
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever its class makes of it
        return StepFailed(reason(error))
    return error


def _beat(beats: Any) -> None:
    while True:
        beats.value += 1
        time.sleep(BEAT)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however that ended: nobody else would."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: even while this process is stopped
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
