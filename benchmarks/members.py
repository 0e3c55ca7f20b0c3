"""What five supervisors cost beside one, on linear heads over stored features: the processor's time, not the clock's.

    python benchmarks/members.py                   five seeds of text-offline, three rounds; needs its packs
    python benchmarks/members.py --seeds 10 --rounds 5

Features are extracted once before. Each round runs every study on seeds of its own, in another order, in one process;
a study is supervisors, labels, students, ceilings and scores. Members of one model are trained together in one batch.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tomllib
from typing import Any

import numpy as np

from outgrow.config import expand, shipped_experiments
from outgrow.store import Store
from outgrow.sweep import run_experiments

FIVE: dict[str, Any] = {"model": "ensemble", "members": 5}
BAR = 1.3


def studies(optimizer: str) -> dict[str, dict[str, Any]]:
    of = {"model": "minilm-l6", "training": "probe"}
    parts = {**FIVE, "of": of, "by": "parts"}
    found = {
        "one supervisor": {"weak": of, "method": "naive"},
        "5 by parts, naive": {"weak": parts, "method": "naive"},
        "5 by parts, dawid_skene": {"weak": parts, "method": "dawid_skene"},
    }
    if optimizer == "adam":  # solved heads do not depend on a seed, and raven's loss is not convex
        seeds = {**FIVE, "of": of}
        found["5 by seeds, naive"] = {"weak": seeds, "method": "naive"}
        found["5 by seeds, dawid_skene"] = {"weak": seeds, "method": "dawid_skene"}
        found["5 by seeds, raven"] = {"weak": seeds, "method": "raven"}
    return found


def run(store: Store, study: dict[str, Any], optimizer: str, seeds: list[int]) -> float:
    """Seconds of the processor that a study takes."""
    document = tomllib.loads(shipped_experiments()["text-offline"])
    document |= {**study, "train": {"optimizer": optimizer}}
    document.pop("sweep")
    experiments = expand(document, name="members", seeds=seeds)
    started = time.process_time()
    swept = run_experiments(experiments, store)
    assert not swept.failures, swept.failures
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.create()
        for optimizer in ("adam", "lbfgs"):
            made = studies(optimizer)
            run(store, made["one supervisor"], optimizer, [0])  # extracts features, and warms up
            taken: dict[str, list[float]] = {name: [] for name in made}
            first = 1
            for number in range(given.rounds):
                order = np.random.default_rng(number).permutation(list(made))
                for name in order.tolist():
                    seeds = list(range(first, first + given.seeds))
                    first += given.seeds
                    taken[name].append(run(store, made[name], optimizer, seeds))
            base = float(np.median(taken["one supervisor"]))
            for name, seconds in taken.items():
                ratio = float(np.median(seconds)) / base
                verdict = "" if name == "one supervisor" else "within" if ratio <= BAR else f"outside {BAR}"
                print(
                    f"{optimizer:5} {name:26} {np.median(seconds):6.2f} s of the processor for {given.seeds} seeds "
                    f"({min(seconds):.2f} to {max(seconds):.2f}), {ratio:.2f} x {verdict}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
