"""What a run tells its store while it goes on, who reads it, and who ends it from elsewhere."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow import watching
from outgrow.errors import StoreError
from outgrow.experiment import Experiment
from outgrow.results.layout import width_of
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.store import Store
from outgrow.sweep import Silent, run_experiments
from outgrow.watching import STOP, Told, named, read, runs

Toy = Callable[..., list[Experiment]]
Cli = Callable[..., tuple[int, str, str]]
STATE: dict[str, Any] = {
    "what": "tiny", "host": "far", "process": 4711, "executor": "ray", "begun": 1e9, "beat": 1e9 + 90, "steps": 11,
    "done": 4, "failed": 1, "left": 130.0, "ended": "", "failures": ["train toy-l: the loss is nan"],
    "running": [{"title": "train toy-l on labels of toy-xs", "where": "far, process 9", "far": 0.5, "since": 1e9 + 50}],
}  # fmt: skip


def state(**changes: Any) -> dict[str, Any]:
    """A run that told its store something just now."""
    now = time.time()
    fresh = {"begun": now - 90, "beat": now, "running": [STATE["running"][0] | {"since": now - 40}]}
    return STATE | fresh | changes


class Looking(Silent):
    """A watcher that waits, in the middle of a training, until the store tells of it; and then does something."""

    def __init__(self, store: Store, act: Callable[[Told], None] = lambda run: None) -> None:
        self.seen: list[Told] = []
        self._store, self._act = store, act

    def progressed(self, step: Step, progress: float) -> None:
        deadline = time.monotonic() + 60
        while not self.seen and progress == 0.5:
            found = [run for run in runs(self._store) if any(at.far == 0.5 for at in run.running)]
            if found:
                self.seen = found
                self._act(found[0])
            assert time.monotonic() < deadline, "nothing is told"
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 0.05)


def test_a_run_tells_how_far_it_is(toy: Toy, store: Store) -> None:
    watcher = Looking(store)
    run_experiments(toy(), store, watcher=watcher)
    (seen,) = watcher.seen
    assert seen.name.startswith(named(os.getpid()))
    assert (seen.what, seen.executor, seen.process, seen.ended) == ("tiny", "serial", os.getpid(), "")
    assert (seen.steps, seen.failed, len(seen.running)) == (14, 0, 1)
    assert 2 <= seen.done < 14
    assert "train toy-xs" in seen.running[0].title
    assert seen.begun <= seen.running[0].since <= seen.beat <= time.time()
    assert seen.left is not None
    (over,) = runs(store)
    assert (over.name, over.ended, over.done, over.running) == (seen.name, "done", 14, ())
    assert [one.name for one in threading.enumerate() if "watching" in one.name] == []


def test_failures_are_told(toy: Toy, store: Store) -> None:
    run_experiments(toy("method.name=naive", "strong.train.learning_rate=3e37"), store)
    (over,) = runs(store)
    assert (over.done, over.failed, over.ended) == (6, 5, "done")
    assert len(over.failures) == 2
    assert all("the loss is" in why for why in over.failures)


def test_where_nothing_is_to_do_nothing_is_told(toy: Toy, store: Store) -> None:
    run_experiments(toy("method.name=naive"), store)
    (before,) = runs(store)
    run_experiments(toy("method.name=naive"), store)
    assert runs(store) == [before]


@pytest.mark.parametrize("how", [KeyboardInterrupt(), SystemExit(15), StoreError("the disk is full")])
def test_an_end_before_time_is_told(toy: Toy, store: Store, how: BaseException) -> None:
    def end(run: Told) -> None:
        raise how

    with pytest.raises(type(how)):
        run_experiments(toy("method.name=naive"), store, watcher=Looking(store, end))
    (over,) = runs(store)
    stopped = not isinstance(how, StoreError)
    assert over.ended == ("stopped" if stopped else "ended by an error: the disk is full")


def test_a_store_that_cannot_be_told_costs_the_run_nothing(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise StoreError("no room")

    monkeypatch.setattr(Store, "publish", refuse)
    assert run_experiments(toy("method.name=naive"), store).failures == {}
    assert caplog.messages == ["this run cannot be followed from elsewhere: no room"]


def test_a_wish_ends_a_run_as_ctrl_c_does(toy: Toy, store: Store) -> None:
    """Whoever calls `outgrow watch --stop` elsewhere: the run sees the wish at one of its next beats."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    def wish(run: Told) -> None:
        watching.wish_stop(store, run.name)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.01)  # where the wish ends it

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_experiments(toy("method.name=naive"), store, watcher=Looking(store, wish))
    finally:
        signal.signal(signal.SIGTERM, before)
    (over,) = runs(store)
    assert over.ended == "stopped"
    assert not [name for name, _ in store.published() if name.startswith(STOP)]


