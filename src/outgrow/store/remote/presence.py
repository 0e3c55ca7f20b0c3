"""Signs of life: one small object for each process that uses a store, written again and again while it does.

Nobody's clock is asked. The server notes when each object was written, and whoever looks compares its own sign of life
with another's: who has not given one for LEASE seconds before that counts as gone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from multiprocessing.util import Finalize

from outgrow.errors import StoreError
from outgrow.store.remote.bucket import Bucket

IN_USE = "in-use/"
BEAT = 10.0  # seconds between two signs of life
LEASE = 60.0  # seconds without any, after which others may take over
log = logging.getLogger(__name__)


class Presence:
    """The signs of life of this process on one store, given while anything holds it."""

    def __init__(self, bucket: Bucket) -> None:
        self.name = uuid.uuid4().hex
        self._bucket, self._holders, self._beats, self._given = bucket, 0, 0, 0.0
        self._guard, self._end = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        Finalize(None, self._at_exit, exitpriority=1)  # workers end without what `atexit` would do

    @contextlib.contextmanager
    def held(self, *, linger: bool = True) -> Iterator[None]:
        """Others see this process inside the block; and, if it may linger, a little longer: another may follow soon."""
        with self._guard:
            if self._thread is None:
                self._begin()
            self._holders += 1
        try:
            yield
        finally:
            with self._guard:
                self._holders -= 1
                last = self.idle and not linger
            if last:
                self.close()

    @property
    def idle(self) -> bool:
        """Whether nothing holds it."""
        return self._holders == 0

    @property
    def late(self) -> bool:
        """Whether others may soon think, or think already, that this process is gone."""
        return time.monotonic() - self._given > LEASE / 2

    def others(self) -> set[str]:
        """Names of the processes that give signs of life, this one aside. It has to be held."""
        seen = self._bucket.listed(IN_USE)
        now = seen[self.name].written if self.name in seen else 0.0
        return {name for name, one in seen.items() if name != self.name and now - one.written <= LEASE}

    @property
    def alone(self) -> bool:
        """Whether no other process gives signs of life."""
        return not self.others()

    def close(self) -> None:
        """Give no more signs of life, and take the last one back, if nothing holds it."""
        with self._guard:
            if self._thread is None or not self.idle:
                return
            thread, self._thread = self._thread, None
            name, self.name = self.name, uuid.uuid4().hex  # who holds it next is another one to others
            self._end.set()
        thread.join()
        self._take_back(name)

    def _at_exit(self) -> None:
        self._holders = 0
        with contextlib.suppress(Exception):  # others see after LEASE seconds that it is gone
            self.close()

    def _begin(self) -> None:
        self._give()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._go_on, args=(self._end,), daemon=True, name="outgrow presence")
        self._thread.start()

    def _go_on(self, end: threading.Event) -> None:
        while not end.wait(BEAT):
            with self._guard:
                if end.is_set():
                    return
                if self.idle:
                    self._thread = None
                    self._take_back(self.name)
                    return
            try:
                self._give()
            except StoreError as error:  # those who wait for us may take over; what we publish is still ours alone
                log.warning("no sign of life could be given: %s", error)

    def _give(self) -> None:
        self._beats, now = self._beats + 1, time.monotonic()
        who = {"host": socket.gethostname(), "process": os.getpid(), "beats": self._beats}
        self._bucket.put(IN_USE + self.name, json.dumps(who).encode())
        self._given = now

    def _take_back(self, name: str) -> None:
        with contextlib.suppress(StoreError):
            self._bucket.remove([IN_USE + name])
