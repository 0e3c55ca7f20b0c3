"""Which steps come first where several are computed at once, and how long a plan then takes, on paper."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from outgrow.executors.frontier import Frontier
from outgrow.nominal import nominal
from outgrow.plan import Plan

Running = tuple[float, Sequence[str]]
"""Seconds that are left of steps that are computed in one go, and their keys."""


def longest_first(plan: Plan, *, workers: int) -> dict[str, float]:
    """Ranks for a `Frontier`: first comes what the most time depends on, on a nominal machine (Hu 1961).

    The rank of a step is less the longer it takes from its beginning until the last step is done that needs it, if
    workers are never short.
    """
    return longest_path(plan, {key: nominal(plan.steps[key], workers=workers) for key in plan.todo})


def longest_path(plan: Plan, seconds: Mapping[str, float]) -> dict[str, float]:
    """By key, less than zero: the seconds of the longest chain of steps to do that begins with it."""
    ranks: dict[str, float] = {}
    for key in reversed(plan.todo):
        ranks[key] = min((ranks[later] for later in plan.later.get(key, ())), default=0.0) - seconds[key]
    return ranks


def makespan(
    plan: Plan,
    seconds: Mapping[str, float],
    *,
    running: Sequence[Running],
    workers: int,
    rank: Mapping[str, float] | None = None,
) -> float:
    """Seconds until all is done that a plan has to do, handed out as by `processes` on a machine that lacks nothing.

    A worker with nothing to do waits: for steps that others need first, or while another one trains a group of heads.

    Args:
        seconds: of each step that has not begun, by key.
        running: what workers compute now.
        rank: as `longest_first` gives it, for this plan or one with more to do; without it, that is asked.
    """
    begun = {key for _, keys in running for key in keys}
    frontier = Frontier(plan, rank=rank or longest_first(plan, workers=workers), begun=begun)
    busy = [(left, place, keys) for place, (left, keys) in enumerate(running)]  # a heap: by when each ends
    heapq.heapify(busy)
    now, place = 0.0, len(busy)
    while True:
        while len(busy) < workers:
            group = frontier.take()
            if not group and all(plan.steps[keys[0]].together for _, _, keys in busy):
                group = frontier.take_part()
            if not group:
                break
            place += 1
            heapq.heappush(busy, (now + sum(seconds[step.key] for step in group), place, [one.key for one in group]))
        if not busy:
            return now
        now, _, keys = heapq.heappop(busy)
        for key in keys:
            frontier.done(key)