def test_a_wish_ends_a_script_that_ctrl_c_does_not_reach(toml: Callable[..., str], store: Store) -> None:
    """As under `nohup`, and in the background of a script."""
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from outgrow import watching\n"
        "watching.EVERY = 0.1\n"
        "import outgrow\n"
        f"outgrow.run({toml(('epochs = 2', 'epochs = 100000'))!r}, store={str(store.root)!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        try:
            deadline = time.monotonic() + 120
            while not (store.root.exists() and (found := runs(store))) and time.monotonic() < deadline:
                time.sleep(0.05)
            watching.wish_stop(store, found[0].name)
            assert process.wait(120) == -signal.SIGTERM
        finally:
            process.kill()
    assert [one.ended for one in runs(store)] == ["stopped"]


def test_old_words_are_swept_away(toy: Toy, store: Store) -> None:
    store.publish("old", state(beat=time.time() - 90_000))
    store.publish("new", state(beat=time.time() - 80_000))
    run_experiments(toy("method.name=naive"), store)
    first, _ = runs(store)
    assert first.name == "new"


# Read


def test_what_a_run_says_is_doubted() -> None:
    found = read("x", STATE)
    assert found is not None
    assert (found.done, found.running[0].far, found.left) == (4, 0.5, 130.0)
    hostile = read("a\x1b[2J", STATE | {"what": "\x1b]0;x\x07" + "y" * 999, "failures": ["\r\n"] * 99})
    assert hostile is not None
    assert hostile.name == r"a\x1b[2J"
    assert "\x1b" not in hostile.what
    assert len(hostile.what) < 400
    assert set(hostile.failures) == {r"\r\n"}
    assert len(hostile.failures) == 20
    lost = read("x", STATE | {"left": None})
    assert lost is not None
    assert lost.left is None
    wrong = [
        {}, {"what": 1}, STATE | {"steps": "many"}, STATE | {"left": float("nan")}, STATE | {"running": 3},
        STATE | {"running": [{}]}, STATE | {"beat": 1e999}, STATE | {"failures": None}, STATE | {"done": [1]},
    ]  # fmt: skip
    assert [read("x", one) for one in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("columns", [40, 80])
def test_a_look_at_all_runs(store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("outgrow.cli.watch.AGAIN", 0.0)
    assert cli("watch", "--store", str(store.root))[1].startswith("no run has told the store")
    store.publish("far-1-ab", state(begun=time.time() - 400))
    store.publish("far-2-cd", state(ended="done", done=11, failed=0, failures=[], running=[]))
    store.publish("far-3-ef", state(beat=time.time() - 300))
    store.publish("junk", {"what": "\x1b[2J"})
    status, out, err = cli("watch", "--once", "--store", str(store.root))
    assert (status, err) == (0, "")
    said = " ".join(out.split())
    assert "tiny: run far-1-ab (ray on far)" in said
    assert "4 of 11 steps done, 1 failed or not to be done, 1 running, about 2 min left" in said
    assert "train toy-l on labels of toy-xs: 50%, 40 s so far, far, process 9" in said
    assert "failed: train toy-l: the loss is nan" in said
    assert "done: 11 of 11 steps done" in said
    assert "no sign of life for 5 min: 4 of 11 steps done" in said
    assert "if process 4711 on far is gone, run the same command again: what is finished is kept" in said
    assert "it was at train toy-l" in said
    assert "\x1b" not in out
    lines = out.splitlines()
    assert max(map(width_of, lines)) <= columns
    names = [line.split()[2] for line in lines if not line.startswith(" ")]
    assert names == ["far-1-ab", "far-2-cd", "far-3-ef"], "all else stands further to the right"


def test_following_ends_with_the_runs(store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:

    store.publish("far-1-ab", state())

    def sleep(seconds: float) -> None:
        store.publish("far-1-ab", state(ended="done", done=11))

    monkeypatch.setattr("outgrow.cli.watch.time.sleep", sleep)
    status, out, _ = cli("watch", "--store", str(store.root))
    assert status == 0
    assert out.splitlines()[0].startswith("0:01:30  far-1-ab: 4 of 11 steps done")
    assert "  done: 11 of 11 steps done, 1 failed or not to be done" in out.splitlines()


def test_a_terminal_shows_a_picture(store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from outgrow.cli.display import Terminal

    store.publish("far-1-ab", state())
    monkeypatch.setattr(Terminal, "is_terminal", True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(
        "outgrow.cli.watch.time.sleep", lambda _: store.publish("far-1-ab", state(ended="done", done=11))
    )
    status, out, _ = cli("watch", "--store", str(store.root))
    assert status == 0
    assert "done: 11 of 11 steps done" in out


def test_a_run_is_dead_when_it_gives_no_sign_by_the_clock_of_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock goes wrong by an hour is alive as long as what it tells changes."""
    from outgrow.cli.watch import Pulse

    now = [1000.0]
    monkeypatch.setattr("outgrow.cli.watch.time.monotonic", lambda: now[0])

    def told(beat: float) -> Told:
        found = read("x", state(beat=beat))
        assert found is not None
        return found

    pulse, behind = Pulse(), time.time() - 3600
    assert not pulse.alive(told(behind)), "it may be dead for an hour"
    now[0] += 5
    assert pulse.alive(told(behind + 5)), "but it is not"
    now[0] += 59
    assert pulse.alive(told(behind + 5))
    now[0] += 2
    assert not pulse.alive(told(behind + 5))
    assert Pulse().alive(told(time.time() + 3600)), "a clock that is ahead"


def test_a_run_whose_clock_goes_wrong_is_followed_and_can_be_stopped(
    store: Store, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, beats = time.time() - 3700, [0]
    store.publish("far-1-ab", state(begun=begun, beat=begun + 100))

    def sleep(seconds: float) -> None:
        beats[0] += 1
        ended = {"ended": "done", "done": 11} if beats[0] > 2 else {}
        store.publish("far-1-ab", state(begun=begun, beat=begun + 100 + beats[0], **ended))

    monkeypatch.setattr("outgrow.cli.watch.time.sleep", sleep)
    at = ["--store", str(store.root)]
    assert "asked far-1-ab to stop" in cli("watch", "--stop", "far", *at)[1]
    status, out, _ = cli("watch", *at)
    assert status == 0
    assert out.splitlines()[0].startswith("0:01:42  far-1-ab: 4 of 11 steps done")
    assert "  done: 11 of 11 steps done, 1 failed or not to be done" in out.splitlines()
    assert beats == [3]


def test_stop_takes_one_run(store: Store, cli: Cli) -> None:
    for name in ("far-1-ab", "far-12-cd"):
        store.publish(name, state())
    store.publish("far-3-ef", state(ended="done"))
    at = ["--store", str(store.root)]
    status, _, err = cli("watch", "--stop", "far-1", *at)
    assert status == 2
    assert "2 runs begin with 'far-1'; there are far-1-ab, far-12-cd" in err
    assert "0 runs begin with 'far-3'" in cli("watch", "--stop", "far-3", *at)[2]
    status, out, _ = cli("watch", "--stop", "far-12", *at)
    assert status == 0
    assert "asked far-12-cd to stop" in out
    assert [name for name, _ in store.published() if name.startswith(STOP)] == [f"{STOP}far-12-cd"]


def test_a_store_that_is_not_there_is_an_error(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli("watch", "--store", str(tmp_path / "none"))
    assert status == 2
    assert "no store at" in err


# In the background, and by a batch system


def test_a_detached_run_goes_on_by_itself(toml: Callable[..., str], store: Store, cli: Cli, tmp_path: Path) -> None:
    os.environ["OUTGROW_CACHE"] = str(tmp_path / "cache")
    try:
        at = ["--store", str(store.root)]
        status, _, err = cli("run", toml(("transfer = 60", "transfer = 6000"), name="large"), "--detach", *at)
        assert status == 2, "what is wrong with the request is told at once"
        assert "the split asks for" in err
        status, out, _ = cli("run", toml(), "--set", "method.name=naive", "--detach", *at)
    finally:
        del os.environ["OUTGROW_CACHE"]
    assert status == 0
    log = Path(out.split("what it says: ")[1].splitlines()[0])
    name = out.split("--stop ")[1].split()[0]
    deadline = time.monotonic() + 120
    while not (found := [run for run in runs(store) if run.name.startswith(name) and run.ended]):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    assert found[0].ended == "done"
    assert f"outgrow watch --store {store.root}" in out
    while "Computed" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "Computed 11 steps" in log.read_text()
    status, out, _ = cli("run", toml(), "--set", "method.name=naive", "--detach", *at)
    assert "Computed 0 steps" in out, "where nothing is to do, there is nothing to wait for"


def test_a_job_array_shares_a_study_out(
    toml: Callable[..., str], store: Store, cli: Cli, toy: Toy, tmp_path: Path
) -> None:
    """Two jobs of the script run at once, as Slurm would run them; the rows are those of a run by itself."""
    out = tmp_path / "study.sbatch"
    arguments = ["submit", toml(), "--jobs", "2", "--store", str(store.root), "--out", str(out)]
    status, said, _ = cli(
        *arguments, "--time", "1:00:00", "--partition", "gpu-a,gpu-b", "--gpus", "1", "--memory", "8G"
    )
    assert status == 0
    assert f"sbatch {out}" in said
    text = out.read_text()
    options = dict(
        line.removeprefix("#SBATCH --").split("=", 1) for line in text.splitlines() if line.startswith("#SBATCH")
    )
    assert options == {
        "job-name": "outgrow-tiny", "array": "1-2", "cpus-per-task": "1", "time": "1:00:00", "mem": "8G",
        "partition": "gpu-a,gpu-b", "gres": "gpu:1", "output": "outgrow-tiny-%A_%a.log",
    }  # fmt: skip
    jobs = [
        subprocess.Popen(
            ["bash", str(out)], env={**os.environ, "SLURM_ARRAY_TASK_ID": str(i)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for i in (1, 2)
    ]  # fmt: skip
    told = [job.communicate(timeout=180)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], told
    alone = Store(tmp_path / "alone")
    expected = run_experiments(toy(), alone, runtime=Runtime())
    assert {name for name, _ in store.results()} == {name for name, _ in alone.results()}
    assert store.keys() == alone.keys()
    again = run_experiments(toy(), store)
    assert again.computed == 0
    assert [one.row for one in again.records] == [one.row for one in expected.records]
    assert store.verify() == []


def test_nothing_of_a_request_is_carried_out_by_the_shell(
    cli: Cli, store: Store, tmp_path: Path, toml: Callable[..., str]
) -> None:
    here = tmp_path / "it's $(touch here); #"
    here.mkdir()
    out, settings = here / "x.sbatch", ["method.name=naive", 'task.name="toy"']
    file = here / "a b.toml"
    file.write_text(Path(toml()).read_text())
    arguments = ["submit", str(file), "--jobs", "3", "--store", str(here / "store"), "--gpus", "2", "--seeds", "0,1"]
    status, _, err = cli(*arguments, "--out", str(out), *(f"--set={one}" for one in settings))
    assert status == 0, err
    subprocess.run(["bash", "-n", str(out)], check=True)
    command = shlex.split(next(line for line in out.read_text().splitlines() if line.startswith("exec ")))
    assert command == [
        "exec", sys.executable, "-m", "outgrow", "run", str(file), "--store", str(here / "store"),
        *(f"--set={one}" for one in settings), "--seeds=0,1", "--executor=processes", "--workers=2",
    ]  # fmt: skip
    for option in ("--time", "--partition", "--memory"):
        status, _, err = cli(*arguments, "--out", str(out), option, "1\n#SBATCH --wrap=x")
        assert status == 2
        assert r"1\n#SBATCH --wrap=x': Slurm takes letters, digits and" in err
    assert "no experiment 'nothing-like-it'" in cli("submit", "nothing-like-it", "--jobs", "1")[2]
    assert set(os.listdir(here)) == {"a b.toml", "x.sbatch"}
