"""Runs beside each other on one store: none waits for another while there is something that it could do."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.executors import base as executors_base
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.plan import make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Finetuned, Step
from outgrow.store import Store
from outgrow.sweep import Silent, run_experiments

Toy = Callable[..., list[Experiment]]
FORK = multiprocessing.get_context("fork")  # what a test puts in the place of a function is theirs too


class Noting(Silent):
    """A watcher that knows how often each step was begun and put off."""

    def __init__(self) -> None:
        self.begun, self.off = Counter[str](), Counter[str]()

    def started(self, step: Step, where: str = "") -> None:
        self.begun[step.key] += 1

    def put_off(self, step: Step) -> None:
        self.off[step.key] += 1


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_a_run_goes_on_beside_what_another_has_begun(
    toy: Toy, store: Store, executor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else holds a student that comes early in the plan. All that does not need it is done meanwhile."""
    monkeypatch.setattr("multiprocessing.get_context", lambda _: multiprocessing.context.ForkContext())
    experiments = toy(seeds=[0, 1])
    plan = make_plan(experiments, cached=set())
    theirs = next(key for key in plan.todo if isinstance(plan.steps[key], Finetuned))
    ours = set(plan.todo) - {theirs, *plan.needing(theirs)}
    assert len(ours) > 4
    watcher = Noting()

    def hold() -> None:
        with store.lock(theirs):
            ready.set()
            deadline = time.monotonic() + 60
            while not ours <= store.keys() and time.monotonic() < deadline:
                time.sleep(0.01)
            beside.put(store.keys())

    ready, beside = FORK.Event(), FORK.SimpleQueue()
    holder = FORK.Process(target=hold)
    holder.start()
    assert ready.wait(30)
    swept = run_experiments(experiments, store, runtime=Runtime(executor=executor), watcher=watcher)
    holder.join(60)
    assert beside.get() == ours
    assert swept.failures == {}
    assert (swept.computed, swept.elsewhere) == (len(plan.todo), 0)
    assert watcher.off[theirs] >= 1
    assert watcher.begun[theirs] == watcher.off[theirs] + 1, "what is put off is begun anew"
    assert all(n == 1 for key, n in watcher.begun.items() if key != theirs)


def test_who_can_do_nothing_else_is_told_for_what_it_waits(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in ("outgrow.executors.work", "outgrow.disk"):
        monkeypatch.setattr(f"{module}.NOTICE", 0.2)
    experiments = toy("method.name=naive")
    plan = make_plan(experiments, cached=set())
    theirs = next(key for key in plan.todo if isinstance(plan.steps[key], Finetuned))
    ready = threading.Event()

    def hold() -> None:
        with store.lock(theirs):
            ready.set()
            deadline = time.monotonic() + 60
            while not caplog.messages and time.monotonic() < deadline:
                time.sleep(0.01)

    holder = threading.Thread(target=hold)
    holder.start()
    assert ready.wait(30)
    with caplog.at_level(logging.WARNING):
        assert run_experiments(experiments, store).failures == {}
    holder.join(60)
    assert caplog.messages == [f"waiting for another run that computes {plan.steps[theirs].title!r}"]


def test_several_runs_share_a_study_out(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three runs at once, of which each is at a training when the others begin theirs: all have a part of it."""
    computed, meeting = tmp_path / "computed", FORK.Barrier(3)
    met: list[str] = []

    def noted(step: Step, *arguments: Any) -> bool:
        before = store.has(step.key)
        if isinstance(step, Finetuned) and not met:
            met.append(step.key)
        done = compute(step, *arguments)
        if done and not before:
            with computed.open("a") as file:
                file.write(f"{multiprocessing.current_process().name} {step.key}\n")
        return done

    original = Finetuned.compute

    def together(self: Finetuned, *arguments: Any) -> None:
        if len(met) == 1:  # once a run
            met.append("all")
            meeting.wait(60)  # nobody is here alone: three trainings are under way at once
        original(self, *arguments)

    monkeypatch.setattr(executors_base, "compute", noted)
    monkeypatch.setattr(Finetuned, "compute", together)
    experiments = toy(seeds=[0, 1])

    def run() -> None:
        assert run_experiments(experiments, store).failures == {}

    runs = [FORK.Process(target=run, name=f"run{i}") for i in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(120)
    assert [one.exitcode for one in runs] == [0] * 3
    lines = [line.split() for line in computed.read_text().splitlines()]
    keys = [key for _, key in lines]
    assert len(keys) == len(set(keys)) == len(store.keys())
    trained = Counter(name for name, key in lines if store.manifest(key).step == "finetune")
    assert set(trained) == {"run0", "run1", "run2"}
    assert store.verify() == []
