"""Processes that train together, played by threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from outgrow.learning.team import Team


class Threads(Team):
    """Processes that train together, as threads: what they share goes over a table, at a barrier."""

    def __init__(self, size: int, rank: int, table: list[Any], barrier: threading.Barrier) -> None:
        self.size, self.rank, self._table, self._barrier = size, rank, table, barrier

    def gather(self, value: Any) -> list[Any]:
        self._table[self.rank] = value
        self._barrier.wait()
        found = list(self._table)
        self._barrier.wait()
        return found

    def sum(self, tensors: Sequence[Tensor]) -> None:
        whole = self.gather([one.detach().clone() for one in tensors])
        for i, one in enumerate(tensors):
            one.detach().copy_(sum(part[i] for part in whole))


def in_threads(size: int, work: Callable[[Team], Any]) -> list[Any]:
    table, barrier, found = [None] * size, threading.Barrier(size, timeout=60), [None] * size

    def one(rank: int) -> None:
        try:
            found[rank] = work(Threads(size, rank, table, barrier))
        except BaseException:
            barrier.abort()
            raise

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
