"""Trackers: only what can be seen without showing them anything, which others might then see."""

from __future__ import annotations

from outgrow.testing.broken import demand
from outgrow.trackers.base import Tracker


def check_tracker(one: Tracker) -> None:
    """It is made without its package, names that, and can be shown something."""
    name = type(one).__name__
    demand(isinstance(getattr(one, "package", None), str) and one.package, f"{name}.package: name what it needs")
    demand(type(one).log is not Tracker.log, f"{name} has no method log, which shows one training or row")
