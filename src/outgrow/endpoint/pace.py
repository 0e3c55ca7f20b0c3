"""How fast requests may follow each other, over all threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Stopped(Exception):
    """Nothing more is asked."""


class Pace:
    """Starts of requests lie evenly apart; whoever is told to wait makes all wait.

    Args:
        per_minute: requests that may start in a minute; 0 for any number.
        clock: seconds.
        sleep: waits so many seconds; None lets it end early when all is stopped.
    """

    def __init__(
        self,
        per_minute: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._apart = 60.0 / per_minute if per_minute else 0.0
        self._over = threading.Event()
        self._clock, self._sleep = clock, sleep or self._over.wait
        self._lock = threading.Lock()
        self._next = self._closed = clock()

    def wait(self) -> None:
        """Until the next request may start. Raises Stopped."""
        with self._lock:
            turn = max(self._next, self._clock())
            self._next = turn + self._apart
        while (left := max(turn, self._closed) - self._clock()) > 0:
            self.rest(left)
        self.rest(0.0)

    def rest(self, seconds: float) -> None:
        """Wait in this thread alone. Raises Stopped."""
        if seconds > 0:
            self._sleep(seconds)
        if self._over.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Let no request start for so long."""
        with self._lock:
            self._closed = max(self._closed, self._clock() + seconds)

    def stop(self) -> None:
        """End all waiting."""
        self._over.set()
