"""Work of a step that is not finished: kept now and then outside of any key, and found again by whoever goes on."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from outgrow.learning.machine import Machine
    from outgrow.learning.weights import State

log = logging.getLogger(__name__)
SHARE = 10  # at most a tenth of the time goes into keeping
EARLY = 0.8  # of the interval: the rest is for what takes longer than the last time


@dataclass(frozen=True, kw_only=True)
class Making:
    """The step that is computed now: its key, what to call it, and what it is made with besides what the key says."""

    key: str
    title: str
    origin: dict[str, str]


class Unfinished:
    """Tensors and facts of one step, by name. Only what the same code made on the same kind of machine is found again.

    Processes that train together ask for all of it together; the first of them writes.

    Args:
        seconds: that may be lost.
    """

    def __init__(self, making: Making, store: Artefacts, machine: Machine, *, seconds: float) -> None:
        self._title, self._key, self._made = making.title, making.key, making.origin | machine.facts
        self._store, self._team, self._interval = store, machine.team, seconds
        self._kept = self._seen = time.monotonic()
        self._gap = self._took = 0.0

    def due(self) -> bool:
        """Whether to keep what there is now: after one more wait like the last, and the writing, it would be too late.

        Something can be kept whenever this is asked.
        """
        now = time.monotonic()
        self._gap, self._seen = now - self._seen, now
        since = now - self._kept
        due = since + self._gap + self._took >= EARLY * self._interval and since >= SHARE * self._took
        return bool(self._team.gather(due)[0])

    def keep(self, name: str, tensors: State, facts: dict[str, Any]) -> bool:
        """Write these, whole or not at all, in the place of what was kept by this name; whether that could be done.

        Where it could not, that is told: the work goes on, and may be lost.
        """
        began, done = time.monotonic(), True
        if self._team.rank == 0:
            from safetensors import SafetensorError
            from safetensors.torch import save_file

            whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
            told = {"facts": json.dumps(facts), "made with": json.dumps(self._made)}
            try:
                self._store.keep_unfinished(self._key, name, lambda path: save_file(whole, path, metadata=told))
            except (StoreError, SafetensorError) as error:  # the second is how a full disk is told
                done = False
                self.tell("goes on, but what is done so far could not be kept: %s", error)
        self._kept, self._seen = began, time.monotonic()
        self._took = self._seen - began
        return done

    def find(self, name: str) -> tuple[State, dict[str, Any]] | None:
        """What was kept by this name; None where there is none, or it cannot be used, which is told."""
        path = self._store.unfinished(self._key, name)
        found = None if path is None else self._read(path)
        together = self._team.gather(None if found is None else found[1])
        return found if all(one == together[0] for one in together) else None

    def _read(self, path: Path) -> tuple[State, dict[str, Any]] | None:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as file:
                told = file.metadata() or {}
                made, facts = json.loads(told["made with"]), dict(json.loads(told["facts"]))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
            self.tell("begins anew: what was kept of it cannot be read (%s)", error)
            return None
        if made != self._made:
            other = sorted(name for name in made.keys() | self._made if made.get(name) != self._made.get(name))
            changes = ", ".join(f"{name}: {made.get(name)} then, {self._made.get(name)} now" for name in other)
            self.tell("begins anew: what was kept of it was made otherwise (%s)", changes)
            return None
        return tensors, facts

    def tell(self, what: str, *values: object) -> None:
        """Say something of the step; of processes that train together, the first does."""
        if self._team.rank == 0:
            log.warning(f"%s {what}", self._title, *values)
