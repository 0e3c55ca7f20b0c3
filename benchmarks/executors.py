"""What a step costs besides what it computes, by executor; and how much faster two workers are than one.

    python benchmarks/executors.py overhead            # serial, processes, ray, each on a folder
    python benchmarks/executors.py overhead --s3       # and ray on a bucket of a server on this machine
    OMP_NUM_THREADS=1 python benchmarks/executors.py speedup
    python benchmarks/executors.py sharing --runs 4    # runs beside each other on one store

The overhead is the wall time of one worker with many steps that write four bytes each, less that with few of them, by
step: so the start of workers does not count. It holds locks, manifests, checksums and the flushing of files.

The speedup is that of a sweep of chess networks with one thread in each worker. What is first in either order reads the
data into the cache of the system, so both run on data that were read before.

Runs that share a study out have steps that pause for half a second, so that cores do not count. What they need, against
what they would need if none ever waited, says how much they wait for each other.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
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
from outgrow.steps.origin import versions
from outgrow.store import open_store
from outgrow.sweep import Silent, run_experiments

FEW, MANY = 40, 240
HERE = Path(__file__).parent
FORK = multiprocessing.get_context("fork")


def trivial(n: int, pause: float = 0.0) -> Plan:
    """Independent steps that write four bytes each."""
    made = import_file(HERE / "trivial_step.py").Trivial
    steps = {step.key: step for step in (made(which=i, pause=pause) for i in range(n))}
    return Plan(results=[], steps=steps, cached=set(), todo=list(steps), trainings_unshared=0)


def seconds(name: str, n: int, address: str) -> float:
    plan = trivial(n)
    store, runtime = open_store(address), Runtime(executor=name, workers=1)
    store.create()
    began = time.perf_counter()
    outcome = executors[name](plan, store, runtime, Silent())
    took = time.perf_counter() - began
    assert len(outcome.computed) == n, outcome.failures
    return took


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
        print(f"{'executor':<12}{'store':<10}{'start, s':>10}{'a step, ms':>12}   load {os.getloadavg()[0]:.1f}")
        for name, where in places:
            took = []
            for n in (FEW, MANY):
                place = f"{name}-{where}-{n}"
                address = str(folder / place) if where == "folder" else f"{server.bucket(place)}/store"
                took.append(seconds(name, n, address))
            each = (took[1] - took[0]) / (MANY - FEW)
            print(f"{name:<12}{where:<10}{took[0] - FEW * each:>10.1f}{1e3 * each:>12.1f}", flush=True)


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
