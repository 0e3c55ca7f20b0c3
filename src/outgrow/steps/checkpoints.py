"""Checkpoints of a training in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from outgrow.learning.checkpoint import Checkpoint, Moment
from outgrow.steps.unfinished import Unfinished

if TYPE_CHECKING:
    from outgrow.learning.weights import State

FILE = "training"


class Noted(Protocol):
    """What a training's checks have noted so far, which goes with a checkpoint."""

    def noted(self) -> tuple[State, dict[str, Any]]:
        """Tensors by name, and facts that JSON can hold."""
        ...

    def recall(self, tensors: State, facts: dict[str, Any], weights: State) -> None:
        """Put back what `noted` gave; `weights` are those that the training goes on from."""
        ...


class StoredCheckpoint(Checkpoint):
    """Keeps a training's last moment as an unfinished file of its step, every few minutes."""

    def __init__(self, unfinished: Unfinished, notes: Noted | None = None) -> None:
        self._unfinished, self._notes = unfinished, notes

    def last(self) -> Moment | None:
        found = self._unfinished.find(FILE)
        if found is None:
            return None
        tensors, facts = found
        notes = {name.removeprefix("notes/"): tensors.pop(name) for name in [*tensors] if name.startswith("notes/")}
        moment = Moment.of(tensors, done=int(facts["done"]))
        if self._notes:
            self._notes.recall(notes, facts["notes"], moment.weights)
        self._unfinished.tell("goes on from update %d", moment.done)
        return moment

    def offer(self, moment: Callable[[], Moment]) -> None:
        if not self._unfinished.due():
            return
        now = moment()
        tensors, facts = self._notes.noted() if self._notes else ({}, {})
        notes = {f"notes/{name}": value for name, value in tensors.items()}
        self._unfinished.keep(FILE, now.tensors() | notes, {"done": now.done, "notes": facts})
