"""Several processes on this machine, each computing one step at a time with its share of the threads."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.executors.base import Frontier, Outcome, Watcher, compute_group, executors
from outgrow.executors.reach import check_reach, death
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.registry import import_file
from outgrow.runtime import Runtime
from outgrow.steps import Context, Step
from outgrow.store import Store

_context: Context | None = None
_store: Store | None = None
_problem: OutgrowError | None = None  # why this process is of no use


def _start(address: str, runtime: Runtime, threads: int) -> None:
    global _context, _store, _problem
    import torch

    try:
        for path in runtime.imports:
            import_file(path)
    except OutgrowError as error:
        _problem = error
    torch.set_num_threads(threads)
    _store = Store(address)
    _context = Context(_store, runtime)


def _compute(group: list[Step]) -> dict[str, BaseException]:
    if _problem is not None:
        raise _problem
    assert _context is not None
    assert _store is not None
    return compute_group(group, _store, _context)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started here never get SIGINT, not even while they import: Ctrl-C is the parent's to handle."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def processes(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` processes busy with steps whose inputs are done, in the plan's order."""
    if team().size > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    check_reach(plan)
    outcome = Outcome()
    frontier = Frontier(plan)
    threads = max(1, (os.cpu_count() or 1) // runtime.workers)
    running: dict[Future[dict[str, BaseException]], list[Step]] = {}
    pool = ProcessPoolExecutor(
        runtime.workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(store.address, runtime, threads),
    )
    workers: dict[int, BaseProcess] = {}
    try:
        while True:
            while len(running) < runtime.workers:
                group = frontier.take()
                if not group and all(steps[0].together for steps in running.values()):
                    group = frontier.take_group()  # by now groups are as large as they get
                if not group:
                    break
                for step in group:
                    watcher.started(step)
                with _without_interrupts():
                    running[pool.submit(_compute, group)] = group
                workers |= pool._processes or {}
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                group = running.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    pool.shutdown(wait=True)  # so that every process has left its exit status
                    raise StepFailed(death(list(workers.values()), title=group[0].title)) from error
                if error is not None:
                    raise error
                outcome.note(plan, group, future.result())
                for step in group:
                    frontier.done(step.key, outcome.failed)
                    watcher.finished(step)
    finally:
        for process in list((pool._processes or {}).values()) if running else []:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
    return outcome


executors.add("processes", processes, about="several processes on this machine (--workers)", source="built in")
