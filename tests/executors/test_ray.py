"""Steps on a Ray cluster: lost work is done again, and what a worker lacks is told in words."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from outgrow.errors import ConfigError, MissingDependency, PluginError
from outgrow.executors import actors, cluster, silence
from outgrow.executors.actors import Order, Serving
from outgrow.executors.reach import check_reach
from outgrow.executors.silence import Silence
from outgrow.experiment import Experiment
from outgrow.others import Seen, look
from outgrow.plan import make_plan
from outgrow.registry import import_file
from outgrow.runtime import Runtime, runtime_of
from outgrow.steps import Step
from outgrow.store import Store
from outgrow.sweep import Silent, run_experiments

Toy = Callable[..., list[Experiment]]
DEADLY = '''
"""A toy model that writes down the process it is built in, and waits there until it is ended, the first time."""

import os, time
from functools import partial
from pathlib import Path

from outgrow.models.base import models
from outgrow.models.toy import ToyModel
from outgrow.spec import spec

FOLDER = Path(__file__).parent


@spec
class Deadly(ToyModel):
    name: str = "deadly"

    @property
    def cost(self):
        return 1.0

    def identity(self):
        return {"family": "deadly"}

    def ladder(self):
        return [self]

    def build(self, output, *, seed, start=None):
        from outgrow.models.bases.toy import one_view

        if not list(FOLDER.glob("tried-*")):
            (FOLDER / f"tried-{os.getpid()}").touch()
            time.sleep(60)
        return one_view(3, output.n_classes, seed=seed)


models.add("deadly", Deadly, about="kills", source="a test")
'''


class Placed(Silent):
    """A watcher that knows where steps were begun."""

    def __init__(self) -> None:
        self.where: list[str] = []
        self.progress: list[float] = []

    def started(self, step: Step, where: str = "") -> None:
        self.where.append(where)

    def progressed(self, step: Step, progress: float) -> None:
        self.progress.append(progress)


@pytest.mark.usefixtures("ray_cluster", "clean")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_work_of_a_worker_that_dies_or_hangs_is_done_again(
    document: dict[str, Any], store: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals,
) -> None:  # fmt: skip
    """The supervisor's worker is killed or stopped while it trains. The model is of a file that workers import."""
    from outgrow.config import expand

    monkeypatch.setattr(silence, "SILENCE", 3.0)
    monkeypatch.setattr(silence, "WATCHED", 0.5)

    (file := tmp_path / "mine.py").write_text(DEADLY)
    import_file(file)
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            for path in tmp_path.glob("tried-*"):
                os.kill(int(path.name.removeprefix("tried-")), number)
                return
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    watcher = Placed()
    try:
        document["weak"]["model"] = "deadly"
        experiments = expand(document, name="tiny", settings=["method.name=naive"])
        runtime = Runtime(executor="ray", imports=(str(file),))
        swept = run_experiments(experiments, store, runtime=runtime, watcher=watcher)
    finally:
        over.set()
        killer.join()
    (tried,) = tmp_path.glob("tried-*")
    assert look(int(tried.name.removeprefix("tried-"))) is None, "it is gone, and its locks with it"
    assert swept.failures == {}
    assert any("process" in where for where in watcher.where), "it is told where"
    assert store.verify() == []
    assert not [name for name, _ in store.published() if name.startswith("marker")]
    assert capfd.readouterr() == ("", ""), "Ray is quiet"


def test_what_becomes_of_a_lost_worker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = object.__new__(actors.Actor)
    one.task, one.host, one.node, one._error = None, "far", "n", RuntimeError("it is\ngone")
    one._silence = Silence()
    monkeypatch.setattr(actors.Actor, "end", lambda self: None)
    for lives in (False, True):
        monkeypatch.setattr(actors.Actor, "_node_lives", lambda self, lives=lives: lives)
        loss = one.loss(1.0)
        assert loss is not None
        assert str(loss.why).startswith("a Ray worker on far died (RuntimeError: it is); what was finished is kept")
        assert loss.alone == lives, "at once where the whole node is lost"


