"""Runs on paper: the same each time, bounded by what no order can beat, and honest about what fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.executors.schedule import longest_path
from outgrow.experiment import Experiment
from outgrow.plan import Plan, make_plan
from outgrow.simulation.costs import Cost, Machine, cost_of
from outgrow.simulation.run import Simulated, Troubles, simulate
from outgrow.steps import Trained

Toy = Callable[..., list[Experiment]]
ROOT = Path(__file__).parents[2]


def chains(plan: Plan, costs: dict[str, Cost]) -> dict[str, float]:
    return longest_path(plan, {key: costs[key].seconds for key in plan.todo})


@pytest.fixture
def plan(toy: Toy) -> Plan:
    """Two methods by three seeds: no training waits for another seed's."""
    return make_plan(toy('sweep.method.name=["naive", "bootstrapping"]', seeds=[0, 1, 2]), cached=set())


@pytest.fixture
def costs(plan: Plan) -> dict[str, Cost]:
    """A minute for a training, a second for anything else; a training writes a hundred bytes."""
    trained = Cost(seconds=60.0, read=10.0, written=100.0)
    return {key: trained if isinstance(step, Trained) else Cost(seconds=1.0) for key, step in plan.steps.items()}


def work(costs: dict[str, Cost]) -> float:
    return sum(one.seconds for one in costs.values())


def test_one_worker_does_one_step_after_the_other(plan: Plan, costs: dict[str, Cost]) -> None:
    found = simulate(plan, costs, workers=1)
    assert found.makespan == pytest.approx(work(costs)) == pytest.approx(found.useful) == pytest.approx(found.bound)
    assert (found.failed, found.lost) == (0, 0.0)
    assert found.efficiency == pytest.approx(1.0)
    assert found.attempts == len(plan.todo)
    assert found.written == 100 * sum(isinstance(step, Trained) for step in plan.steps.values())


@pytest.mark.parametrize("workers", [2, 3, 8, 1000])
def test_no_run_beats_the_bound(workers: int, plan: Plan, costs: dict[str, Cost]) -> None:
    found = simulate(plan, costs, workers=workers)
    assert found.makespan >= found.bound - 1e-6
    assert found.useful == pytest.approx(work(costs))
    assert found.path == pytest.approx(-min(chains(plan, costs).values()))
    if workers == 1000:
        assert found.makespan == pytest.approx(found.path)


def test_what_fails_is_done_again(plan: Plan, costs: dict[str, Cost]) -> None:
    whole = simulate(plan, costs, workers=2)
    every = simulate(plan, costs, workers=2, troubles=Troubles(failing=1.0))
    assert every.failed == len(plan.todo)
    assert every.attempts == 2 * len(plan.todo)
    assert every.useful == pytest.approx(whole.useful)
    assert 0 < every.lost < whole.useful
    assert every.written == whole.written
    assert every.read == 2 * whole.read
    assert every.makespan > whole.makespan
    assert every.efficiency < whole.efficiency


def test_workers_that_are_lost_leave_their_steps_to_others(plan: Plan, costs: dict[str, Cost]) -> None:
    whole = simulate(plan, costs, workers=4)
    found = simulate(plan, costs, workers=4, troubles=Troubles(losses=[(30.0, 2)]))
    assert found.useful == pytest.approx(whole.useful)
    assert 0 < found.failed <= 2
    assert found.lost <= 60.0
    assert found.makespan > whole.makespan
    alone = simulate(plan, costs, workers=4, troubles=Troubles(losses=[(0.0, 100)]))  # one stays
    assert alone.makespan == pytest.approx(work(costs))
    late = simulate(plan, costs, workers=4, troubles=Troubles(losses=[(1e9, 4)]))
    assert late == whole


def test_the_same_arguments_give_the_same_run(plan: Plan, costs: dict[str, Cost]) -> None:
    def run(seed: int) -> Simulated:
        return simulate(plan, costs, workers=3, troubles=Troubles(failing=0.3, losses=[(100.0, 1)], seed=seed))

    assert run(0) == run(0)
    assert run(0) != run(1)


def test_the_longest_path_comes_first(plan: Plan, costs: dict[str, Cost]) -> None:
    ranks = chains(plan, costs)
    for key, later in plan.later.items():
        assert all(ranks[key] < ranks[one] for one in later)
    assert simulate(plan, costs, workers=3).makespan <= simulate(plan, costs, workers=3, rank={}).makespan


def test_what_a_step_takes(plan: Plan, toy: Toy) -> None:
    fast, slow = Machine(), Machine(reached=0.2, update=0.04)
    training = next(step for step in plan.steps.values() if isinstance(step, Trained))
    one, other = cost_of(training, fast), cost_of(training, slow)
    assert 0 < one.seconds < other.seconds
    assert cost_of(training, fast, longer=lambda step: 1e9).seconds > one.seconds
    longer = make_plan(toy("train.epochs=20"), cached=set())
    again = next(step for step in longer.steps.values() if isinstance(step, Trained))
    assert cost_of(again, fast).seconds > one.seconds


def test_the_tables_of_the_documentation_are_what_the_simulation_says() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "scaling.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    made = done.stdout.strip()
    assert made.count("\n|") > 10
    assert made in (ROOT / "docs" / "scaling.md").read_text()
    row = next(line for line in made.splitlines() if line.startswith("| 64 |"))
    assert float(row.split("|")[-2].strip().removesuffix("%")) >= 90
