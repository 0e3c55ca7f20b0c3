"""How long a plan still takes: by what such steps took on this machine before, and ever more by this run itself.

What a step takes is a multiple of what it would take on a nominal machine. The multiple is learned for all steps that
mostly multiply, or all that mostly do not, for a kind of step, and for a kind with a model, also from how far steps are
that run now. Each of these leans on the one before it until it has seen enough itself. How fast a machine multiplies
says nothing of how fast it writes files; and the time in which a process imports libraries says nothing of anything.
How long texts are is part of what a step is expected to take, as soon as they are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.executors.schedule import longest_first, makespan
from outgrow.lengths import Longer, dataset_of, unknown
from outgrow.nominal import mostly_multiply, names, parts
from outgrow.plan import Plan
from outgrow.steps import Dataset, Step

READING = ("Dataset", "Split", "Given", "Ask")
SIDES = ("multiplying", "other")
AGAINST = 0.25  # of a mean step: what a level's own observations are weighed against
START = 3.0  # seconds until libraries are imported, and of the table and the page at the end
LEAST = 0.2  # of what steps took, that is a multiple of something at least
LOOKS = 20  # how often, at least, in as many events as steps are left, it is reckoned who will wait for whom


@dataclass
class _Level:
    """What steps of one kind took, against what was expected of them, and against a nominal machine.

    Args:
        anyway: of what they took, as much as they take on any machine.
        nominal: what the rest takes on a nominal machine.
    """

    taken: float = 0.0
    expected: float = 0.0
    anyway: float = 0.0
    nominal: float = 0.0
    weight: float = 0.0  # expected seconds that the level before counts for
    steps: int = 0

    def ratio(self, before: float, taken: float = 0.0, expected: float = 0.0) -> float:
        weight = max(self.weight, 1e-3)
        return (self.taken + taken + before * weight) / (self.expected + expected + weight)


class _Group:
    """Steps that began together and are computed in one go.

    Args:
        now: when they began.
        importing: whether their worker has just been started. Then they teach nothing until they tell how far they are.
    """

    def __init__(self, now: float, *, importing: bool) -> None:
        self.began, self.importing = now, importing
        self.steps: dict[str, float] = {}  # how far each is
        self.open = True  # whether more may join
        self.expected = 0.0  # seconds
        self.before = self._far = 0.0  # the share of them that was done when it began; and when it was told last
        self._told, self._gap, self._share = now, 0.0, 0.0  # when that was; seconds since the time before, and progress

    def join(self, key: str, expected: float) -> None:
        self.steps[key] = 0.0
        self.expected += expected

    def tell(self, key: str, progress: float, expected: float, now: float) -> None:
        """How far one of them is."""
        self.open = False
        if progress == self.steps[key] and not self.importing:
            return
        self._share = (progress - self.steps[key]) * expected / self.expected
        self.steps[key] = progress
        self._far += self._share
        self._gap, self._told = now - self._told, now
        if self.importing:
            self.importing, self.began, self.before, self._share = False, now, self._far, 0.0

    def far(self, now: float) -> float:
        """The share that should be done by now: it goes on as it did, but not past what it would have told."""
        if self._far <= 0 or not self._gap:
            return self._far
        return min(self._far + self._share * min(1.0, (now - self._told) / self._gap), 1.0)


class Forecast:
    """Follows a run as its watcher does, and says how many seconds are left.

    Args:
        workers: steps that are computed at once.
        known: multiples that earlier runs on this machine learned, by `learned`.
        guessed: multiples by kind and model, where nothing better is known.
        longer: how long the rows of a step are; asked again when its data have been read.
        clock: seconds.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        workers: int = 1,
        known: Mapping[str, float] | None = None,
        guessed: Mapping[str, float] | None = None,
        longer: Longer = unknown,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._known, self._guessed, self._workers, self._clock = known or {}, guessed or {}, workers, clock
        self._plan, self._longer = plan, longer
        self._rank: dict[str, float] = {}
        self._steps = {key: plan.steps[key] for key in plan.todo}
        self._names = {key: names(step) for key, step in self._steps.items()}
        self._parts = dict.fromkeys(self._steps, (0.0, 0.0))
        self._expected = dict.fromkeys(self._steps, 0.0)
        self._waiting: dict[str, float] = {}  # expected seconds of steps that have not begun, by kind and model
        self._levels: dict[str, _Level] = {side: _Level(weight=2.0) for side in SIDES}
        alike: dict[str, list[Step]] = {}
        for key, (_, fine) in self._names.items():
            alike.setdefault(fine, []).append(self._steps[key])
        self._side = {fine: _side_of(steps) for fine, steps in alike.items()}
        for kind, fine in self._names.values():
            self._waiting[fine] = 0.0
            for name in (kind, fine):
                self._levels.setdefault(name, _Level()).steps += 1
        self._kind_of = {fine: kind for kind, fine in self._names.values()}
        self._running: list[_Group] = []
        self._begun: set[str] = set()  # or given up
        self._over: set[str] = set()
        self._most = 0  # steps that were computed at once so far: workers that have been started
        self._stretch, self._events = 1.0, 0  # how much longer it takes than if no worker ever waited; until it is new
        self._unread: dict[str, str] = {}  # steps whose rows may be of any length, and the data that would tell
        self._expect(self._steps)

    def _expect(self, keys: Iterable[str]) -> None:
        """Reckon what steps are expected to take, by what is known of their rows."""
        for key in keys:
            step, (kind, fine) = self._steps[key], self._names[key]
            longer = self._longer(step)
            if longer is None:
                data = dataset_of(step)
                self._unread[key] = data.key if data else ""
            else:
                self._unread.pop(key, None)
            anyway, rest = self._parts[key] = parts(step, workers=self._workers, longer=longer or 1.0)
            before, self._expected[key] = self._expected[key], anyway + rest * self._multiple(key)
            if key not in self._begun:
                self._waiting[fine] += self._expected[key] - before
            for level in (self._levels[kind], self._levels[fine]):
                level.weight += (self._expected[key] - before) * AGAINST / level.steps

    def _multiple(self, key: str) -> float:
        kind, fine = self._names[key]
        return self._known.get(fine, self._guessed.get(fine, self._known.get(kind, 1.0)))

    def _chain(self, key: str) -> list[str]:
        """The levels that a step teaches, from the broadest."""
        kind, fine = self._names[key]
        return [name for name in (self._side[fine], kind, fine) if name]

    def started(self, step: Step, where: str = "") -> None:
        """A step has begun; those of equal `together` that begin one after the other are computed in one go."""
        self._events -= 1
        if step.key not in self._expected:
            return
        last = self._running[-1] if self._running else None
        same = last is not None and last.open and step.together and self._together(last) == step.together
        if last is None or not same:
            for group in self._running:
                group.open = False
            first = type(step).__name__ not in READING and self._most <= len(self._running)  # those were imported for
            self._most += first
            last = _Group(self._clock(), importing=first)
            self._running.append(last)
        last.join(step.key, self._expected[step.key])
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
        self._events -= 1
        for group in self._running:
            if step.key in group.steps:
                group.tell(step.key, progress, self._expected[step.key], self._clock())

    def put_off(self, step: Step) -> None:
        """A step that has begun is not computed here any more: what it took says nothing. It is still to be done."""
        self._events -= 1
        self._running = [group for group in self._running if step.key not in group.steps]
        if step.key in self._begun - self._over:
            self._begun.discard(step.key)
            self._waiting[self._names[step.key][1]] += self._expected[step.key]

    def finished(self, step: Step, failure: str = "") -> None:
        """A step is done, has failed, or can no longer be done; the first of a group tells of all."""
        self._events -= 1
        if step.key in self._expected:
            self._begin(step)
            self._over.add(step.key)
        if isinstance(step, Dataset):
            self._expect([key for key, data in self._unread.items() if data == step.key])
        for group in self._running:
            if step.key in group.steps:
                self._running.remove(group)
                if not group.importing:
                    self._learn(group)
                return

    def _learn(self, group: _Group) -> None:
        taken = (self._clock() - group.began) / group.expected
        for key in group.steps:
            for name in self._chain(key):
                self._levels[name].taken += taken * self._expected[key]
                self._levels[name].expected += self._expected[key] * (1 - group.before)
                self._levels[name].anyway += self._parts[key][0] * (1 - group.before)
                self._levels[name].nominal += self._parts[key][1] * (1 - group.before)

    def _ratios(self) -> dict[str, float]:
        """What to multiply expectations by, for each kind and model, with what the running steps tell by now."""
        now = self._clock()
        seen: dict[str, tuple[float, float]] = {}
        for group in self._running:
            done = group.expected * (group.far(now) - group.before)
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
        ratios = self._ratios()
        running = [(self._left_of(group, ratios), list(group.steps)) for group in self._running]
        each = (sum(expected * ratios[fine] for fine, expected in self._waiting.items())
                + sum(left for left, _ in running)) / self._workers  # fmt: skip
        if self._workers > 1 and self._events <= 0 and each > 0:
            todo = [key for key in self._plan.todo if key not in self._over]
            seconds = {key: self._expected[key] * ratios[self._names[key][1]] for key in todo}
            self._rank = self._rank or longest_first(self._plan, workers=self._workers)
            left = replace(self._plan, todo=todo)
            whole = makespan(left, seconds, running=running, workers=self._workers, rank=self._rank)
            self._stretch, self._events = whole / each, len(todo) // LOOKS
        return max(each * self._stretch, max((left for left, _ in running), default=0.0))

    def _left_of(self, group: _Group, ratios: Mapping[str, float]) -> float:
        now = self._clock()
        whole, passed = group.expected * ratios[self._names[next(iter(group.steps))][1]], now - group.began
        if far := group.far(now):
            return whole * (1 - far)
        return max(whole - passed, 0.2 * passed)  # it does not tell how far it is

    @property
    def seen(self) -> float:
        """Share of the expected time that earlier runs on this machine tell of."""
        tell = self._known.keys()
        known = [
            key
            for key, (kind, fine) in self._names.items()
            if fine in tell or (kind in tell and fine not in self._guessed)
        ]
        told = sum(self._expected[key] for key in known if key not in self._unread)
        return told / max(sum(self._expected.values()), 1e-9)

    @property
    def unread(self) -> bool:
        """Whether texts are among the data whose lengths are not known."""
        return bool(self._unread)

    def learned(self) -> dict[str, float]:
        """By kind of step, and kind with model: the multiple that this machine takes, for the next run."""
        found, blind = {}, {name for key in self._unread for name in self._names[key]}
        for name, level in self._levels.items():
            if name not in (*SIDES, *blind) and level.expected > 0 and level.taken > 0.02:
                found[name] = max(level.taken - level.anyway, LEAST * level.taken) / level.nominal
        return found


def _side_of(steps: Sequence[Step]) -> str:
    """Which steps those of a kind and model resemble; "" for those that read data, which resemble none."""
    if type(steps[0]).__name__ in READING:
        return ""
    return SIDES[0] if mostly_multiply(steps) else SIDES[1]
