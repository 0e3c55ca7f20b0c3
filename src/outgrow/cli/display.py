"""What the command line shows: progress, tables, and sentences for a newcomer."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from outgrow.plan import Plan
from outgrow.results.columns import COLUMNS, differing, flat, rows
from outgrow.results.table import Group, Interval, Record
from outgrow.steps import Step

console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)  # a table row in a file is one line
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


def plan_table(plan: Plan) -> Table:
    """Steps by kind: all, cached, to do."""
    table = Table("step", "all", "in the store", "to do", box=None)
    for name, (total, todo) in plan.count().items():
        table.add_row(name, str(total), str(total - todo), str(todo))
    return table


def group_table(groups: Sequence[Group]) -> Table:
    """Pooled results, one row per pair and method; settings that differ have columns of their own."""
    keys = differing([group.settings for group in groups])
    table = Table(box=None, pad_edge=False)
    numeric = ("seeds", "weak score", "student", "ceiling", "zero-shot", "PGR (95 %)", "agreement")
    for name in ("weak", "strong", "method", *keys, *numeric, "verdict"):
        table.add_column(name, justify="right" if name in numeric else "left")
    for group in groups:
        roles = (group.weak_score, group.student, group.ceiling, group.zero_shot)
        settings = flat(group.settings)
        cells = (
            group.weak,
            group.strong,
            group.method,
            *(_cell(settings.get(key)) for key in keys),
            str(len(group.seeds)),
            *(score(one, share=group.share) for one in roles),
            _pgr(group.pgr),
            score(group.agreement),
            group.verdict,
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


SHOWN = (
    "experiment", "weak", "strong", "method", "seed", "weak_score", "student_score", "ceiling_score",
    "zero_shot_score", "pgr", "agreement", "verdict",
)  # fmt: skip


def row_table(records: Sequence[Record]) -> Table:
    """Rows of single seeds; settings that differ have columns of their own."""
    found = rows(records)
    own = [name for name in (found[0] if found else {}) if name not in COLUMNS]
    names = (*SHOWN[:4], *own, *SHOWN[4:])
    table = Table(*names, box=None, pad_edge=False)
    for row in found:
        table.add_row(*(Text(_cell(row[name])) for name in names))
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.3g}"
    return "-" if value is None else str(value)


def score(interval: Interval | None, *, share: bool = True) -> str:
    """`41.2 %`; a score that is no share of anything as `0.412`; or a dash."""
    if interval is None:
        return "-"
    return f"{100 * interval.value:.1f} %" if share else f"{interval.value:.3f}"


def _pgr(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def sentences(group: Group) -> str:
    """Two or three sentences that a newcomer understands."""
    if group.student is None or group.weak_score is None or group.ceiling is None:
        return f"{group.weak} -> {group.strong} with {group.method} failed: {group.why}"
    seeds = f"{len(group.seeds)} seed{'s' if len(group.seeds) > 1 else ''}"
    roles = (group.weak_score, group.student, group.ceiling, group.zero_shot)
    scores = [score(one, share=group.share) for one in roles]
    right = "of the test examples right" if group.metric == "accuracy" else f"in {group.metric} on the test examples"
    right += "" if group.larger_is_better else " (smaller is better)"
    text = (
        f"The weak supervisor {group.weak} gets {scores[0]} {right}. Trained on its labels by {group.method!r}, "
        f"{group.strong} gets {scores[1]}; trained on ground truth, its ceiling, {scores[2]}. "
    )
    if group.pgr is None:
        return text + f"PGR must not be read here ({group.verdict}): {group.why}."
    text += (
        f"So it recovered {100 * group.pgr.value:.0f} % of the gap (95 % interval {100 * group.pgr.low:.0f} to "
        f"{100 * group.pgr.high:.0f} %, {seeds}, {group.n_test:,} test examples)."
    )
    if len(group.seeds) == 1:
        text += " This is one seed: how much another would differ is unknown."
    if group.zero_shot is not None:
        text += f" Untrained it got {scores[3]}"
        if group.gained > 0:
            text += "."
        elif group.gained < 0:
            text += ": its supervisor's errors made it worse than it was."
        else:
            text += ", so whether it learned anything from its supervisor is not clear."
    return text
