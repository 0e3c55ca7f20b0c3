"""Executors: the same rows whoever computes them; a failure or Ctrl-C costs no more than it must."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outgrow import preparation
from outgrow.errors import ConfigError, DataError, StepFailed
from outgrow.executors import base as executors_base
from outgrow.executors import workers
from outgrow.executors.base import compute, executors, reason
from outgrow.executors.serving import share_of
from outgrow.executors.workers import without_interrupts
from outgrow.experiment import Experiment
from outgrow.models.toy import ToyModel
from outgrow.runtime import Runtime
from outgrow.specs import SplitSpec
from outgrow.steps import Context, Step, Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples
from outgrow.tasks.toy import Toy as ToyTask

Toy = Callable[..., list[Experiment]]
BREAKS = "sweep.strong.train.learning_rate=[3e-2, 3e37]"  # the second is no longer a number after an update


class Watcher:
    def __init__(self) -> None:
        self.started_: list[str] = []
        self.finished_: list[str] = []
        self.progress: list[float] = []

    def started(self, step: Step, where: str = "") -> None:
        self.started_.append(step.key)

    def put_off(self, step: Step) -> None:
        self.started_.remove(step.key)

    def progressed(self, step: Step, progress: float) -> None:
        self.progress.append(progress)

    def finished(self, step: Step, failure: str = "") -> None:
        self.finished_.append(step.key)


@pytest.mark.usefixtures("ray_cluster")
def test_all_executors_give_the_same_rows_and_fail_alike(toy: Toy, tmp_path: Path) -> None:
    """Three experiments of a sweep with one whose training breaks: the others are done, to the same numbers."""
    experiments = [*toy("method.name=naive", BREAKS), *toy("method.name=confidence")]
    swept = {}
    names = [entry.name for entry in executors]
    for name in names:
        store, watcher = Store(tmp_path / name), Watcher()
        swept[name] = run_experiments(experiments, store, runtime=Runtime(executor=name, workers=2), watcher=watcher)
        assert set(watcher.started_) < set(watcher.finished_), "what a failed step ends is told too, though never begun"
        assert len(set(watcher.finished_)) == len(watcher.finished_) == len(swept[name].plan.todo)
        assert len(store.keys()) == swept[name].computed == 14
        assert store.verify() == []
        assert os.listdir(store.root / "tmp") == []
    assert sorted(names) == ["processes", "ray", "serial"]
    assert not multiprocessing.active_children()
    serial, processes, ray = swept["serial"], swept["processes"], swept["ray"]
    assert [one.row for one in serial.records] == [one.row for one in processes.records]
    assert [one.row for one in serial.records] == [one.row for one in ray.records]
    assert [one.row.verdict == "failed" for one in serial.records] == [False, True, False]
    assert serial.failures.keys() == processes.failures.keys() == ray.failures.keys()
    for one in (serial, processes, ray):
        assert len(one.failures) == 2  # student and ceiling
        assert all(isinstance(error, StepFailed) for error in one.failures.values())
        assert re.match(r"train toy-l on .*: the loss is (nan|inf) at update 2 of 4 with", one.records[1].failure)
        assert one.records[1].row.pgr is None
        assert one.records[1].row.student_score is None


def test_progress_is_told(toy: Toy, store: Store) -> None:
    watcher = Watcher()
    run_experiments(toy("method.name=naive"), store, watcher=watcher)
    assert watcher.progress == [0.0, 0.5, 1.0] * 3


def test_an_unforeseen_error_fails_its_step_and_is_logged(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ToyTask, "load", lambda self: 1 / 0)
    with pytest.raises(StepFailed, match=r"^examples of toy: ZeroDivisionError: division by zero$"):
        run_experiments(toy(), store)
    assert list(store.results()) == []
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
    monkeypatch.undo()
    again = run_experiments(toy(), store)
    assert {one.row.verdict for one in again.records} != {"failed"}


def test_data_that_nothing_can_come_of_are_one_error_without_rows(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Examples:
        raise DataError("no")

    for broken in ("outgrow.tasks.toy.Toy.load", "outgrow.steps.split.draw"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, fail)
            with pytest.raises(DataError, match=r"^no$"):
                run_experiments(toy(seeds=[0, 1, 2]), store)
    with pytest.raises(DataError, match=r"^the metric 'top5_accuracy' does not fit the task 'toy': it needs 6 classes"):
        run_experiments(toy("metric=top5_accuracy"), store)
    assert list(store.results()) == []
    steps = [manifest.step for manifest in store.manifests()]
    assert sorted(set(steps)) == ["examples", "split"], "and nothing was trained"


def test_data_that_some_need_fail_those_alone(toy: Toy, store: Store) -> None:
    experiments = [*toy("method.name=naive", seeds=[0, 1]), *toy("method.name=naive", "split.transfer=900")]
    swept = run_experiments(experiments, store)
    assert [one.row.verdict == "failed" for one in swept.records] == [False, False, True]
    assert swept.records[2].failure.startswith("split toy: the split asks for 960 examples")
    assert {manifest.step for manifest in store.manifests()} >= {"finetune", "compare"}


def test_what_was_dropped_is_told_with_what_is_missing(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load = ToyTask.load
    monkeypatch.setattr(ToyTask, "load", lambda self: dataclasses.replace(load(self), notes=["dropped 9 rows"]))
    for size in ("split.test=900", "split.transfer=900"):
        with pytest.raises(DataError, match="the split asks for") as caught:
            run_experiments(toy("method.name=naive", size), store)
        assert caught.value.__notes__ == ["dropped 9 rows"]
    half = run_experiments(toy("method.name=naive", "sweep.split.transfer=[60, 900]"), store)
    assert (len(half.failures), half.notes) == (1, ["dropped 9 rows"])


def test_a_device_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"this machine has no device 'mps'; it has .*cpu"):
        Context(store, Runtime(device="mps")).machine  # noqa: B018


def test_a_model_that_cannot_be_trained_on_the_device_is_refused_before_any_training(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misfit(self: ToyModel, device: str) -> str:
        return f"cannot be trained on a {device}" if (self.name, device) == ("toy-l", "cpu") else ""

    monkeypatch.setattr(ToyModel, "misfit_on", misfit)
    with pytest.raises(ConfigError, match="the model 'toy-l' cannot be trained on a cpu"):
        run_experiments(toy("method.name=naive"), store, runtime=Runtime(device="cpu"))
    assert {one.step for one in store.manifests()} == {"examples", "split"}
    monkeypatch.setattr(preparation, "DEVICES", ())  # as on a cluster, whose machines are not looked at beforehand
    swept = run_experiments(toy("method.name=naive"), store, runtime=Runtime(device="cpu"))
    assert {reason(error) for error in swept.failures.values()} == {"the model 'toy-l' cannot be trained on a cpu"}
    assert "finetune" in {one.step for one in store.manifests()}, "the supervisor's"


def test_examples_of_two_tasks_are_never_mixed_up(store: Store) -> None:
    """Tasks come and go in a worker process, and their addresses are used again."""
    context = Context(store)
    for seed in [0, 1] * 5:
        task = ToyTask(n=10, seed=seed)
        step = Steps().split(task, SplitSpec(supervisor=2, transfer=2, validation=2, test=2), seed=0).dataset
        compute(step, store, context)
        assert set(step.read(context).ids) == set(task.load().ids)


def alive(group: int) -> int:
    """How many processes of a group there are, those aside that only wait to be buried."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return sum(int(one) == group and not state.startswith("Z") for one, state in map(str.split, listed.splitlines()))


