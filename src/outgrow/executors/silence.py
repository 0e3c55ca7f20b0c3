"""Whether a worker of a Ray cluster that says nothing any more hangs, or is only busy.

A busy worker can be in a long call that lets no other thread answer. So its process is looked at, by a task on its own
node: it is given up only if it is stopped, or uses no processor time at all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from outgrow.executors.workers import SILENCE
from outgrow.others import look, moves

WATCHED = 30.0  # seconds for which a silent worker is looked at
STEP = 2.0  # seconds that count between two looks of the run, at most: while that is stopped itself, no time passes


class Silence:
    """How long a worker has given no sign of life."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._looking: Any = None

    def broken(self) -> None:
        """It has given one."""
        self.seconds, self._looking = 0.0, None

    def is_death(self, passed: float, *, node: str, process: int, get: Callable[[Any], bool | None]) -> bool:
        """Whether it hangs, `passed` seconds after this was asked before.

        Args:
            get: what a task has returned, None while it has not.
        """
        self.seconds += min(passed, STEP)
        if self.seconds < SILENCE:
            return False
        if self._looking is None:
            self._looking = there(node, works, process, WATCHED)
        works_on = get(self._looking)
        if works_on:
            self.broken()
        return works_on is False or self.seconds > 4 * SILENCE + WATCHED  # then nothing answers there


def there(node: str, do: Callable[..., Any], *given: Any) -> Any:
    """Have something done on a node of the cluster, whatever else is computed there; what `ray.get` can wait for."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task: Any = ray.remote(do)
    place = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
    return task.options(num_cpus=0, max_retries=0, scheduling_strategy=place).remote(*given)


def works(process: int, seconds: float) -> bool:
    """Whether a process of this machine uses processor time, looked at twice; also where nothing is told of it."""
    before = look(process)
    time.sleep(seconds)
    return moves(before, look(process))


def kill(process: int) -> None:
    """End a process of this machine, stopped or not."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
