"""How long a plan still takes: by what such steps took on this machine before, and ever more by this run itself.

Expected seconds of a step are a constant of its kind plus its multiply-accumulates at a nominal speed. What it really
takes is a multiple of that. The multiple is learned for all steps that mostly multiply, or all that mostly do not, for
a kind of step, and for a kind with a model, also from how far steps are that run now. Each of these leans on the one
before it until it has seen enough itself. How fast a machine multiplies says nothing of how fast it writes files;
and the first reading of data, during which libraries are imported, says nothing of anything else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from outgrow.plan import Plan
from outgrow.steps import Step, TrainedHead

SPEED = 2e10  # multiply-accumulates a second: about a core's
CONSTANT = {
    "Dataset": 1.0, "Split": 0.02, "Features": 1.0, "Finetuned": 0.15, "Labels": 0.02, "Scored": 0.015,
    "Comparison": 0.1, "Adapted": 0.5, "Prompted": 0.1,
}  # fmt: skip
"""Seconds of a step that multiplies nothing, with writing and checking its files, by kind; 0.03 of any other."""
ROW = 1.5e-6  # seconds of a row in an epoch of a linear head, when many are trained together
READING = ("Dataset", "Split", "Given", "Ask")
SIDES = ("multiplying", "other")
AGAINST = 0.25  # of a mean step: what a level's own observations are weighed against
START = 3.0  # seconds until libraries are imported, and of the table and the page at the end


@dataclass
class _Level:
    """What steps of one kind took, against what was expected of them."""

    taken: float = 0.0
    expected: float = 0.0
    weight: float = 0.0  # expected seconds that the level before counts for

    def ratio(self, before: float, taken: float = 0.0, expected: float = 0.0) -> float:
        weight = max(self.weight, 1e-3)
        return (self.taken + taken + before * weight) / (self.expected + expected + weight)


@dataclass
class _Group:
    """Steps that began together and are computed in one go."""

    began: float
    steps: dict[str, float] = field(default_factory=dict)  # how far each is
    open: bool = True  # whether more may join


class Forecast:
    """Follows a run as its watcher does, and says how many seconds are left.

    Args:
        workers: steps that are computed at once.
        known: multiples that earlier runs on this machine learned, by `learned`.
        clock: seconds.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        workers: int = 1,
        known: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known, self._workers, self._clock = known or {}, workers, clock
        self._steps = {key: plan.steps[key] for key in plan.todo}
        self._names = {key: _names(step) for key, step in self._steps.items()}
        self._expected = {key: self._expect(step) for key, step in self._steps.items()}
        self._waiting: dict[str, float] = {}  # expected seconds of steps that have not begun, by kind and model
        self._levels: dict[str, _Level] = {side: _Level(weight=2.0) for side in SIDES}
        self._side = {fine: self._side_of(fine) for _, fine in self._names.values()}
        counts: dict[str, int] = {}
        for key, (kind, fine) in self._names.items():
            self._waiting[fine] = self._waiting.get(fine, 0.0) + self._expected[key]
            for name in (kind, fine):
                counts[name] = counts.get(name, 0) + 1
                self._levels.setdefault(name, _Level()).weight += self._expected[key]
        for name, count in counts.items():
            self._levels[name].weight *= AGAINST / count
        self._kind_of = {fine: kind for kind, fine in self._names.values()}
        self._running: list[_Group] = []
        self._begun: set[str] = set()  # or given up
        self._starting = workers if workers > 1 else 0  # processes that import their libraries during their first step

    def _expect(self, step: Step) -> float:
        kind, fine = _names(step)
        cores = min(self._workers, os.cpu_count() or 1)
        alone = constant(step) * self._workers / cores + step.work / SPEED * self._workers
        return alone * self._known.get(fine, self._known.get(kind, 1.0))

    def _side_of(self, fine: str) -> str:
        """Which steps those of a kind and model resemble; "" for those that read data, which resemble none."""
        steps = [step for step in self._steps.values() if self._names[step.key][1] == fine]
        if type(steps[0]).__name__ in READING:
            return ""
        multiplying = sum(step.work / SPEED - constant(step) for step in steps) > 0
        return SIDES[0] if multiplying else SIDES[1]

    def _chain(self, key: str) -> list[str]:
        """The levels that a step teaches, from the broadest."""
        kind, fine = self._names[key]
        return [name for name in (self._side[fine], kind, fine) if name]

    def started(self, step: Step) -> None:
        """A step has begun; those of equal `together` that begin one after the other are computed in one go."""
        if step.key not in self._expected:
            return
        last = self._running[-1] if self._running else None
        same = last is not None and last.open and step.together and self._together(last) == step.together
        if last is None or not same:
            for group in self._running:
                group.open = False
            last = _Group(began=self._clock())
            self._running.append(last)
        last.steps[step.key] = 0.0
        self._begin(step)

    def _begin(self, step: Step) -> None:
        """It no longer waits."""
        if step.key not in self._begun:
            self._begun.add(step.key)
            fine = self._names[step.key][1]
            self._waiting[fine] = max(0.0, self._waiting[fine] - self._expected[step.key])

    def _together(self, group: _Group) -> str:
        return self._steps[next(iter(group.steps))].together

    def progressed(self, step: Step, progress: float) -> None:
        """How far a step is, from 0 to 1."""
        for group in self._running:
            if step.key in group.steps:
                group.steps[step.key] = progress
                group.open = False

    def finished(self, step: Step) -> None:
        """A step is done, has failed, or can no longer be done; the first of a group tells of all."""
        if step.key in self._expected:
            self._begin(step)
        for group in self._running:
            if step.key in group.steps:
                self._running.remove(group)
                if self._starting and type(step).__name__ not in READING:  # those are done first, and here
                    self._starting -= 1
                else:
                    self._learn(group)
                return

    def _learn(self, group: _Group) -> None:
        taken, expected = self._clock() - group.began, self._of(group)
        for key in group.steps:
            share = self._expected[key] / expected
            for name in self._chain(key):
                self._levels[name].taken += taken * share
                self._levels[name].expected += self._expected[key]

    def _of(self, group: _Group) -> float:
        return sum(self._expected[key] for key in group.steps)

    def _ratios(self) -> dict[str, float]:
        """What to multiply expectations by, for each kind and model, with what the running steps tell by now."""
        now = self._clock()
        seen: dict[str, tuple[float, float]] = {}
        for group in self._running:
            done = sum(self._expected[key] * far for key, far in group.steps.items())
            if done > 0:
                for name in self._chain(next(iter(group.steps))):
                    taken, expected = seen.get(name, (0.0, 0.0))
                    seen[name] = (taken + now - group.began, expected + done)

        def ratio(name: str, before: float) -> float:
            return self._levels[name].ratio(before, *seen.get(name, (0.0, 0.0)))

        sides = {"": 1.0, **{side: ratio(side, 1.0) for side in SIDES}}
        of_kind = {(kind, self._side[fine]) for fine, kind in self._kind_of.items()}
        kinds = {(kind, side): ratio(kind, sides[side]) for kind, side in of_kind}
        return {fine: ratio(fine, kinds[kind, self._side[fine]]) for fine, kind in self._kind_of.items()}

    def left(self) -> float:
        """Seconds until all is done."""
        ratios, now = self._ratios(), self._clock()
        total = sum(expected * ratios[fine] for fine, expected in self._waiting.items())
        longest = 0.0
        for group in self._running:
            ratio = ratios[self._names[next(iter(group.steps))][1]]
            whole, passed = self._of(group) * ratio, now - group.began
            left = sum(self._expected[key] * (1 - far) for key, far in group.steps.items()) * ratio
            if not any(group.steps.values()):  # it does not tell how far it is
                left = max(whole - passed, 0.2 * passed)
            total, longest = total + left, max(longest, left)
        return max(total / self._workers, longest)

    @property
    def seen(self) -> float:
        """Share of the expected time that earlier runs on this machine tell of."""
        told = sum(self._expected[key] for key, names in self._names.items() if set(names) & self._known.keys())
        return told / max(sum(self._expected.values()), 1e-9)

    def learned(self) -> dict[str, float]:
        """By kind of step, and kind with model: the multiple that this machine takes, for the next run."""
        found = {}
        for name, level in self._levels.items():
            if name not in SIDES and level.expected > 0 and level.taken > 0.02:
                kind = self._kind_of.get(name, name)
                before = self._known.get(name, self._known.get(kind, 1.0))
                found[name] = before * level.taken / level.expected
        return found


