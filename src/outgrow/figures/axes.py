"""Axes: scales with their ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A scale with its ticks: values from `low` to `high`, placed linearly or by logarithm."""

    low: float
    high: float
    label: str
    ticks: list[tuple[float, str]]
    log: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between the pixels `start` and `end`; a value off the scale lies on its edge."""
        value = min(max(value, self.low), self.high)
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        return start + (end - start) * ((math.log10(value) if self.log else value) - low) / (high - low)


def linear_axis(
    values: Sequence[float],
    label: str,
    show: Callable[[float], str],
    *,
    about: int = 5,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Axis:
    """A linear axis over the values, ending on round ticks, about so many of them, and never beyond `within`."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 0.02:
        low, high = low - 0.02, high + 0.02
    raw = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(step * k, 10) for k in range(first, last + 1)]
    ticks = [tick for tick in ticks if within[0] <= tick <= within[1]]
    return Axis(low=ticks[0], high=ticks[-1], label=label, ticks=[(tick, show(tick)) for tick in ticks])


def log_axis(values: Sequence[float], label: str, show: Callable[[float], str]) -> Axis:
    """A logarithmic axis with a margin on both sides; values not above zero lie on its left edge."""
    logs = [math.log10(value) for value in values if value > 0] or [0.0, 1.0]
    span = max(max(logs) - min(logs), 0.3)
    low, high = min(logs) - 0.08 * span, max(logs) + 0.08 * span
    factors = (1,) if span > 1.6 else (1, 3) if span > 0.9 else (1, 2, 5)
    ticks = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in factors]
    ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
    while len(ticks) > 6:
        ticks = ticks[::2]
    return Axis(low=10**low, high=10**high, label=label, log=True, ticks=[(tick, show(tick)) for tick in ticks])
