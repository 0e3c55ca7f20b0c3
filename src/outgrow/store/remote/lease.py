"""The only right to compute something, among processes on several machines: an object that one of them could create.

It names its holder, whose signs of life (presence.py) keep it valid. Who finds it, and the holder gone, puts its own in
its place, on the condition that it is still the same: so one of several succeeds. A holder that was only slow, and is
replaced, can do no harm: what is finished is published once, by whoever comes first.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from outgrow.disk import NOTICE
from outgrow.errors import StoreError
from outgrow.plain import plain
from outgrow.store.remote.bucket import Bucket
from outgrow.store.remote.presence import Presence

log = logging.getLogger(__name__)
POLL = (0.05, 5.0)  # seconds between two looks at what another holds: at first, and later
TRIES, PAUSE = 3, 5.0  # to give a lease back, and seconds between them


@dataclass(frozen=True, kw_only=True)
class _Holder:
    """Who holds a lease, as its object says; "" where it says nothing that can be read."""

    presence: str
    host: str
    process: str


class Leases:
    """Leases on one store by name."""

    def __init__(self, bucket: Bucket, presence: Presence) -> None:
        self._bucket, self._presence = bucket, presence
        self._letting_go: ThreadPoolExecutor | None = None
        self._let_go: list[Future[None]] = []

    @contextlib.contextmanager
    def held(self, name: str, *, patience: float, whose: str) -> Iterator[bool]:
        """Hold a lease inside the block, and tell whether it is held.

        Waits for another holder, for `patience` seconds at most, and tells so by `whose` after some.
        """
        with self._presence.held():
            began, tag = time.monotonic(), self.take(name)
            told, pause = began + NOTICE, POLL[0]
            while tag is None:
                if (left := began + patience - time.monotonic()) <= 0:
                    yield False
                    return
                time.sleep(min(left, pause * random.uniform(0.5, 1.0)))
                pause = min(POLL[1], 1.5 * pause)
                if time.monotonic() > told:
                    told = float("inf")
                    log.warning("waiting for %s%s", whose, self._holder_in_words(name))
                tag = self.take(name)
            try:
                yield True
            finally:
                self._release(name, tag)

    def take(self, name: str) -> str | None:
        """Take a lease that is free, or whose holder is gone; the tag of its object, or None."""
        ours = json.dumps(
            {
                "presence": self._presence.name, "lease": uuid.uuid4().hex, "host": socket.gethostname(),
                "process": os.getpid(),
            }
        ).encode()  # fmt: skip
        if tag := self._bucket.create(name, ours):
            return tag
        found = self._bucket.tagged(name)
        if found is None:  # let go meanwhile
            return None
        content, tag = found
        if _read(content).presence in self._presence.others() | {self._presence.name}:
            return None
        return self._bucket.replace(name, ours, tag)

    def is_taken(self, name: str) -> bool:
        """Whether somebody holds a lease who is not gone."""
        found = self._bucket.get(name)
        return found is not None and _read(found).presence in self._presence.others()

    def give_back(self, name: str, tag: str) -> None:
        """Let go of a lease, if it is ours still. Not every server looks at the condition of a removal."""
        if self._presence.late and ((found := self._bucket.tagged(name)) is None or found[1] != tag):
            return
        self._bucket.remove_own(name, tag)

    def finish(self) -> None:
        """Wait until all that is being let go of is free."""
        for one in self._let_go:
            one.result()
        self._let_go.clear()

    def _release(self, name: str, tag: str) -> None:
        """Let go of a lease while others things are done: nobody here waits for it."""
        if self._letting_go is None:
            self._letting_go = ThreadPoolExecutor(max_workers=4, thread_name_prefix="outgrow lease")
        self._let_go = [one for one in self._let_go if not one.done()]
        self._let_go.append(self._letting_go.submit(self._quietly, name, tag))

    def _quietly(self, name: str, tag: str) -> None:
        with self._presence.held():
            for _ in range(TRIES):
                try:
                    self.give_back(name, tag)
                    return
                except StoreError as error:
                    why = error
                    time.sleep(PAUSE)
        log.warning("a lease could not be given back, and others wait for it until this process ends: %s", why)

    def _holder_in_words(self, name: str) -> str:
        found = self._bucket.get(name)
        holder = _read(found or b"")
        return f", process {holder.process} on {holder.host}" if holder.host else ""


def _read(content: bytes) -> _Holder:
    try:
        said = json.loads(content)
        return _Holder(
            presence=str(said["presence"]), host=plain(str(said["host"]))[:60], process=str(said["process"])[:10]
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return _Holder(presence="", host="", process="")
