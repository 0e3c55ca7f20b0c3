"""How far a run is, on stderr: a bar, or in a log a line now and then."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from outgrow.plan import Plan
from outgrow.steps import Step

errors = Console(stderr=True, highlight=False, soft_wrap=True)
EVERY = 30.0  # seconds between lines of progress in a log


class Live:
    """A watcher that shows one bar for all work and the steps being computed; in a log, a line now and then."""

    def __init__(self, plan: Plan) -> None:
        self._total = max(1.0, sum(_weight(plan.steps[key]) for key in plan.todo))
        self._running: dict[str, float] = {}
        self._done = 0.0
        self._count, self._steps = 0, len(plan.todo)
        self._said = self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.fields[count]}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=errors,
        )
        self._bar: TaskID | None = None

    def __enter__(self) -> Live:
        if errors.is_terminal:
            self._progress.start()
            self._bar = self._progress.add_task("", total=self._total, count="")
            self._show("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._progress.stop()

    def started(self, step: Step) -> None:
        self._running[step.key] = 0.0
        self._show(step.title)

    def progressed(self, step: Step, progress: float) -> None:
        self._running[step.key] = progress * _weight(step)
        self._show(step.title)

    def finished(self, step: Step) -> None:
        self._running.pop(step.key, None)
        self._done += _weight(step)
        self._count += 1
        self._show(step.title)

    def _show(self, title: str) -> None:
        completed, count = self._done + sum(self._running.values()), f"{self._count}/{self._steps} steps"
        if self._bar is not None:
            self._progress.update(self._bar, completed=completed, description=title.replace("[", "\\["), count=count)
        elif time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            share, passed = completed / self._total, timedelta(seconds=round(self._said - self._began))
            errors.print(Text(f"{passed}  {count}, about {share:.0%} of the work: {title}"))


def _weight(step: Step) -> float:
    return step.work + 1e8  # a step that multiplies nothing still takes a moment
