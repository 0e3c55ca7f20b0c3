"""What sharing saves, and how long planning takes.

Run by hand: `python benchmarks/planning.py`.
"""

from __future__ import annotations

import time
import tomllib

from outgrow.config import expand, read_experiments, shipped_experiments
from outgrow.plan import make_plan
from outgrow.steps import Trained


def main() -> None:
    """Print the sharing of the `chess` sweep, then the time for 10,000 experiments."""
    plan = make_plan(read_experiments("chess"), cached=set())
    trainings = sum(isinstance(step, Trained) for step in plan.steps.values())
    print(
        f"chess: {len(plan.results)} experiments; trainings computed {trainings}, without sharing "
        f"{plan.trainings_unshared} (ratio {trainings / plan.trainings_unshared:.3f}); all steps {len(plan.steps)}"
    )
    document = tomllib.loads(shipped_experiments()["chess"])
    document["sweep"] = {
        "weak.model": ["chess-xs", "chess-s", "chess-m", "chess-l"],
        "strong.model": ["chess-l", "chess-xl"],
        "method": [{"name": "confidence", "alpha": i / 100} for i in range(1, 51)],
        "seeds": list(range(25)),
    }
    started = time.perf_counter()
    experiments = expand(document, name="large")
    plan = make_plan(experiments, cached=set())
    seconds = time.perf_counter() - started
    print(
        f"planning {len(experiments):,} experiments: {seconds:.2f} s, {len(plan.steps):,} unique steps with their keys"
    )


if __name__ == "__main__":
    main()
