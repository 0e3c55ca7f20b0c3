"""Is the time left that a run tells right? Runs studies, writes down what happened when, and replays it.

    python benchmarks/progress.py quickstart digits text-offline toy-200
    python benchmarks/progress.py --workers 2 --every 10 digits

Each study runs twice, with a process and an empty store of its own: first as if this machine had never run such steps,
then with the rates that the first run taught. At every half minute it prints what the forecast says is left, what was
left, and their ratio; and before that, what a dry run says, and how long it took.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from outgrow.config import read_experiments
from outgrow.experiment import Experiment
from outgrow.forecast import START, Forecast
from outgrow.guesses import guesses
from outgrow.lengths import Longer, longer_in
from outgrow.plan import Plan, make_plan
from outgrow.preparation import rehearse
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.store import Store
from outgrow.sweep import run_experiments

Event = tuple[float, str, str, float]
"""When, in seconds, what happened to which step, by key; and how far it was."""


class Recorder:
    """A watcher that writes down what happened when."""

    def __init__(self, began: float) -> None:
        self.events: list[Event] = []
        self._began = began

    def _note(self, what: str, step: Step, progress: float = 0.0) -> None:
        self.events.append((time.monotonic() - self._began, what, step.key, progress))

    def started(self, step: Step, where: str = "") -> None:
        self._note("started", step)

    def put_off(self, step: Step) -> None:
        self._note("put off", step)

    def progressed(self, step: Step, progress: float) -> None:
        self._note("progressed", step, progress)

    def finished(self, step: Step, failure: str = "") -> None:
        self._note("finished", step)


def studies(name: str) -> list[Experiment]:
    """A shipped study, or `toy-200`: 200 trainings of the toy by 33 rates; or `digits-200`: digits by 200 seeds."""
    if name == "toy-200":
        rates = [round(1e-3 * 1.1**i, 6) for i in range(33)]
        return read_experiments("toy", settings=["method=naive", f"sweep.strong.train.learning_rate={rates}"])
    if name == "digits-200":
        return read_experiments("digits", settings=[f"sweep.seeds={list(range(200))}"])
    return read_experiments(name)


def recorded(name: str, workers: int, began: float) -> list[Event]:
    """Run a study from nothing, in this process and as many workers."""
    runtime = Runtime(executor="processes" if workers > 1 else "serial", workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        store, watcher = Store(folder), Recorder(began)
        store.create()
        run_experiments(studies(name), store, runtime=runtime, watcher=watcher)
    return watcher.events


def replay(
    plan: Plan, events: list[Event], workers: int, known: Mapping[str, float], at: list[float], longer: Longer
) -> tuple[list[float], dict[str, float]]:
    """Seconds left as told at some moments of a run, and what the run taught."""
    now = [0.0]
    forecast = Forecast(plan, workers=workers, known=known, longer=longer, clock=lambda: now[0])
    told, remaining = [], list(at)
    for moment, what, key, progress in events:
        while remaining and remaining[0] <= moment:
            now[0] = remaining.pop(0)
            told.append(forecast.left())
        now[0] = moment
        if what == "progressed":
            forecast.progressed(plan.steps[key], progress)
        else:
            getattr(forecast, what)(plan.steps[key])
    return told, forecast.learned()


def rehearsed(plan: Plan, workers: int, known: Mapping[str, float]) -> tuple[float, Longer]:
    """Seconds that a dry run says, and how long the rows are that it read."""
    runtime = Runtime(executor="processes" if workers > 1 else "serial", workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        longer = longer_in(rehearse(plan, Store(folder), runtime).inputs)
    guessed = guesses(plan, runtime, known=known, longer=longer)
    return START + Forecast(plan, workers=workers, known=known, guessed=guessed, longer=longer).left(), longer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between lines")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    print(f"{os.cpu_count()} CPUs, {options.workers} at once")
    for name in options.studies:
        plan, known = make_plan(studies(name), cached=set()), dict[str, float]()
        for which in ("never run before", "run once before"):
            load, (dry, longer) = os.getloadavg()[0], rehearsed(plan, options.workers, known)
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
                events = apart.submit(recorded, name, options.workers, time.monotonic()).result()
            whole = events[-1][0]
            at = [options.every * i for i in range(1, int(whole / options.every) + 1)]
            told, known = replay(plan, events, options.workers, known, at, longer)
            print(f"\n{name}, {which}: {len(plan.todo)} steps; load {load:.1f} before, {os.getloadavg()[0]:.1f} after")
            print(f"    a dry run says {dry:.0f} s, it took {whole:.0f} s: x {dry / whole:.2f}")
            for moment, says in zip(at, told, strict=True):
                left = whole - moment
                print(
                    f"    at {moment:4.0f} s: says {says:5.0f} s, left {left:5.0f} s: x {says / left:.2f}", flush=True
                )


if __name__ == "__main__":
    main()
