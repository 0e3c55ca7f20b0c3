"""One node of two of a Ray cluster is killed in the middle of a study; the other finishes it, to the same numbers.

    python tests/faults/lost_node.py --trials 2 --seed 0
    python tests/faults/lost_node.py --trials 2 --s3        # on a store in a bucket, each node with copies of its own

Both nodes are processes of this machine, with a core each. The head of the cluster computes nothing. A node is lost
with all its processes, while it computes something.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import TOY, held, run, table
from s3_server import serving

from outgrow.config import expand
from outgrow.executors.cluster import _silence
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.store import Store, open_store
from outgrow.sweep import Silent, run_experiments

SETTINGS = ["train.epochs=400", "train.evaluations=20"]  # trainings of a second or two


class Where(Silent):
    """A watcher that knows which processes have begun something, and how many steps are done."""

    def __init__(self) -> None:
        self.processes: set[int] = set()
        self.done = 0

    def started(self, step: Step, where: str = "") -> None:
        if "process" in where:
            self.processes.add(int(where.rpartition(" ")[2]))

    def finished(self, step: Step, failure: str = "") -> None:
        self.done += 1


def main(trials: int, seed: int, *, s3: bool = False) -> dict[str, Counter[str]]:
    rng, counts = random.Random(seed), dict[str, Counter[str]]()
    sweep = {"sweep": {"method.name": ["naive", "confidence"]}}
    experiments = expand(TOY | sweep, name="toy-study", seeds=[0, 1], settings=SETTINGS)
    with tempfile.TemporaryDirectory() as folder, serving() if s3 else contextlib.nullcontext() as server:
        alone = Store(Path(folder) / "alone")
        run(experiments, alone)
        expected = held(alone)
        for trial in range(trials):
            address = f"{server.bucket(f'trial-{trial}')}/study" if server else str(Path(folder) / f"trial-{trial}")
            found = one_trial(experiments, address, expected, Path(folder) / f"caches-{trial}", rng)
            counts.setdefault("a bucket" if s3 else "a folder", Counter())[found] += 1
    return counts


def one_trial(experiments: Any, address: str, expected: dict[str, Any], caches: Path, rng: random.Random) -> str:
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [
        cluster.add_node(num_cpus=1, env_vars={"OUTGROW_CACHE": str(caches / name)}, object_store_memory=80 * 2**20)
        for name in ("one", "other")
    ]
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    _silence(ray)
    watcher, killed = Where(), list[int]()

    def kill() -> None:
        while len(watcher.processes) < 2 or watcher.done < 6:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 2))
        killed.append(watcher.done)
        cluster.remove_node(rng.choice(nodes), allow_graceful=False)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    store = open_store(address)
    try:
        swept = run_experiments(experiments, store, runtime=Runtime(executor="ray", workers=2), watcher=watcher)
        killer.join(30)
        print(f"killed after {killed} of {len(swept.plan.todo)} steps; {len(swept.failures)} failed", flush=True)
        if swept.failures:
            return f"FAILED: {next(iter(swept.failures.values()))}"
        if not killed or killed[0] >= len(swept.plan.todo):
            return "over before the kill"
        return "equal" if held(store) == expected else "DIFFERENT"  # type: ignore[arg-type]
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--s3", action="store_true")
    asked = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    table("one node of two lost", main(asked.trials, asked.seed, s3=asked.s3))
