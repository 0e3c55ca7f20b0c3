"""What a tracker is shown of a run, whoever carries it out, and that a run does not depend on it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

import outgrow
from outgrow.errors import MissingDependency, UnknownName
from outgrow.experiment import Experiment
from outgrow.runtime import Runtime
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.trackers.base import Tracked, Tracker, check_tracker, trackers
from outgrow.trackers.tensorboard import folder_name
from outgrow.tracking import leaves

Toy = Callable[..., list[Experiment]]
Cli = Callable[..., tuple[int, str, str]]


CLEAR = (  # so that there is a gap to recover
    "task.n=1500", "split.test=800", "split.supervisor=200", "split.transfer=300", "weak.model=toy-s",
    "train.epochs=10",
)  # fmt: skip


class Memory(Tracker):
    """Keeps what it is shown."""

    name: ClassVar[str] = "memory"
    package: ClassVar[str] = "json"
    said: ClassVar[list[str]] = []
    shown: ClassVar[list[Tracked]] = []

    def start(self) -> None:
        self.said.append("start")

    def log(self, one: Tracked) -> None:
        self.shown.append(one)

    def close(self) -> None:
        self.said.append("close")


@pytest.fixture
def memory(added: Callable[..., None]) -> type[Memory]:
    added(trackers, "memory", Memory)
    Memory.said.clear()
    Memory.shown.clear()
    return Memory


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_trainings_and_rows_are_shown(executor: str, memory: type[Memory], toy: Toy, store: Store) -> None:
    experiments = toy(*CLEAR, seeds=[0, 1])
    swept = run_experiments(experiments, store, runtime=Runtime(executor=executor, tracker="memory"))
    assert not swept.failures
    assert memory.said == ["start", "close"]
    trainings = [one for one in memory.shown if one.curve]
    rows = [one for one in memory.shown if one.scores]
    assert (len(trainings), len(rows)) == (2 * (1 + 1 + 2), 4)
    assert len({one.name for one in memory.shown}) == len(memory.shown) == 12
    student = next(one for one in trainings if "on labels of toy-s" in one.name)
    assert student.group == "tiny"
    assert student.settings["train.epochs"] == 10
    assert student.settings["seed"] in (0, 1)
    assert [step for step, _ in student.curve] == [0, 500, 1000]
    assert student.curve[-1][1].keys() == {"accuracy", "agreement", "loss", "rate", "gradient_norm"}
    assert student.curve[0][1].keys() == {"accuracy", "agreement"}, "nothing is made up before the first update"
    curve = next(
        json.loads((store.folder(key) / "curve.json").read_bytes())
        for key in sorted(store.keys())
        if key.startswith(str(student.settings["key"]))
    )
    assert [values["accuracy"] for _, values in student.curve] == [point["accuracy"] for point in curve]
    for record, one in zip(swept.records, rows, strict=True):
        assert one.scores["student_score"] == record.row.student_score
        assert one.scores["student_low"] < one.scores["student_score"] < one.scores["student_high"]
        assert ("pgr" in one.scores) == (record.row.pgr is not None)
        assert (one.settings["verdict"], one.settings["seed"]) == (record.row.verdict, record.row.seed)
        assert one.settings["task.n"] == 1500
    assert any("pgr_low" in one.scores for one in rows), "no interval makes no test"


def test_what_is_there_already_is_shown_as_rows_alone(memory: type[Memory], toy: Toy, store: Store) -> None:
    run_experiments(toy(), store)
    assert memory.shown == []
    again = run_experiments(toy(), store, runtime=Runtime(tracker="memory"))
    assert again.computed == 0
    assert [bool(one.curve) for one in memory.shown] == [False, False]


def test_results_are_the_same_with_a_tracker(memory: type[Memory], toy: Toy, store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    tracked = run_experiments(toy(), store, runtime=Runtime(tracker="memory"))
    plain = run_experiments(toy(), other)
    assert store.keys() == other.keys()
    assert [one.row for one in tracked.records] == [one.row for one in plain.records]


@pytest.mark.parametrize("when", ["start", "log", "close"])
def test_a_tracker_that_fails_is_told_and_left_alone(
    when: str, memory: type[Memory], toy: Toy, store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    calls = []

    def fail(*_: Any) -> None:
        calls.append(when)
        raise ConnectionError("no way\nout")

    monkeypatch.setattr(memory, when, fail)
    with caplog.at_level(logging.WARNING):
        swept = run_experiments(toy(), store, runtime=Runtime(tracker="memory"))
    assert not swept.failures
    assert len(swept.records) == 2
    assert calls == [when]
    (told,) = [one.getMessage() for one in caplog.records if "tracker" in one.getMessage()]
    assert told == (
        "the tracker 'memory' failed (ConnectionError: no way): it is shown nothing more; the run goes on without it"
    )


def test_trainings_that_fail_are_not_shown(memory: type[Memory], toy: Toy, store: Store) -> None:
    swept = run_experiments(toy("strong.train.learning_rate=3e37"), store, runtime=Runtime(tracker="memory"))
    assert swept.failures
    assert {one.settings["model.family"] for one in memory.shown} == {"toy"}
    assert all("toy-xs" in one.name for one in memory.shown if one.curve)
    assert not any(one.scores for one in memory.shown)


def test_what_is_not_installed_is_told_before_anything(
    cli: Cli, toml: Callable[..., str], tmp_path: Path, added: Callable[..., None]
) -> None:
    class Absent(Memory):
        name: ClassVar[str] = "absent"
        package: ClassVar[str] = "no_such_package_anywhere"

    added(trackers, "absent", Absent)
    store = tmp_path / "store"
    for more in ([], ["--dry-run"]):
        status, _, err = cli("run", toml(), "--store", str(store), "--tracker", "absent", *more)
        assert status == 2
        assert "needs the package 'no_such_package_anywhere': pip install 'outgrow[absent]'" in err
    assert not store.exists()
    with pytest.raises(MissingDependency):
        outgrow.run(toml(), store=store, tracker="absent", progress=False)
    status, _, err = cli("run", toml(), "--store", str(store), "--tracker", "tensorbord")
    assert status == 2
    assert "unknown tracker 'tensorbord'; did you mean 'tensorboard'?" in err
    assert not store.exists()
    with pytest.raises(UnknownName):
        check_tracker("nobody")


def test_the_command_and_the_function_show_the_same(
    memory: type[Memory], cli: Cli, toml: Callable[..., str], tmp_path: Path
) -> None:
    status, _, err = cli("run", toml(), "--store", str(tmp_path / "a"), "--tracker", "memory")
    assert status == 0, err
    by_command = list(memory.shown)
    memory.shown.clear()
    outgrow.run(toml(), store=tmp_path / "b", tracker="memory", progress=False)
    assert memory.shown == by_command


def test_nothing_shown_is_a_path(memory: type[Memory], toy: Toy, store: Store) -> None:
    run_experiments(toy(), store, runtime=Runtime(tracker="memory"))
    assert memory.shown
    for one in memory.shown:
        assert str(store.root) not in repr(one)
        assert not [value for value in one.settings.values() if str(value).startswith(("/", "~", "."))]


def test_nested_settings_become_one_table() -> None:
    assert leaves({"a": {"b": 1, "c": [1, "x"]}, "d": None, "e": {}}) == {"a.b": 1, "a.c": '[1, "x"]', "d": "null"}


def test_a_folder_of_a_name_is_no_path_elsewhere() -> None:
    names = [folder_name(Tracked(name=name, group="", settings={})) for name in ("../../x", "a/b", "a b", "", "\udce9")]
    assert len(set(names)) == 5
    assert not any("/" in name or name.startswith(".") for name in names)
