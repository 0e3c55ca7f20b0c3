"""What a tracker is: shown trainings and results, for eyes alone. Nothing is ever read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import ClassVar

from outgrow.errors import MissingDependency
from outgrow.registry import Registry

Setting = str | int | float | bool
STEPS = 1_000  # of a whole training, on the axis of a curve


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A training with its curve, or a row of results.

    Args:
        name: what to call it; no two of a run are called the same.
        group: the experiments that it belongs to.
        settings: what determines it, nested keys joined by dots. There are no paths in it.
        curve: for each check of a training, in thousandths of the training, what was measured.
        scores: numbers of a row.
    """

    name: str
    group: str
    settings: Mapping[str, Setting]
    curve: Sequence[tuple[int, Mapping[str, float]]] = ()
    scores: Mapping[str, float] = field(default_factory=dict)


class Tracker:
    """Shows what it is given somewhere. Its package is imported by `start`, and not before."""

    name: ClassVar[str]
    package: ClassVar[str]
    """What has to be installed; the extra of this project that brings it is called as the tracker is."""

    def start(self) -> None:
        """Make ready. What is wrong with the place should be told now, by an exception."""

    def log(self, one: Tracked) -> None:
        """Show one training or row."""
        raise NotImplementedError

    def close(self) -> None:
        """Write out what is not written yet."""


trackers: Registry[type[Tracker]] = Registry("trackers", package="outgrow.trackers")


def check_tracker(name: str) -> type[Tracker]:
    """The tracker of a name. Raises UnknownName; MissingDependency where its package is not installed."""
    found = trackers[name]
    if find_spec(found.package) is None:
        raise MissingDependency(
            f"the tracker {name!r} needs the package {found.package!r}: pip install 'outgrow[{name}]', or run without "
            "--tracker"
        )
    return found