def constant(step: Step) -> float:
    """Seconds of a step besides its multiplications, on a nominal machine."""
    seconds = CONSTANT.get(type(step).__name__, 0.03)
    if isinstance(step, TrainedHead):
        seconds += ROW * step.part.size * step.role.train.epochs
    return seconds


def _names(step: Step) -> tuple[str, str]:
    """The kind of a step, and the kind with the model or task that it is about."""
    kind = type(step).__name__
    if isinstance(step, TrainedHead):
        kind += f" {step.role.train.optimizer}"
    about = getattr(getattr(step, "by", step), "label", "") or getattr(getattr(step, "model", None), "label", "")
    task = getattr(step, "task", None)
    return kind, f"{kind} of {about or getattr(task, 'name', '')}"


def about(seconds: float) -> str:
    """A time in words, no finer than it is known: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"{10 * round(seconds / 10)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36_000 else f"{round(seconds / 3600)} h"


def between(low: float, high: float) -> str:
    """A range in words: `about 2 to 5 min`, `about 40 s to 2 min`."""
    first, second = about(low), about(high)
    if first == second:
        return f"about {second}" if second != "a few seconds" else second
    if first == "a few seconds":
        return f"up to {second}"
    (number, unit), (_, other) = first.split(), second.split()
    return f"about {number if unit == other else first} to {second}"
