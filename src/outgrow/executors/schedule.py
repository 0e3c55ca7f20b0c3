"""How long a plan takes if each of its steps takes as long as expected: several workers, on paper."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from outgrow.executors.base import Frontier
from outgrow.plan import Plan

Running = tuple[float, Sequence[str]]
"""Seconds that are left of steps that are computed in one go, and their keys."""


def makespan(plan: Plan, seconds: Mapping[str, float], *, running: Sequence[Running], workers: int) -> float:
    """Seconds until all is done that a plan has to do, handed out as `processes` does.

    A worker with nothing to do waits: for steps that others need first, or while another one trains a group of heads.

    Args:
        seconds: of each step that has not begun, by key.
        running: what workers compute now.
    """
    frontier = Frontier(plan, begun={key for _, keys in running for key in keys})
    busy = [(left, place, keys) for place, (left, keys) in enumerate(running)]  # a heap: by when each ends
    heapq.heapify(busy)
    now, place = 0.0, len(busy)
    while True:
        while len(busy) < workers:
            group = frontier.take()
            if not group and all(plan.steps[keys[0]].together for _, _, keys in busy):
                group = frontier.take_group()
            if not group:
                break
            place += 1
            heapq.heappush(busy, (now + sum(seconds[step.key] for step in group), place, [one.key for one in group]))
        if not busy:
            return now
        now, _, keys = heapq.heappop(busy)
        for key in keys:
            frontier.done(key, ())
