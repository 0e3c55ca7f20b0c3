"""What a step costs besides what it computes, by executor; and how much faster two workers are than one.

    python benchmarks/executors.py overhead            # serial, processes, ray, each on a folder
    python benchmarks/executors.py overhead --s3       # and ray on a bucket of a server on this machine
    OMP_NUM_THREADS=1 python benchmarks/executors.py speedup
    python benchmarks/executors.py sharing --runs 4    # runs beside each other on one store

The overhead is the time from the end of a step to that of the next, of one worker with steps that write four bytes
each. It holds locks, manifests, checksums and the flushing of files: `TMPDIR=/dev/shm` leaves that out.

The speedup is that of a sweep of chess networks with one thread in each worker. What is first in either order reads the
data into the cache of the system, so both run on data that were read before.

Runs that share a study out have steps that pause for half a second, so that cores do not count. What they need, against
what they would need if none ever waited, says how much they wait for each other.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from outgrow.config import read_experiments
from outgrow.executors.base import executors
from outgrow.executors.serial import serial
from outgrow.plan import Plan, make_plan
from outgrow.registry import import_file
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.steps.origin import versions
from outgrow.store import open_store
from outgrow.sweep import Silent, run_experiments

MANY = 200  # steps
HERE = Path(__file__).parent
FORK = multiprocessing.get_context("fork")


def trivial(n: int, pause: float = 0.0) -> Plan:
    """Independent steps that write four bytes each."""
    made = import_file(HERE / "trivial_step.py").Trivial
    steps = {step.key: step for step in (made(which=i, pause=pause) for i in range(n))}
    return Plan(results=[], steps=steps, cached=set(), todo=list(steps), trainings_unshared=0)


class Clock(Silent):
    """A watcher that knows when each step was finished."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def finished(self, step: Step, failure: str = "") -> None:
        self.ends.append(time.perf_counter())


def gaps(name: str, address: str) -> tuple[float, list[float]]:
    """Seconds until the first step is finished, and between each two that follow."""
    plan, clock = trivial(MANY), Clock()
    store, runtime = open_store(address), Runtime(executor=name, workers=1)
    store.create()
    began = time.perf_counter()
    outcome = executors[name](plan, store, runtime, clock)
    assert len(outcome.computed) == MANY, outcome.failures
    return clock.ends[0] - began, [after - before for before, after in itertools.pairwise(clock.ends)]


def overhead(s3: bool) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = [("serial", "folder"), ("processes", "folder"), ("ray", "folder")]
        server: Any = None
        if s3:
            sys.path.append(str(HERE.parent / "tests" / "plugins"))
            from s3_server import serving

            server = stack.enter_context(serving())
            os.environ["OUTGROW_CACHE"] = str(folder / "cache")
            places += [("serial", "bucket"), ("ray", "bucket")]
        print(f"{'executor':<12}{'store':<10}{'first, s':>10}{'median, ms':>12}{'mean, ms':>10}   load")
        for name, where in places:
            place = f"{name}-{where}"
            address = str(folder / place) if where == "folder" else f"{server.bucket(place)}/store"
            first, each = gaps(name, address)
            middle, mean = 1e3 * statistics.median(each), 1e3 * statistics.fmean(each)
            print(
                f"{name:<12}{where:<10}{first:>10.1f}{middle:>12.1f}{mean:>10.1f}   {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def speedup(seeds: int) -> None:
    experiments = read_experiments("quickstart", seeds=list(range(seeds)))
    took = {}
    for workers in (2, 1):
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(folder)
            began, load = time.perf_counter(), os.getloadavg()[0]
            swept = run_experiments(experiments, store, runtime=Runtime(executor="processes", workers=workers))
            took[workers] = time.perf_counter() - began
            steps = len(make_plan(experiments, cached=set()).todo)
            assert not swept.failures
            print(f"{workers} workers: {steps} steps in {took[workers]:.1f} s, load before {load:.1f}", flush=True)
    print(f"two against one: {took[1] / took[2]:.2f} x")


def sharing(runs: int) -> None:
    n, pause = 20 * runs, 0.5
    with tempfile.TemporaryDirectory() as folder:
        ready, began = FORK.Barrier(runs + 1), 0.0

        def run() -> None:
            plan, store = trivial(n, pause), open_store(folder)
            store.create()
            versions()  # imports torch
            ready.wait()
            serial(plan, store, Runtime(), Silent())

        beside = [FORK.Process(target=run) for _ in range(runs)]
        for one in beside:
            one.start()
        ready.wait()
        began = time.perf_counter()
        for one in beside:
            one.join()
        took = time.perf_counter() - began
        assert len(open_store(folder).keys()) == n
    print(f"{runs} runs, {n} steps of {pause} s: {took:.1f} s; {n * pause / runs:.1f} s if none ever waited")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["overhead", "speedup", "sharing"])
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--runs", type=int, default=4)
    asked = parser.parse_args()
    if asked.what == "overhead":
        overhead(asked.s3)
    elif asked.what == "sharing":
        sharing(asked.runs)
    else:
        speedup(asked.seeds)
