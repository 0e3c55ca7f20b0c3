"""Workers are killed, or stopped, while they compute; the run ends as if nothing had been.

    python tests/faults/lost_workers.py --trials 20 --seed 0

One worker of two is killed or stopped at a random moment, once a run. Its step is tried once more by another. Stopped
workers are given up after one second here; the executor's own limit is a minute.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import FORK, arguments, compared, fork, references, run, table

from outgrow.executors import workers
from outgrow.store import Store


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                if int((one / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(one.name))
            except (OSError, IndexError):
                pass
    return found


def main(trials: int, seed: int) -> dict[str, Counter[str]]:
    rng, counts = random.Random(seed), dict[str, Counter[str]]()
    with references() as known:
        done = 0
        while done < trials:
            experiments, _, expected = known[rng.choice([*known])]
            how = rng.choice([signal.SIGKILL, signal.SIGSTOP])
            with tempfile.TemporaryDirectory() as folder:
                store, failures = Store(Path(folder) / "store"), FORK.SimpleQueue()

                def act(store: Store = store, failures: Any = failures, experiments: Any = experiments) -> None:
                    workers.SILENCE, workers.BEAT = 1.0, 0.1
                    failures.put(len(run(experiments, store, executor="processes").failures))

                process = fork(act)
                while process.exitcode is None and not (there := children(process.pid)):
                    time.sleep(0.005)
                time.sleep(rng.uniform(0, 1.0))
                there = children(process.pid)
                if there:
                    os.kill(rng.choice(there), how)
                process.join(120)
                if process.exitcode is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    end = "STILL RUNNING after two minutes"
                elif process.exitcode or failures.get():
                    end = f"FAILED, status {process.exitcode}"
                else:
                    end = compared(store, expected)
                if there:
                    done += 1
                    counts.setdefault("killed" if how is signal.SIGKILL else "stopped", Counter())[end] += 1
    return counts


if __name__ == "__main__":
    asked = arguments(20)
    table("one worker of two lost", main(asked.trials, asked.seed))
