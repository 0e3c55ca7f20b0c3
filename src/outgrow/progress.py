"""How far a run is and how long it still takes, on stderr: a bar, or in a log a line now and then."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from outgrow.durations import between
from outgrow.forecast import Forecast
from outgrow.lengths import Longer, unknown
from outgrow.plain import plain
from outgrow.plan import Plan
from outgrow.rates import at_once, keep_rates, machine_names, read_rates
from outgrow.runtime import Runtime
from outgrow.steps import Step

errors = Console(stderr=True, highlight=False, soft_wrap=True)
EVERY = 30.0  # seconds between lines of progress in a log
OFTEN = 0.2  # between changes of the bar


class Live:
    """A watcher that shows one bar for all work and the steps being computed; in a log, a line now and then.

    Args:
        longer: how long the rows of a step are.
    """

    def __init__(self, plan: Plan, runtime: Runtime | None = None, longer: Longer = unknown) -> None:
        runtime = runtime or Runtime()
        self._machines = machine_names(runtime)
        self._forecast = Forecast(plan, workers=at_once(runtime), known=read_rates(*self._machines), longer=longer)
        self._done, self._steps = set[str](), len(plan.todo)
        self._said = self._shown = self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.fields[count]}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}", markup=False),
            console=errors,
        )
        self._bar: TaskID | None = None

    def __enter__(self) -> Live:
        if errors.is_terminal:
            self._progress.start()
            self._bar = self._progress.add_task("", total=1.0, count="", left="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._progress.stop()
        if learned := self._forecast.learned():
            keep_rates(self._machines[-1], learned)

    def started(self, step: Step, where: str = "") -> None:
        self._forecast.started(step)
        self._show(step.title)

    def progressed(self, step: Step, progress: float) -> None:
        self._forecast.progressed(step, progress)
        self._show(step.title)

    def put_off(self, step: Step) -> None:
        self._forecast.put_off(step)

    def finished(self, step: Step, failure: str = "") -> None:
        self._forecast.finished(step)
        self._done.add(step.key)
        self._show(step.title)

    def _show(self, title: str) -> None:
        now = time.monotonic()
        if (now - self._shown < OFTEN) if self._bar is not None else (now - self._said < EVERY):
            return
        self._shown, passed, left = now, now - self._began, self._forecast.left()
        share = passed / (passed + left) if passed else 0.0
        count, remaining = f"{len(self._done)}/{self._steps} steps", f"{between(left, left)} left"
        if self._bar is not None:
            self._progress.update(self._bar, completed=share, description=plain(title), count=count, left=remaining)
        else:
            self._said = now
            errors.print(Text(f"{timedelta(seconds=round(passed))}  {count}, {remaining}: {plain(title)}"))


class Counting:
    """Rows done, how many a second, and the time left: a bar, or in a log a line now and then."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()
        self._first: int | None = None  # done when the counting began
        self._progress = Progress(
            TextColumn("{task.fields[count]}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"),
            console=errors,
        )  # fmt: skip
        self._bar: TaskID | None = None

    def __enter__(self) -> Counting:
        if errors.is_terminal:
            self._progress.start()
            self._bar = self._progress.add_task("", total=None, count="reading", left="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._progress.stop()

    def __call__(self, done: int, rows: int) -> None:
        """So many rows are done, of how many; of 0 where that is not known."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._began = done, now
        rate = (done - self._first) / max(now - self._began, 1e-9)
        left = f"{rate:,.0f} rows/s" if rate else ""
        if rate and rows > done:
            seconds = (rows - done) / rate
            left += f", {between(seconds, seconds)} left"
        count = f"{done:,}/{rows:,} rows" if rows else f"{done:,} rows"
        if self._bar is not None:
            self._progress.update(self._bar, completed=done, total=rows or None, count=count, left=left)
        elif now - self._said >= EVERY:
            self._said = now
            errors.print(Text(f"{timedelta(seconds=round(now - self._began))}  {count}, {left}"))
