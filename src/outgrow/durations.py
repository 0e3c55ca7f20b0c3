"""Times in words, no finer than they are known."""

from __future__ import annotations


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
