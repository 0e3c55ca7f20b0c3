"""What sharing saves, and how long planning takes.

    python benchmarks/planning.py               the shipped `chess` sweep, and some 100,000 experiments
    python benchmarks/planning.py --rates 1     the paper's study alone

The large sweep is the paper's study (benchmarks/study.py) with several learning rates of the strong model.
"""

from __future__ import annotations

import argparse
import resource
import time

from study import TASKS, document, no_hub

from outgrow.config import expand, read_experiments
from outgrow.plan import make_plan
from outgrow.steps import Trained


def main(rates: int) -> None:
    """Print the sharing of the `chess` sweep, then time and memory of the large one."""
    plan = make_plan(read_experiments("chess"), cached=set())
    trainings = sum(isinstance(step, Trained) for step in plan.steps.values())
    print(
        f"chess: {len(plan.results)} experiments; trainings computed {trainings}, without sharing "
        f"{plan.trainings_unshared} (ratio {trainings / plan.trainings_unshared:.3f}); all steps {len(plan.steps)}"
    )
    with no_hub():
        started = time.perf_counter()
        tried = [1e-6 * (1 + i) for i in range(rates)]
        experiments = [one for task in TASKS for one in expand(document(task, rates=tried), name="large")]
        read = time.perf_counter()
        plan = make_plan(experiments, cached=set())
        planned = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(
        f"planning {len(experiments):,} experiments: {planned - started:.1f} s, {read - started:.1f} s of them to "
        f"read them; {len(plan.steps):,} unique steps with their keys, {plan.trainings_unshared:,} trainings without "
        f"sharing; at most {peak:,.0f} MiB in memory"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rates", type=int, default=14)
    main(parser.parse_args().rates)
