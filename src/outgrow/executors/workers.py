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
from collections.abc import Iterator, Sequence
from multiprocessing import connection, resource_tracker
from typing import Any

from outgrow.errors import StepFailed
from outgrow.executors.crew import Loss
from outgrow.executors.reach import death
from outgrow.executors.serving import FINE, UNTOLD, Answer, Server, pack, unpack
from outgrow.executors.work import Task
from outgrow.others import Seen, look, moves
from outgrow.runtime import Runtime

BEAT = 1.0  # seconds between two signs of life
SILENCE = 60.0  # seconds without any, after which a worker is looked at
ROOM = 2**15  # bytes that an empty pipe takes in any case
GRACE = 5.0  # seconds that a worker without work has to end by itself


class Worker:
    """A process of our own on this machine, and the task that it computes.

    Args:
        gpu: what CUDA is to see of the machine's GPUs; None is all that this process sees.
    """

    ready = True  # what it is given waits until it has started
    host = ""

    def __init__(self, address: str, runtime: Runtime, *, threads: int, gpu: str | None = None) -> None:
        self.task: Task | None = None
        self.silent = 0.0
        self._said: Answer | None = None
        context: Any = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._beats = context.RawValue("Q", 0)
        self._last: tuple[int, Seen | None] = (0, None)
        self._far, self._told = context.RawValue("d", UNTOLD), UNTOLD
        shared = (theirs, self._beats, self._far)
        self.process = context.Process(target=_serve, args=(*shared, address, runtime, threads, gpu))
        with without_interrupts():
            self.process.start()
        theirs.close()
        self.where = f"process {self.process.pid}"

    def give(self, task: Task) -> None:
        """Let it compute a task. Raises ConfigError where a step cannot be sent to another process."""
        packed = pack(task)
        self.task, self.silent = task, 0.0
        self._far.value = self._told = UNTOLD
        if len(packed) < ROOM:
            self._send(packed)
        else:  # a stopped process takes nothing out of a pipe that is full, and nobody here may wait for it
            threading.Thread(target=self._send, args=(packed,), daemon=True).start()

    def _send(self, packed: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, which is seen elsewhere
            self._pipe.send_bytes(packed)

    @property
    def signs(self) -> list[Any]:
        """What `multiprocessing.connection.wait` can wait for: an answer, or its end."""
        return [self._pipe, self.process.sentinel]

    def answer(self) -> Answer | None:
        """What became of its task, if it has said so; then it has none any more."""
        found, self._said = self._said or self._receive(), None
        if found is not None:
            self.task = None
        return found

    def _receive(self) -> Answer | None:
        with contextlib.suppress(EOFError, OSError):
            if self._pipe.poll():
                return unpack(self._pipe.recv_bytes())
        return None

    def news(self) -> float | None:
        """The share of its group's time that has passed, as it thinks, if that has grown enough to be told."""
        far = float(self._far.value)
        if far < self._told + FINE:
            return None
        self._told = far
        return far

    def loss(self, passed: float) -> Loss | None:
        """Why it will not answer any more; None while it may, `passed` seconds after it was looked at before."""
        alive = self.process.is_alive()
        if alive and (self.task is None or self.look(passed)):
            return None
        if not alive and self.task and (said := self._receive()):  # before it ended: that counts
            self._said = said
            return None
        self.kill()
        status, title = self.process.exitcode, self.task.title if self.task else ""
        why = StepFailed(death(status, title=title, silence=self.silent if alive else None))
        return Loss(why, by_itself=not alive and (status or 0) > 0)

    def look(self, passed: float) -> bool:
        """Whether it may still come to something, `passed` seconds after it was looked at before.

        Those seconds are counted by whoever looks: while that one is stopped itself, no time passes.
        """
        beats, (before, seen) = int(self._beats.value), self._last
        if beats != before or not self.silent:
            self._last, self.silent = (beats, look(self.process.pid or 0)), min(passed, 2 * BEAT)
            return True
        self.silent += min(passed, 2 * BEAT)
        if self.silent < SILENCE:
            return True
        now = look(self.process.pid or 0)
        if moves(seen, now):
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
            if one.task:
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


def _serve(
    pipe: connection.Connection, beats: Any, far: Any, address: str, runtime: Runtime, threads: int, gpu: str | None
) -> None:
    """Compute tasks as they come in, until an empty message comes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=_beat, args=(beats,), daemon=True).start()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu

    def tell(share: float) -> None:
        far.value = share

    server = Server(address, runtime, threads, tell)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # who started it has ended first
        while packed := pipe.recv_bytes():
            pipe.send_bytes(server.compute(packed))


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
