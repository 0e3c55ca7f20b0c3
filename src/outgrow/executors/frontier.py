"""Which steps of a plan can be computed now, and which of them first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Mapping

from outgrow.plan import Plan
from outgrow.steps import Needs, Step


class Frontier:
    """The steps of a plan whose inputs are done, handed out in groups that are computed in one go.

    It knows nothing of processes or clocks, so that a run on paper can use it too. Handing out all of a plan takes time
    in proportion to its steps and inputs, times the logarithm of what is ready at once.

    Args:
        rank: by key; what has the least is handed out first. Without it, and among equals, the plan's order counts.
        begun: keys of steps that were handed out already.
    """

    def __init__(self, plan: Plan, *, rank: Mapping[str, float] | None = None, begun: Container[str] = ()) -> None:
        self._plan, self._rank, self._begun = plan, rank or {}, begun
        self._place = {key: place for place, key in enumerate(plan.todo)}
        self._waits_for = dict.fromkeys(plan.todo, 0)
        for later in plan.later.values():
            for key in later:
                self._waits_for[key] += 1
        self._missing: dict[str, int] = {}  # of each group, members that are not ready
        self._groups: dict[str, list[Step]] = {}  # those that are
        self._ready: dict[Needs, list[tuple[float, int, str]]] = {}  # heaps: rank, place, a key or the name of a group
        self._never: set[str] = set()
        for key in plan.todo:
            if key not in begun and (name := plan.steps[key].together):
                self._missing[name] = self._missing.get(name, 0) + 1
        for key, waits_for in self._waits_for.items():
            if not waits_for and key not in begun:
                self._add(key)

    def take(self, fits: Callable[[Needs], bool] = lambda needs: True) -> list[Step]:
        """A step that is computed by itself, or a group of which all are ready; or [] where nothing is that fits."""
        heap = min((heap for needs, heap in self._ready.items() if heap and fits(needs)), default=None)
        if heap is None:
            return []
        name = heapq.heappop(heap)[2]
        return self._groups.pop(name, None) or [self._plan.steps[name]]

    def take_part(self, fits: Callable[[Needs], bool] = lambda needs: True) -> list[Step]:
        """The ready ones of the group that has most of them; or [].

        Ask when nothing else is left to do: more may become ready of it.
        """
        largest = max(
            (name for name, group in self._groups.items() if self._missing[name] and fits(group[0].needs)),
            key=lambda name: len(self._groups[name]),
            default=None,
        )
        return [] if largest is None else self._groups.pop(largest)

    def done(self, key: str, failed: Container[str] = ()) -> None:
        """A step was computed, or failed: then all that needs it is named in `failed`, and is never ready."""
        for later in self._plan.later.get(key, ()):
            if later in failed:
                self._drop(later)
            else:
                self._waits_for[later] -= 1
                if not self._waits_for[later] and later not in self._begun:
                    self._add(later)

    def _add(self, key: str) -> None:
        step = self._plan.steps[key]
        if step.together:
            self._groups.setdefault(step.together, []).append(step)
            self._settle(step.together)
        else:
            self._push(key, step)

    def _drop(self, key: str) -> None:
        """It is never ready, and nothing is that needs it."""
        left = [key]
        while left:
            key = left.pop()
            if key not in self._never:
                self._never.add(key)
                left += self._plan.later.get(key, ())
                if key not in self._begun and (name := self._plan.steps[key].together):
                    self._settle(name)

    def _settle(self, name: str) -> None:
        """One more member of a group is ready, or never will be."""
        self._missing[name] -= 1
        if not self._missing[name] and (group := self._groups.get(name)):
            first = min(group, key=lambda step: self._order(step.key))
            self._push(name, first)

    def _push(self, name: str, step: Step) -> None:
        heapq.heappush(self._ready.setdefault(step.needs, []), (*self._order(step.key), name))

    def _order(self, key: str) -> tuple[float, int]:
        return self._rank.get(key, 0.0), self._place[key]
