"""What the paper's study and the leaderboard cost on 1, 8 and 64 GPUs: planned in full, carried out on paper.

python benchmarks/scaling.py            print the tables of docs/scaling.md
python benchmarks/scaling.py --write    put them there
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from study import TASKS, document, no_hub

from outgrow.config import expand
from outgrow.leaderboard.entrants import entrants
from outgrow.leaderboard.settings import SEEDS, SETTINGS
from outgrow.lengths import dataset_of
from outgrow.models.bases.language import TOKENS
from outgrow.plan import Plan, make_plan
from outgrow.simulation.costs import Cost, Machine, cost_of
from outgrow.simulation.run import Simulated, Troubles, simulate
from outgrow.steps import Step, Trained, walk_unique

DOCUMENT = Path(__file__).parents[1] / "docs" / "scaling.md"
BEGIN, END = "<!-- begin: benchmarks/scaling.py -->", "<!-- end -->"
WORKERS = (1, 8, 64)
FAILING = 0.02
SHARED = 10e9  # bytes a second of a store that all workers share
KINDS = {
    "examples": "examples and splits", "split": "examples and splits", "finetune": "trainings", "label": "weak labels",
    "score": "scorings", "compare": "comparisons",
}  # fmt: skip


def study() -> Plan:
    """The paper's study as one graph."""
    with no_hub():
        return make_plan([one for task in TASKS for one in expand(document(task), name="paper")], cached=set())


def board() -> Plan:
    """The leaderboard as one graph."""
    return make_plan(entrants(list(SETTINGS), seeds=SEEDS).experiments(), cached=set())


def longer(step: Step) -> float:
    """How many times as long a step's rows are as a model's cost supposes."""
    data = dataset_of(step)
    return TASKS[data.task.name][1] / TOKENS if data and data.task.name in TASKS else 1.0


def costs_of(plan: Plan, machine: Machine) -> dict[str, Cost]:
    """What each step of a plan takes."""
    return {key: cost_of(plan.steps[key], machine, longer=longer) for key in plan.todo}


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, numbers to the right."""
    rule = ["---"] + ["--:"] * (len(heads) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def shared(plan: Plan, costs: Mapping[str, Cost]) -> str:
    """Steps, hours and bytes with sharing, and as experiments one after the other would take them."""
    once: Counter[str] = Counter()
    apart: Counter[str] = Counter()
    totals = {"once": [0.0, 0.0], "apart": [0.0, 0.0]}
    for key, step in plan.steps.items():
        once[_kind(step)] += 1
        _add(totals["once"], costs[key])
    for one in plan.results:
        for step in walk_unique(one.result):
            apart[_kind(step)] += 1
            _add(totals["apart"], costs[step.key])
    rows = [(kind, f"{once[kind]:,}", f"{apart[kind]:,}") for kind in once]
    rows.append(("all steps", f"{once.total():,}", f"{apart.total():,}"))
    rows.append(("GPU hours", *(_hours(totals[which][0]) for which in ("once", "apart"))))
    if totals["once"][1]:  # of language models alone
        rows.append(("written", *(_bytes(totals[which][1]) for which in ("once", "apart"))))
    return table((f"{len(plan.results):,} experiments", "shared", "one by one"), rows)


def _kind(step: Step) -> str:
    return "trainings" if isinstance(step, Trained) else KINDS.get(step.name, "others")


def _add(total: list[float], cost: Cost) -> None:
    total[0] += cost.seconds
    total[1] += cost.written


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f}" if seconds < 360_000 else f"{seconds / 3600:,.0f}"


def _bytes(number: float) -> str:
    return f"{number / 1e12:,.0f} TB"


def on(plan: Plan, costs: Mapping[str, Cost]) -> str:
    """A plan on few and on many GPUs, some steps failing."""
    runs = [simulate(plan, costs, workers=workers, troubles=Troubles(failing=FAILING)) for workers in WORKERS]
    heads = ("GPUs", "hours", "no less than", "longest chain", "attempts", "failed", "efficiency")
    return table(heads, [_row(str(one.workers), one) for one in runs])


def _row(name: str, one: Simulated) -> tuple[str, ...]:
    hours = (f"{seconds / 3600:.2f}" for seconds in (one.makespan, one.bound, one.path))
    return (name, *hours, f"{one.attempts:,}", f"{one.failed:,}", f"{one.efficiency:.1%}")


def otherwise(plan: Plan, costs: Mapping[str, Cost]) -> str:
    """The study on 64 GPUs and more, if things were otherwise."""
    machine = Machine()
    most = max(WORKERS)
    slow = costs_of(plan, replace(machine, bandwidth=SHARED / most))
    half = simulate(plan, costs, workers=most).makespan / 2
    cases: dict[str, Callable[[], Simulated]] = {
        f"{most} GPUs, nothing fails": lambda: simulate(plan, costs, workers=most),
        f"{most} GPUs, 2 % fail": lambda: simulate(plan, costs, workers=most, troubles=Troubles(failing=FAILING)),
        "... handed out in the plan's order": lambda: simulate(
            plan, costs, workers=most, rank={}, troubles=Troubles(failing=FAILING)
        ),
        "... and 8 GPUs are lost halfway": lambda: simulate(
            plan, costs, workers=most, troubles=Troubles(failing=FAILING, losses=[(half, 8)])
        ),
        "... and 10 % fail": lambda: simulate(plan, costs, workers=most, troubles=Troubles(failing=0.1)),
        "... and the store gives 10 GB/s to all": lambda: simulate(
            plan, slow, workers=most, troubles=Troubles(failing=FAILING)
        ),
        "256 GPUs, 2 % fail": lambda: simulate(plan, costs, workers=256, troubles=Troubles(failing=FAILING)),
        "512 GPUs, 2 % fail": lambda: simulate(plan, costs, workers=512, troubles=Troubles(failing=FAILING)),
    }
    heads = ("the study", "hours", "no less than", "longest chain", "attempts", "failed", "efficiency")
    return table(heads, [_row(name, run()) for name, run in cases.items()])


def tables(*, quick: bool = False) -> str:
    """All tables; the first ones alone where it has to be `quick`."""
    paper = study()
    costs = costs_of(paper, Machine())
    found = ["### The paper's study", shared(paper, costs), on(paper, costs)]
    if not quick:
        few = board()
        small = costs_of(few, Machine())
        found += ["### The study, if things were otherwise", otherwise(paper, costs)]
        found += ["### The leaderboard", shared(few, small), on(few, small)]
    return "\n\n".join(found)


def written(text: str, made: str) -> str:
    """A document with these tables in their place."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{made}\n\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true", help="the tables of the study alone")
    found = tables(quick=parser.parse_args().quick)
    if parser.parse_args().write:
        DOCUMENT.write_text(written(DOCUMENT.read_text(), found))
    else:
        print(found)
