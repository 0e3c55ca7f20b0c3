"""Steps are handed out once their inputs are done: the longest path first, what is computed together together."""

from __future__ import annotations

import random

import pytest
from made_steps import Made, planned

from outgrow.executors.base import Outcome
from outgrow.executors.frontier import Frontier
from outgrow.executors.schedule import longest_first, makespan
from outgrow.nominal import SPEED
from outgrow.plan import Plan
from outgrow.steps import Needs, Step


def which(group: list[Step]) -> list[str]:
    return [one.which for one in group if isinstance(one, Made)]


def any_graph(rng: random.Random, n: int) -> Plan:
    steps: list[Made] = []
    for i in range(n):
        after = tuple(rng.sample(steps[-40:], min(len(steps), rng.randrange(4))))
        steps.append(Made(which=str(i), after=after, group=rng.choice(["", "", "a", "b"]), seconds=rng.random()))
    return planned(*steps)


@pytest.mark.parametrize("seed", range(5))
def test_each_step_is_handed_out_once_and_after_its_inputs(seed: int) -> None:
    """Several at once, which end in any order and sometimes fail; at the end each was handed out or cannot be done."""
    rng = random.Random(seed)
    plan = any_graph(rng, 400)
    frontier, outcome = Frontier(plan, rank=longest_first(plan, workers=3)), Outcome()
    running: list[list[Step]] = []
    out: set[str] = set()
    done: set[str] = set()
    while True:
        while len(running) < 3 and (group := frontier.take() or frontier.take_part()):
            assert len({step.together for step in group}) == 1
            assert len(group) == 1 or group[0].together
            for step in group:
                assert step.key not in out
                assert {one.key for one in step.inputs().values()} <= done
                out.add(step.key)
            running.append(group)
        if not running:
            break
        for step in running.pop(rng.randrange(len(running))):
            if rng.random() < 0.02:
                outcome.fail(plan, step.key, ValueError("bad luck"))
            else:
                done.add(step.key)
            frontier.done(step.key, outcome.failed)
    assert outcome.failures
    assert done | outcome.failed.keys() == set(plan.todo)
    assert not done & outcome.failed.keys()
    assert out == done | outcome.failures.keys(), "nothing is tried that needs what failed"
    for key in plan.todo:
        needs = {one.key for one in plan.steps[key].inputs().values()}
        assert (key in outcome.failed) == (key in outcome.failures or bool(needs & outcome.failed.keys()))


def test_without_ranks_the_order_is_the_plans() -> None:
    plan = planned(*(Made(which=str(i), seconds=i) for i in range(5)))
    frontier = Frontier(plan)
    assert [which(frontier.take()) for _ in range(6)] == [["0"], ["1"], ["2"], ["3"], ["4"], []]


def test_the_longest_path_comes_first() -> None:
    """Six short steps, and a long one after a short one, that comes last in the plan: 2 workers need 7 s, not 10 s."""
    short = [Made(which=f"short {i}", seconds=1) for i in range(6)]
    first = Made(which="first", seconds=1)
    plan = planned(*short, first, Made(which="long", after=(first,), seconds=6))
    ranks = longest_first(plan, workers=1)
    assert [round(-ranks[key]) for key in plan.todo] == [1, 1, 1, 1, 1, 1, 7, 6]
    frontier = Frontier(plan, rank=ranks)
    assert which(frontier.take()) == ["first"]
    assert which(frontier.take()) == ["short 0"]
    frontier.done(first.key)
    assert which(frontier.take()) == ["long"]
    seconds = {key: step.work / SPEED for key, step in plan.steps.items()}
    assert makespan(plan, seconds, running=[], workers=2) == pytest.approx(7)


def test_a_group_is_handed_out_when_all_of_it_is_ready() -> None:
    first = Made(which="first")
    heads = [Made(which=f"head {i}", group="heads", after=(first,) if i else ()) for i in range(3)]
    plan = planned(first, *heads, Made(which="alone"))
    frontier = Frontier(plan)
    assert which(frontier.take()) == ["first"]
    assert which(frontier.take()) == ["alone"], "more of the group will be ready"
    frontier.done(first.key)
    assert which(frontier.take()) == ["head 0", "head 1", "head 2"]
    assert frontier.take_part() == []


def test_a_part_of_a_group_is_handed_out_on_demand_and_what_can_never_be_ready_is_not_waited_for() -> None:
    first, other = Made(which="first"), Made(which="other")
    heads = [Made(which=f"head {i}", group="heads", after=((), (first,), (other,))[i]) for i in range(3)]
    plan, outcome = planned(first, other, *heads), Outcome()
    frontier = Frontier(plan)
    assert [which(frontier.take()) for _ in range(3)] == [["first"], ["other"], []]
    outcome.fail(plan, first.key, ValueError())
    frontier.done(first.key, outcome.failed)
    assert frontier.take() == []
    assert which(frontier.take_part()) == ["head 0"]
    frontier.done(other.key, outcome.failed)
    assert which(frontier.take()) == ["head 2"]


def test_what_does_not_fit_is_passed_over() -> None:
    large = [Made(which=f"large {i}", asked=Needs(gpus=1), seconds=9) for i in range(2)]
    plan = planned(*large, Made(which="small", seconds=1))
    frontier = Frontier(plan, rank=longest_first(plan, workers=1))
    assert which(frontier.take(lambda needs: needs.gpus == 0)) == ["small"]
    assert frontier.take(lambda needs: needs.gpus == 0) == []
    assert [which(frontier.take()) for _ in large] == [["large 0"], ["large 1"]]


def test_what_needs_a_step_is_found_in_the_whole_graph() -> None:
    a = Made(which="a")
    b, c = Made(which="b", after=(a,)), Made(which="c", after=(a, a))
    d = Made(which="d", after=(b, c))
    plan = planned(a, b, c, d)
    assert set(plan.needing(a.key)) == {b.key, c.key, d.key}
    assert set(plan.needing(a.key, known={b.key, d.key})) == {c.key}
    assert plan.later == {a.key: [b.key, c.key], b.key: [d.key], c.key: [d.key], d.key: []}
