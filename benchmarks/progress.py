"""Is the time left that a run tells right? Runs studies, writes down what happened when, and replays it.

    python benchmarks/progress.py quickstart digits text-offline toy-200
    python benchmarks/progress.py --every 10 digits

At every half minute it prints what the forecast says is left, what was left, and their ratio: once as if this machine
had never run such steps, and once with the rates that the same run taught. The first line is what a dry run says. Each
study begins with an empty store.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping

from outgrow.config import read_experiments
from outgrow.experiment import Experiment
from outgrow.forecast import Forecast
from outgrow.plan import Plan, make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.store import Store
from outgrow.sweep import run_experiments

Event = tuple[float, str, Step, float]


class Recorder:
    """A watcher that writes down what happened when."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.began = time.monotonic()

    def _note(self, what: str, step: Step, progress: float = 0.0) -> None:
        self.events.append((time.monotonic() - self.began, what, step, progress))

    def started(self, step: Step) -> None:
        self._note("started", step)

    def progressed(self, step: Step, progress: float) -> None:
        self._note("progressed", step, progress)

    def finished(self, step: Step) -> None:
        self._note("finished", step)


def studies(name: str) -> list[Experiment]:
    """A shipped study, or `toy-200`: 200 trainings of the toy by 33 rates."""
    if name == "toy-200":
        rates = [round(1e-3 * 1.1**i, 6) for i in range(33)]
        return read_experiments("toy", settings=["method=naive", f"sweep.strong.train.learning_rate={rates}"])
    return read_experiments(name)


def replay(
    plan: Plan, events: list[Event], workers: int, known: Mapping[str, float], at: list[float]
) -> tuple[list[float], dict[str, float]]:
    """Seconds left as told at some moments, and what the run taught."""
    now = [0.0]
    forecast = Forecast(plan, workers=workers, known=known, clock=lambda: now[0])
    told, remaining = [], list(at)
    for moment, what, step, progress in events:
        while remaining and remaining[0] <= moment:
            now[0] = remaining.pop(0)
            told.append(forecast.left())
        now[0] = moment
        if what == "progressed":
            forecast.progressed(step, progress)
        else:
            getattr(forecast, what)(step)
    return told, forecast.learned()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between lines")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {options.workers} at once")
    for name in options.studies:
        with tempfile.TemporaryDirectory() as folder:
            store, watcher, experiments = Store(folder), Recorder(), studies(name)
            store.create()
            plan = make_plan(experiments, cached=set())
            runtime = Runtime(executor="processes" if options.workers > 1 else "serial", workers=options.workers)
            run_experiments(experiments, store, runtime=runtime, watcher=watcher)
        whole = watcher.events[-1][0]
        at = [0.0, *(options.every * i for i in range(1, int(whole / options.every) + 1))]
        cold, learned = replay(plan, watcher.events, options.workers, {}, at)
        warm, _ = replay(plan, watcher.events, options.workers, learned, at)
        print(f"\n{name}: {len(plan.todo)} steps, {whole:.0f} s, load now {os.getloadavg()[0]:.1f}")
        print("     at     left   told, never run before    told, known machine")
        for moment, first, second in zip(at, cold, warm, strict=True):
            left = whole - moment
            never, before = f"{first:10.0f} s x {first / left:5.2f}", f"{second:13.0f} s x {second / left:5.2f}"
            print(f"{moment:5.0f} s {left:6.0f} s {never} {before}")


if __name__ == "__main__":
    main()
