"""Several runs on one store at once: each step is computed once in all, and who waits says for what."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow import disk
from outgrow.config import expand
from outgrow.disk import locked
from outgrow.experiment import Experiment
from outgrow.models.base import Model
from outgrow.others import look
from outgrow.registry import Registry
from outgrow.steps import heads
from outgrow.store import Store
from outgrow.sweep import run_experiments

FORK = multiprocessing.get_context("fork")  # what a test puts in the place of a function is theirs too


@pytest.fixture
def probes(document: dict[str, Any], frozen_toy: Callable[..., Model], added: Callable[..., None]) -> list[Experiment]:
    """Experiments whose models are heads on features: 2 methods by 2 seeds, 2 supervisors, 2 ceilings, 4 students."""
    from outgrow.models.base import models

    registry: Registry[Any] = models
    added(registry, "frozen-toy", frozen_toy)
    document["weak"]["model"] = document["strong"]["model"] = "frozen-toy"
    document["weak"]["view"] = 0
    return expand(document, name="probes", seeds=[0, 1])


def test_runs_at_once_train_each_head_once(
    probes: list[Experiment], store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train, log, counts = heads._train, tmp_path / "trained", tmp_path / "counts"

    def counted(steps: Any, context: Any) -> Any:
        with log.open("a") as file:
            file.writelines(f"{step.key}\n" for step in steps)
        return train(steps, context)

    monkeypatch.setattr(heads, "_train", counted)
    ready = FORK.Barrier(4)

    def run(which: int) -> None:
        chosen = probes if which else probes[:2]  # one of them wants less: its groups are smaller
        ready.wait(60)
        swept = run_experiments(chosen, store)
        assert not swept.failures
        with counts.open("a") as file:
            file.write(f"{swept.computed}\n")

    runs = [FORK.Process(target=run, args=(which,)) for which in range(4)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(120)
    assert [one.exitcode for one in runs] == [0] * 4
    trained = log.read_text().split()
    assert len(trained) == len(set(trained)) == 8
    assert sum(map(int, counts.read_text().split())) == len(store.keys()), "each step is counted by whom it was made"
    assert store.verify() == []


def hold(path: Path, ready: Any) -> None:
    with locked(path):
        ready.set()
        time.sleep(60)


def kill(pid: int, after: float) -> multiprocessing.context.ForkProcess:
    """Starts a process that kills another, some seconds later."""

    def wait() -> None:
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)

    killer = FORK.Process(target=wait)
    killer.start()
    return killer


def test_a_wait_is_told_once_and_ends_with_the_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk, "NOTICE", 0.2)
    ready, path = FORK.Event(), tmp_path / "lock"
    holder = FORK.Process(target=hold, args=(path, ready))
    holder.start()
    assert ready.wait(30)
    killer = kill(holder.pid or 0, after=1.0)
    with caplog.at_level(logging.WARNING), locked(path, whose="another run that computes 'x'") as held:
        assert held
    assert caplog.messages == [f"waiting for another run that computes 'x' (process {holder.pid})"]
    for one in (holder, killer):
        one.join(30)


def test_short_waits_are_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ready, path = FORK.Event(), tmp_path / "lock"
    holder = FORK.Process(target=hold, args=(path, ready))
    holder.start()
    assert ready.wait(30)
    killer = kill(holder.pid or 0, after=0.3)
    with caplog.at_level(logging.WARNING), locked(path) as held:
        assert held
    assert caplog.messages == []
    for one in (holder, killer):
        one.join(30)


def test_a_stopped_holder_is_called_so(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(disk, "NOTICE", 0.2)
    ready, key = FORK.Event(), "ab" * 32
    holder = FORK.Process(target=hold, args=(store.root / "locks" / key[:16], ready))
    holder.start()
    pid = holder.pid or 0
    assert ready.wait(30)
    os.kill(pid, signal.SIGSTOP)
    while not (seen := look(pid)) or not seen.stopped:
        time.sleep(0.01)
    killer = kill(pid, after=1.0)
    with caplog.at_level(logging.WARNING), store.lock(key, title="finetune toy-xs"):
        pass
    message = f"waiting for another run that computes 'finetune toy-xs' (process {pid}, which is stopped)"
    assert caplog.messages == [message]
    for one in (holder, killer):
        one.join(30)


def test_a_process_that_is_not_there_is_not_seen() -> None:
    process = FORK.Process(target=lambda: None)
    process.start()
    process.join(30)
    assert look(process.pid or 0) is None
    mine = look(os.getpid())
    assert mine is not None
    assert not mine.stopped


def test_without_proc_the_system_is_asked_by_ps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("outgrow.others.PROC", tmp_path / "not-there")
    mine = look(os.getpid())
    assert mine is not None
    assert not mine.stopped


def test_patience_ends(store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has other things to do tries once, or waits for a while; who waits long enough is told for what."""
    monkeypatch.setattr(disk, "NOTICE", 0.1)
    ready, key = FORK.Event(), "ab" * 32
    holder = FORK.Process(target=hold, args=(store.root / "locks" / key[:16], ready))
    holder.start()
    assert ready.wait(30)
    with store.lock(key, title="x", patience=0) as held:
        assert not held
    assert caplog.messages == []
    with store.lock(key, title="x", patience=0.3) as held:
        assert not held
    assert caplog.messages == [f"waiting for another run that computes 'x' (process {holder.pid})"]
    holder.kill()
    holder.join(30)
    with store.lock(key, title="x", patience=0) as held:
        assert held
