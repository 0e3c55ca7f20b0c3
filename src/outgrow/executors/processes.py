"""Several processes on this machine, each computing one step at a time with its share of the threads."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import Any

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
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import torch

    try:
        for path in runtime.imports:
            import_file(path)
    except OutgrowError as error:
        _problem = error
    torch.set_num_threads(threads)
    _store = Store(address)
    _context = Context(_store, runtime)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however that ended: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


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


class _Died(Exception):
    """Workers died while these groups of steps were computed, perhaps because of one of them."""

    def __init__(self, groups: list[list[Step]]) -> None:
        super().__init__()
        self.groups = groups


def processes(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` processes busy with steps whose inputs are done, in the plan's order.

    If a worker dies, what was being computed is tried once more, each by itself. What then kills its worker again has
    failed; all else goes on.
    """
    if team().size > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    check_reach(plan)
    outcome, frontier = Outcome(), Frontier(plan)

    def ended(group: list[Step], failures: dict[str, BaseException]) -> None:
        outcome.note(plan, group, failures)
        for step in group:
            frontier.done(step.key, outcome.failed)
            watcher.finished(step)

    def next_group(running: Sequence[list[Step]]) -> list[Step]:
        group = frontier.take()
        if not group and all(steps[0].together for steps in running):
            group = frontier.take_group()  # by now groups are as large as they get
        for step in group:
            watcher.started(step)
        return group

    while True:
        try:
            _work(next_group, ended, store, runtime)
            return outcome
        except _Died as died:
            for group in died.groups:
                ended(group, _once_more(group, store, runtime))


def _work(
    next_group: Callable[[Sequence[list[Step]]], list[Step]],
    ended: Callable[[list[Step], dict[str, BaseException]], None],
    store: Artefacts,
    runtime: Runtime,
) -> None:
    """Compute groups until there are none. Raises _Died with those that were under way when a worker died."""
    running: dict[Future[dict[str, BaseException]], list[Step]] = {}
    with _pool(store, runtime, runtime.workers, busy=running) as pool:
        while True:
            while len(running) < runtime.workers and (group := next_group([*running.values()])):
                try:
                    with _without_interrupts():
                        running[pool.submit(_compute, group)] = group
                except BrokenProcessPool:
                    raise _Died([*running.values(), group]) from None
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            lost = []
            for future in done:
                group = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    lost.append(group)
                else:
                    ended(group, future.result())
            if lost:
                raise _Died([*lost, *running.values()])


def _once_more(group: list[Step], store: Artefacts, runtime: Runtime) -> dict[str, BaseException]:
    """Compute a group in a new process of its own; what failed, and why."""
    running: dict[Future[dict[str, BaseException]], list[Step]] = {}
    with _pool(store, runtime, 1, busy=running) as pool:
        with _without_interrupts():
            future = pool.submit(_compute, group)
        running[future] = group
        workers = list((pool._processes or {}).values())
        error = future.exception()
        running.clear()
        if error is None:
            return future.result()
        if not isinstance(error, BrokenProcessPool):
            raise error
        pool.shutdown(wait=True)  # so that the process has left its exit status
    failed = StepFailed(death(workers, title=group[0].title))
    if any((process.exitcode or 0) > 0 for process in workers):  # it ended by itself: so would those of other steps
        raise failed
    return {step.key: failed for step in group if not store.has(step.key)}


@contextlib.contextmanager
def _pool(
    store: Artefacts, runtime: Runtime, workers: int, *, busy: Mapping[Future[Any], Any]
) -> Iterator[ProcessPoolExecutor]:
    """Processes that are ended with the block, at once where they are still `busy`."""
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(store.address, runtime, max(1, (os.cpu_count() or 1) // runtime.workers)),
    )
    try:
        yield pool
    finally:
        for process in list((pool._processes or {}).values()) if busy else []:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


executors.add("processes", processes, about="several processes on this machine (--workers)", source="built in")