CTRL_C = signal.SIGINT


@contextlib.contextmanager
def interrupted(
    arguments: list[str], when: Callable[[int], bool], send: Callable[[int], None] = lambda pid: os.killpg(pid, CTRL_C)
) -> Iterator[tuple[int, str]]:
    """Runs `outgrow` as a terminal does and presses Ctrl-C, which everyone in the foreground gets, or sends otherwise.

    Gives the exit status and what it said on stderr. No worker may be left behind.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "outgrow", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not when(process.pid) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        send(process.pid)
        _, said = process.communicate(timeout=30)
        yield process.returncode, said
        while alive(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(process.pid), "a worker is left behind"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def stop_workers(group: int) -> None:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, of, what = line.split(None, 2)
        if int(of) == group and "spawn_main" in what:
            os.kill(int(pid), signal.SIGSTOP)


@pytest.mark.parametrize(("executor", "epochs"), [("serial", 2_000), ("processes", 1_000_000)])
def test_ctrl_c_keeps_what_is_finished_and_the_next_run_goes_on(
    toml: Callable[..., str], store: Store, cli: Callable[..., tuple[int, str, str]], executor: str, epochs: int
) -> None:
    """Workers are stopped just before: nobody waits for them."""
    settings = ["--set", "method.name=naive", "--set", f"strong.train.epochs={epochs}"]
    arguments = ["run", toml(), *settings, "--store", str(store.root)]

    def when(group: int) -> bool:
        if len(store.keys()) < 3:
            return False
        stop_workers(group)
        return True

    with interrupted([*arguments, "--executor", executor], when) as (status, said):
        assert status == 130, said
        assert "Traceback" not in said
        finished = store.keys()
        assert 3 <= len(finished) < 11
        left = 11 - len(finished)
        assert f"stopped, {left} step{'s' * (left != 1)} left; finished ones are kept in {store.root}" in said
        assert "run the same command to go on" in said
    assert store.keys() == finished
    assert store.verify() == []
    if epochs <= 2_000:
        status, out, _ = cli(*arguments)
        assert status == 0
        assert f"Computed {11 - len(finished)} steps, found {len(finished)} of 11 in the store" in out


def test_ctrl_c_while_workers_start_up_is_quiet(toml: Callable[..., str], store: Store) -> None:
    arguments = ["run", toml(), "--store", str(store.root), "--executor", "processes"]

    def importing(group: int) -> bool:
        there = alive(group) >= 3  # this one, multiprocessing's own helper, and a worker
        time.sleep(0.3 if there else 0)
        return there

    with interrupted(arguments, importing) as (status, said):
        assert status == 130
        assert "Traceback" not in said
        assert "run the same command to go on" in said


def test_workers_never_get_ctrl_c() -> None:
    code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"

    def blocked() -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    with without_interrupts():
        assert blocked() == "True"
    assert blocked() == "False"


def leave(*_: Any, **__: Any) -> None:
    os._exit(9)


def be_killed(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are copies of this process, so that what a test puts in the place of a function is theirs too."""
    monkeypatch.setattr("multiprocessing.get_context", lambda _: multiprocessing.context.ForkContext())


