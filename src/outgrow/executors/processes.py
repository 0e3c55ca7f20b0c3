"""Several processes on this machine, each computing one step at a time with its share of the threads."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from outgrow.distributed import world_size
from outgrow.errors import ConfigError, StepFailed, StoreError
from outgrow.executors.base import Outcome, Watcher, compute, executors
from outgrow.plan import Plan
from outgrow.runtime import Context, Runtime
from outgrow.steps import Step
from outgrow.store import DamagedArtefact, Store

_context: Context | None = None


def _start(root: str, runtime: Runtime, threads: int) -> None:
    global _context
    import torch

    torch.set_num_threads(threads)
    _context = Context(Store(root), runtime)


def _compute(step: Step) -> None:
    assert _context is not None
    compute(step, _context.store, _context)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes started here never get SIGINT, not even while they import: Ctrl-C is the parent's to handle."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def processes(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` processes busy with steps whose inputs are done, the longest first."""
    if world_size() > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    outcome = Outcome()
    waiting = {key: {s.key for s in plan.steps[key].inputs().values()} & set(plan.todo) for key in plan.todo}
    threads = max(1, (os.cpu_count() or 1) // runtime.workers)
    running: dict[Future[None], str] = {}
    pool = ProcessPoolExecutor(
        runtime.workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(str(store.root), runtime, threads),
    )
    try:
        while waiting or running:
            for key in [key for key in waiting if key in outcome.failed]:
                del waiting[key]
            ready = sorted((key for key, needs in waiting.items() if not needs), key=lambda key: -plan.steps[key].work)
            for key in ready[: runtime.workers - len(running)]:
                del waiting[key]
                watcher.started(plan.steps[key])
                with _without_interrupts():
                    running[pool.submit(_compute, plan.steps[key])] = key
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                key = running.pop(future)
                error = future.exception()
                watcher.finished(plan.steps[key])
                if isinstance(error, BrokenProcessPool):
                    raise StepFailed(
                        f"a worker process died during {plan.steps[key].title!r}, perhaps for lack of memory; "
                        "what was finished is kept: run again with fewer --workers"
                    ) from error
                if isinstance(error, StoreError) and not isinstance(error, DamagedArtefact):
                    raise error
                if error is not None:
                    outcome.fail(plan, key, error)
                    continue
                outcome.computed.append(key)
                for needs in waiting.values():
                    needs.discard(key)
    finally:
        for process in list((pool._processes or {}).values()) if running else []:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
    return outcome


executors.add("processes", processes, about="several processes on this machine (--workers)", source="built in")
