"""What a step may use while it is computed: its inputs out of the store, the machine, a way to tell of progress."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from outgrow.artefacts import Artefacts
from outgrow.runtime import Runtime
from outgrow.steps.unfinished import Making, Unfinished

if TYPE_CHECKING:
    from outgrow.learning.checkpoint import Checkpoint
    from outgrow.learning.machine import Machine
    from outgrow.learning.pieces import Pieces
    from outgrow.steps.checkpoints import Noted

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
        self._making: Making | None = None
        self._kept: dict[str, OrderedDict[Hashable, Any]] = {}

    @cached_property
    def machine(self) -> Machine:
        """The device chosen and how to multiply on it; ConfigError if this machine does not have it."""
        from outgrow.learning.machine import machine_of

        return machine_of(self._runtime)

    @contextlib.contextmanager
    def computing(self, making: Making) -> Iterator[None]:
        """Inside the block, what is not finished of this step can be kept."""
        self._making = making
        try:
            yield
        finally:
            self._making = None

    def checkpoint(self, notes: Noted | None = None) -> Checkpoint:
        """Checkpoints of the step that is computed now, in the store.

        Args:
            notes: what else has to be kept with them.
        """
        from outgrow.learning.checkpoint import NEVER
        from outgrow.steps.checkpoints import StoredCheckpoint

        unfinished = self._unfinished()
        return NEVER if unfinished is None else StoredCheckpoint(unfinished, notes)

    def pieces(self, name: str) -> Pieces:
        """Pieces of many rows' features or answers, kept as long as the step is computed that needs them."""
        from outgrow.learning.pieces import NONE
        from outgrow.steps.pieces import StoredPieces

        unfinished = self._unfinished()
        return NONE if unfinished is None else StoredPieces(unfinished, name)

    def _unfinished(self) -> Unfinished | None:
        seconds = 60 * self._runtime.checkpoint_minutes
        if self._making is None or not seconds:
            return None
        return Unfinished(self._making, self.store, self.machine, seconds=seconds)

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