def test_a_silent_worker_is_given_up_unless_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its node is asked, once, what it does; where that answers nothing either, it is given up at last."""
    asked: list[tuple[Any, ...]] = []

    def there(*given: Any) -> object:
        asked.append(given)
        return given

    monkeypatch.setattr(silence, "there", there)
    for told, death in ((True, False), (False, True), (None, False)):
        one, said = Silence(), [None, told]
        asked.clear()

        def seems(passed: float, one: Silence = one, said: list[bool | None] = said) -> bool:
            return one.is_death(passed, node="n", process=7, get=lambda task: said.pop(0) if said else None)

        assert not any(seems(1e6) for _ in range(29)), "the run itself was stopped meanwhile"
        assert not asked
        assert not seems(2.0)
        assert asked == [("n", silence.works, 7, silence.WATCHED)]
        assert seems(1.0) == death
        assert (one.seconds == 0.0) == (told is True)
        assert len(asked) == 1
    assert any(seems(2.0) for _ in range(200))


def test_what_hangs_is_told_from_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert silence.works(2**22 + 1, 0.0), "nothing is told of it"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as idle:
        os.kill(idle.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, idle.pid, os.WSTOPPED | os.WNOWAIT)
        assert not silence.works(idle.pid, 0.0)
        silence.kill(idle.pid)
        assert idle.wait(60) == -signal.SIGKILL
    silence.kill(idle.pid)
    for cpu, works in (("7 0", False), ("8 0", True)):
        seen = [Seen(stopped=False, cpu=cpu), Seen(stopped=False, cpu="7 0")]
        monkeypatch.setattr(silence, "look", lambda process, seen=seen: seen.pop())
        assert silence.works(7, 0.0) == works


def order(store: Store, **changes: Any) -> Order:
    from outgrow import __version__

    facts: dict[str, Any] = {
        "address": store.address, "marker": "here", "runtime": Runtime(executor="ray"), "threads": 1, "gpu": None,
        "version": __version__,
    }  # fmt: skip
    return Order(**(facts | changes))


def test_a_worker_says_what_it_lacks(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "SEEN", 0.0)
    other = Store(tmp_path / "other")
    other.create()
    store.publish("here", {})
    for one in (order(other), order(store, marker="elsewhere")):
        found = Serving().start(one)
        assert isinstance(found, ConfigError)
        assert f"does not see the store {one.address!r} of this run: a folder has to be shared by all nodes" in str(
            found
        )
    found = Serving().start(order(store, version="0.0.1"))
    assert isinstance(found, ConfigError)
    assert "and this run 0.0.1: install the same on every node" in str(found)


@pytest.mark.usefixtures("ray_cluster")
def test_an_error_of_every_worker_ends_the_run(toy: Toy, store: Store) -> None:
    runtime = Runtime(executor="ray", imports=("/not/there.py",))
    with pytest.raises(PluginError, match=r"cannot import '/not/there\.py'"):
        run_experiments(toy("method.name=naive"), store, runtime=runtime)


def test_without_ray_the_extra_is_named(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[ray\]'"), cluster.connected(Runtime()):
        pass


def test_a_cluster_that_is_not_there_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    def init(**options: Any) -> None:
        given.update(options)
        raise ConnectionError("Could not find any running Ray instance.\nMore of it.")

    given: dict[str, Any] = {}
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    before = signal.getsignal(signal.SIGTERM)
    with (
        pytest.raises(
            ConfigError, match="no Ray cluster at 'auto': ConnectionError: Could not find any running Ray inst"
        ),
        cluster.connected(Runtime(executor="ray", address="auto")),
    ):
        pass
    assert given["address"] == "auto"
    assert "num_cpus" not in given
    assert signal.getsignal(signal.SIGTERM) == before
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        given.clear()
        wrong = "no Ray cluster at '127.* ConnectionRefusedError"
        for one in (address, f"ray://{address}"):
            with (
                pytest.raises(ConfigError, match=wrong.replace("127", one[:3])),
                cluster.connected(Runtime(executor="ray", address=one)),
            ):
                pass
        assert given == {}, "Ray would try for minutes"
    with pytest.raises(ConfigError, match="no Ray cluster on this machine"), cluster.connected(Runtime(workers=9)):
        pass
    assert (given["num_cpus"], given["log_to_driver"], given["include_dashboard"]) == (9, False, False)


@pytest.mark.parametrize(
    ("nodes", "workers", "threads", "cores", "gpus", "told"),
    [
        ([(2, 0)], 2, 1, 1.0, 0, False),
        ([(2, 0)], 4, 1, 0.5, 0, False),
        ([(8, 0), (8, 0)], 2, 8, 8.0, 0, False),
        ([(8, 0), (4, 0)], 2, 4, 4.0, 0, False),
        ([(16, 4), (16, 4)], 8, 4, 4.0, 8, False),
        ([(16, 4), (16, 4)], 2, 16, 16.0, 8, True),
        ([(0, 0), (4, 0), (4, 0), (4, 0)], 2, 4, 4.0, 0, True),
    ],
)
def test_shares_of_a_cluster(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, nodes: list[tuple[int, int]], workers: int,
    threads: int, cores: float, gpus: int, told: bool,
) -> None:  # fmt: skip
    ray = pytest.importorskip("ray")
    there = [{"Alive": True, "Resources": {"CPU": float(cpu), "GPU": float(gpu)}} for cpu, gpu in nodes]
    gone = {"Alive": False, "Resources": {"CPU": 999.0}}
    monkeypatch.setattr(ray, "nodes", lambda: [*there, gone])
    found = cluster._look(Runtime(executor="ray", workers=workers))
    assert (found.threads, found.cores, len(found.gpus)) == (threads, cores, gpus)
    assert bool(caplog.messages) == told
    assert cluster._look(Runtime(executor="ray", workers=workers, device="cpu")).gpus == []


def test_an_address_needs_an_executor_that_uses_it() -> None:
    assert runtime_of(executor="ray", workers=None, address="auto").address == "auto"
    with pytest.raises(ConfigError, match="'processes' uses no cluster; add --executor ray"):
        runtime_of(executor="processes", workers=None, address="auto")


def test_nothing_of_a_script_reaches_a_cluster(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(toy(), cached=set())
    script = ModuleType("__main__")
    script.__file__ = "mine.py"
    monkeypatch.setitem(sys.modules, "__main__", script)
    check_reach(plan, scripts=False)
    monkeypatch.setattr(type(plan.results[0].experiment.task), "__module__", "__main__")
    check_reach(plan)
    with pytest.raises(ConfigError, match="'Toy' is defined in this script, where processes cannot find it"):
        check_reach(plan, scripts=False)