@pytest.mark.usefixtures("forked")
def test_a_worker_that_ends_by_itself_ends_the_run(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outgrow.executors.serving.compute_group", leave)
    how = "a worker process died during 'train toy-xs on ground truth' with exit status 9, .*mend that"
    with pytest.raises(StepFailed, match=how):
        run_experiments(toy(), store, runtime=Runtime(executor="processes", workers=1))
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("times", [1, 2])
def test_a_step_whose_worker_dies_is_tried_once_more_and_the_rest_goes_on(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int
) -> None:
    """A student of one of two methods kills its worker, once or whenever it is tried."""

    def dying(step: Step, *arguments: Any) -> bool:
        if "confidence" in step.title and step.name == "finetune":
            tried = len(list(tmp_path.glob("tried*")))
            if tried < times:
                (tmp_path / f"tried{tried}").touch()
                be_killed()
        return compute(step, *arguments)

    monkeypatch.setattr(executors_base, "compute", dying)
    swept = run_experiments(toy(), store, runtime=Runtime(executor="processes", workers=2))
    verdicts = {one.row.method: one.row.verdict for one in swept.records}
    assert verdicts["naive"] != "failed"
    if times == 1:
        assert swept.failures == {}
        return
    (failure,) = swept.failures.values()
    assert "of SIGKILL, perhaps for lack of memory; what was finished is kept: run again with fewer" in str(failure)
    assert {method for method, verdict in verdicts.items() if verdict == "failed"} == {"confidence"}
    assert not multiprocessing.active_children()


def be_stopped(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("times", [1, 2])
def test_a_stopped_worker_is_replaced(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int
) -> None:
    def stopping(step: Step, *arguments: Any) -> bool:
        if "confidence" in step.title and step.name == "finetune":
            tried = len(list(tmp_path.glob("tried*")))
            if tried < times:
                (tmp_path / f"tried{tried}").touch()
                be_stopped()
        return compute(step, *arguments)

    monkeypatch.setattr(executors_base, "compute", stopping)
    monkeypatch.setattr(workers, "SILENCE", 1.0)
    monkeypatch.setattr(workers, "BEAT", 0.1)
    swept = run_experiments(toy(), store, runtime=Runtime(executor="processes", workers=2))
    verdicts = {one.row.method: one.row.verdict for one in swept.records}
    assert verdicts["naive"] != "failed"
    assert not multiprocessing.active_children()
    if times == 1:
        assert swept.failures == {}
        return
    (failure,) = swept.failures.values()
    assert re.search(
        r"gave no sign of life for \d s during 'train .*, and was ended; .* see what stopped", str(failure)
    )
    assert {method for method, verdict in verdicts.items() if verdict == "failed"} == {"confidence"}


@pytest.mark.usefixtures("forked")
def test_a_long_call_that_lets_no_thread_run_is_no_death(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(step: Step, *arguments: Any) -> bool:
        if step.name == "label":
            started = time.monotonic()
            sum(range(80_000_000))  # in C, with the interpreter's lock
            assert time.monotonic() - started > 0.3
        return compute(step, *arguments)

    monkeypatch.setattr(executors_base, "compute", busy)
    monkeypatch.setattr(workers, "SILENCE", 0.3)
    monkeypatch.setattr(workers, "BEAT", 0.1)
    lost = pytest.fail
    monkeypatch.setattr("outgrow.executors.crew.Crew._lost", lambda *_, **__: lost("a busy worker was ended"))
    assert run_experiments(toy("method.name=naive"), store, runtime=Runtime(executor="processes")).failures == {}


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("stops", [False, True])
def test_workers_tell_how_far_they_are_while_they_compute(
    toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stops: bool
) -> None:
    """A training goes on only when the run has heard that half of it is done; a stopped worker tells too."""
    tried, heard = tmp_path / "tried", tmp_path / "heard"

    def waiting(step: Step, store: Any, context: Context, *rest: Any) -> bool:
        if "ground truth" in step.title and not heard.exists():
            context.report(step, 0.25)
            context.report(step, 0.5)
            if stops and not tried.exists():
                tried.touch()
                be_stopped()
            deadline = time.monotonic() + 60
            while not heard.exists():
                assert time.monotonic() < deadline, "nobody hears"
                time.sleep(0.01)
        return compute(step, store, context, *rest)

    class Hearing(Watcher):
        def progressed(self, step: Step, progress: float) -> None:
            super().progressed(step, progress)
            if self.progress.count(0.5) > stops:  # the next worker tells it anew
                heard.touch()

    monkeypatch.setattr(executors_base, "compute", waiting)
    monkeypatch.setattr(workers, "SILENCE", 1.0)
    monkeypatch.setattr(workers, "BEAT", 0.1)
    watcher, runtime = Hearing(), Runtime(executor="processes", workers=1)
    assert run_experiments(toy("method.name=naive"), store, runtime=runtime, watcher=watcher).failures == {}
    assert heard.exists()
    assert all(0 <= far <= 1 for far in watcher.progress)


def test_steps_computed_in_one_go_are_as_far_as_all_of_them() -> None:
    """Of four equal steps, one is done and one is halfway; what is told of a step of another group moves nothing."""
    parts = SplitSpec(supervisor=2, transfer=2, validation=2, test=2)
    steps = [Steps().split(ToyTask(n=10, seed=seed), parts, seed=0) for seed in range(5)]
    seen: list[float] = []
    report = share_of(steps[:4], seen.append)
    for step, progress in ((0, 0.0), (0, 0.5), (1, 0.5), (0, 1.0), (4, 0.7)):
        report(steps[step], progress)
    assert seen == [0.0, 0.125, 0.25, 0.375]


class Stubborn(Exception):
    """Cannot be read again from where it was sent."""

    def __init__(self, *, needed: str) -> None:
        super().__init__(f"no {needed}")


@pytest.mark.usefixtures("forked")
def test_an_error_that_cannot_be_sent_is_told_in_words(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def stubborn(step: Step, *arguments: Any) -> bool:
        if step.name == "label":
            raise Stubborn(needed="luck")
        return compute(step, *arguments)

    monkeypatch.setattr(executors_base, "compute", stubborn)
    swept = run_experiments(toy(), store, runtime=Runtime(executor="processes", workers=1))
    assert {str(one) for one in swept.failures.values()} == {"Stubborn: no luck"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])  # SIGTERM is handled as SIGHUP is
def test_no_worker_outlives_the_run(toml: Callable[..., str], store: Store, number: signal.Signals) -> None:
    arguments = ["run", toml(), "--set", "strong.train.epochs=1000000", "--store", str(store.root)]
    alone = lambda pid: os.kill(pid, number)  # noqa: E731 -- this process alone, as `kill` does
    with interrupted([*arguments, "--executor", "processes"], lambda _: len(store.keys()) >= 3, alone) as (
        status,
        said,
    ):
        assert status == (-number if number is signal.SIGKILL else 130)
        assert number is signal.SIGKILL or "run the same command to go on" in said
