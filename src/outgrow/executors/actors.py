"""A process of a Ray cluster that computes tasks, and how a run sees it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from outgrow.errors import ConfigError, OutgrowError, StepFailed
from outgrow.executors import machine
from outgrow.executors.crew import Loss
from outgrow.executors.serving import FINE, UNTOLD, Answer, Server, pack, unpack
from outgrow.executors.silence import Silence, kill, there
from outgrow.executors.work import Task
from outgrow.registry import in_one_line
from outgrow.runtime import Runtime
from outgrow.store import open_store

log = logging.getLogger(__name__)
SEEN = 15.0  # seconds in which a store must show a worker what the run has published there
ASKING = 0.5  # seconds until a worker is asked how far it is, and until the answer is looked at


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a worker has to know before its first task.

    Args:
        address: of the store.
        marker: the name of what the run has published there.
        threads: to compute with.
        gpu: what CUDA is to see, where not what Ray lends.
        version: of outgrow.
    """

    address: str
    marker: str
    runtime: Runtime
    threads: int
    gpu: str | None
    version: str


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What a worker says of itself: its machine with the memory that steps may take there, its process and its node."""

    host: str
    memory: int
    process: int
    node: str


class Serving:
    """The actor: it computes in one thread, and says in another how far it is."""

    def __init__(self) -> None:
        self._far = UNTOLD
        self._server: Server | None = None

    def start(self, order: Order) -> Hello | OutgrowError:
        """Get ready. An error is one of every worker: the store is not shared, or the code is not there."""
        import ray

        import outgrow

        host = socket.gethostname()
        if outgrow.__version__ != order.version:
            return ConfigError(
                f"the Ray worker on {host} has outgrow {outgrow.__version__}, and this run {order.version}: install "
                "the same on every node"
            )
        if order.gpu is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = order.gpu
        try:
            if not _sees(order):
                return ConfigError(
                    f"the Ray worker on {host} does not see the store {order.address!r} of this run: a folder has to "
                    "be shared by all nodes, at the same path; choose another with --store"
                )
            self._server = Server(order.address, order.runtime, order.threads, self._tell)
        except OutgrowError as error:
            return error
        node = ray.get_runtime_context().get_node_id()
        return Hello(host=host, memory=machine.memory(), process=os.getpid(), node=node)

    def compute(self, packed: bytes) -> bytes:
        """What becomes of a packed task, packed."""
        assert self._server
        self._far = UNTOLD
        return self._server.compute(packed)

    def far(self) -> float:
        """The share of its task's time that has passed, as it thinks."""
        return self._far

    def _tell(self, share: float) -> None:
        self._far = share


def _sees(order: Order) -> bool:
    """Whether the store shows what the run has put there; a network's folder may take its time."""
    until = time.monotonic() + SEEN
    while True:
        if any(name == order.marker for name, _ in open_store(order.address).published()):
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.5)


class Actor:
    """A worker of a Ray cluster, as the run sees it.

    Args:
        share: what to ask Ray for: `num_cpus`, `num_gpus`.
    """

    def __init__(self, order: Order, share: dict[str, float]) -> None:
        import ray

        self.task: Task | None = None
        self.where = self.host = self.node = ""
        self.memory = self._process = 0
        kind: Any = ray.remote(Serving)
        self._actor = kind.options(
            max_concurrency=2, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD", **share
        ).remote()
        self.sign: Any = self._actor.start.remote(order)
        """What `ray.wait` can wait for; None while it has nothing to do."""
        self.heard = False
        """Whether that is there."""
        self._asked: Any = None  # how far it is
        self._asked_at, self._told = 0.0, UNTOLD
        self._error: Exception | None = None
        self._silence = Silence()

    @property
    def ready(self) -> bool:
        """Whether it can be given a task."""
        return bool(self.where) and self._error is None

    def give(self, task: Task) -> None:
        """Let it compute a task. Raises ConfigError where a step cannot be sent to another process."""
        packed = pack(task)
        self.task, self._told, self._asked = task, UNTOLD, None
        self._silence.broken()
        self.sign, self.heard = self._actor.compute.remote(packed), False

    def answer(self) -> Answer | None:
        """What became of its task, if it has said so; then it has none any more. Its first answer is a greeting."""
        if not self.heard or (found := self._get(self.sign)) is None:
            return None
        self.sign, self.heard = None, False
        if isinstance(found, Hello):
            self.host, self.node, self.memory, self._process = found.host, found.node, found.memory, found.process
            self.where = f"{found.host}, process {found.process}"
            return None
        if isinstance(found, OutgrowError):
            return found
        self.task = None
        return unpack(found)

    def news(self) -> float | None:
        """The share of its task's time that has passed, as it thinks, if that has grown enough to be told."""
        if time.monotonic() < self._asked_at + ASKING:
            return None
        self._asked_at = time.monotonic()
        if self._asked is None:
            self._asked = self._actor.far.remote()
            return None
        far = self._get(self._asked)
        if far is None:
            return None
        self._asked = None
        self._silence.broken()
        if far < self._told + FINE:
            return None
        self._told = far
        return float(far)

    def loss(self, passed: float) -> Loss | None:
        """Whether it is lost, `passed` seconds after it was looked at before; then it is ended for good."""
        hangs = bool(self.task) and self._error is None and self._hangs(passed)
        if self._error is None and not hangs:
            return None
        during = f" during {self.task.title!r}" if self.task else ""
        worker = f"a Ray worker{f' on {self.host}' * bool(self.host)}"
        if self._error is None:
            with contextlib.suppress(Exception):  # a stopped process does not hear what Ray tells it
                there(self.node, kill, self._process)
            silent = f"{worker} gave no sign of life for {self._silence.seconds:.0f} s{during}, and was ended"
            why = f"{silent}; what was finished is kept: see what stopped it, and run again"
        else:
            why = f"{worker} died{during} ({in_one_line(self._error)}); what was finished is kept: run again"
        self.end()
        return Loss(StepFailed(why), alone=self._node_lives())

    def _hangs(self, passed: float) -> bool:
        return self._silence.is_death(passed, node=self.node, process=self._process, get=self._get)

    def end(self) -> None:
        """End it at once: what it has not written is lost."""
        import ray

        with contextlib.suppress(Exception):  # the cluster has gone
            ray.kill(self._actor)

    def _get(self, asked: Any) -> Any:
        """An answer, if it is there. What ends the worker is kept for `loss`."""
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            done, _ = ray.wait([asked], timeout=0)
            return ray.get(done[0]) if done else None
        except RayTaskError:  # a mistake of ours, in the worker
            raise
        except RayError as error:
            self._error = error
            return None

    def _node_lives(self) -> bool:
        import ray

        with contextlib.suppress(Exception):
            return any(one["NodeID"] == self.node and one["Alive"] for one in ray.nodes())  # type: ignore[no-untyped-call]
        return False
