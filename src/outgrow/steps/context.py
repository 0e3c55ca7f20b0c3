"""What a step may use while it is computed: its inputs out of the store, the machine, a way to tell of progress."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from outgrow.artefacts import Artefacts
from outgrow.runtime import Runtime

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine

T = TypeVar("T")
KEPT = 64  # things of one kind in memory


class Context:
    """Serves the steps of one process."""

    def __init__(
        self,
        store: Artefacts,
        runtime: Runtime | None = None,
        *,
        report: Callable[[Any, float], None] = lambda step, progress: None,
    ):
        self.store = store
        self.report = report
        self._runtime = runtime or Runtime()
        self._kept: dict[str, OrderedDict[Hashable, Any]] = {}

    @cached_property
    def machine(self) -> Machine:
        """The device chosen and how to multiply on it; ConfigError if this machine does not have it."""
        from outgrow.learning.machine import machine_of

        return machine_of(self._runtime)

    @property
    def checkpoint_seconds(self) -> float:
        """Seconds between two checkpoints of a step; 0 for none."""
        return 60 * self._runtime.checkpoint_minutes

    def formats_since(self) -> str:
        """The number formats that networks were multiplied in since this was last asked; "" for none."""
        if "machine" not in vars(self):  # not asked for so far
            return ""
        found = ", ".join(sorted(self.machine.formats))
        self.machine.formats.clear()
        return found

    def remember(self, kind: str, name: Hashable, make: Callable[[], T], *, most: int = KEPT) -> T:
        """What `make` gives, made once; of each kind the `most` things used last are kept in memory."""
        kept = self._kept.setdefault(kind, OrderedDict())
        if name not in kept:
            kept[name] = make()
            while len(kept) > most:
                kept.popitem(last=False)
        kept.move_to_end(name)
        found: T = kept[name]
        return found
