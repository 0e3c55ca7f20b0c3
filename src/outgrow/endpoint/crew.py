"""Work that waits for others, done by several threads: little of it is in memory at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 2  # items begun and not yet taken, for each thread
GRACE = 1.0  # seconds that threads have to end when nobody waits for them any more


def each(items: Iterable[T], work: Callable[[T], R], *, threads: int) -> Iterator[R]:
    """What `work` makes of each item, as it comes. An error of `work` is raised here, and ends all.

    The threads are daemons: whoever stops the program does not wait for an answer that is slow to come.
    """
    todo: queue.SimpleQueue[tuple[T] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[R | None, BaseException | None]] = queue.SimpleQueue()

    def serve() -> None:
        while (item := todo.get()) is not None:
            try:
                done.put((work(item[0]), None))
            except BaseException as error:
                done.put((None, error))

    def take() -> R:
        result, error = done.get()
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    crew = [threading.Thread(target=serve, daemon=True) for _ in range(threads)]
    for one in crew:
        one.start()
    out = 0
    try:
        for item in items:
            todo.put((item,))
            out += 1
            if out >= AHEAD * threads:
                yield take()
                out -= 1
        for _ in range(out):
            yield take()
    finally:
        for _ in crew:
            todo.put(None)
        until = time.monotonic() + GRACE
        for one in crew:
            one.join(max(0.0, until - time.monotonic()))
