"""The workers of a Ray cluster: one on this machine for the time of a run, or one that is there."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, MissingDependency
from outgrow.executors.actors import Actor, Order
from outgrow.executors.base import Outcome, Watcher, executors
from outgrow.executors.crew import Crew, Place, places
from outgrow.executors.reach import check_reach
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.registry import in_one_line
from outgrow.runtime import Runtime

log = logging.getLogger(__name__)
PENDING = 30.0  # seconds without any worker after which that is told
KNOCKING = 10.0  # seconds in which somebody has to answer at the address of a cluster
OBJECTS = 100 * 2**20  # bytes of memory in which Ray keeps what processes send each other: here tasks, a few KiB each


def on_ray(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> Outcome:
    """Keep `runtime.workers` workers of a Ray cluster busy, as `processes` does with those of this machine.

    Work of a worker that dies is done again by another; at once, if its whole node is lost. Every worker opens the
    store by its address and imports components by the names of their files.

    Raises:
        MissingDependency: Ray is not installed.
        ConfigError: there is no such cluster, or a worker does not see the store or has other code.
    """
    if team().size > 1:
        raise ConfigError("processes that train together run one step at a time: use --executor serial")
    check_reach(plan, scripts=False)
    with connected(runtime), _marked(store) as marker:
        cluster = _look(runtime)
        memory: dict[str, int] = {}
        wait = _Waiting(memory)
        crew = Crew(
            plan, watcher, places(runtime.workers, cluster.gpus),
            hire=lambda place: _hire(place, store, runtime, cluster, marker), wait=wait, memory=memory, eager=True,
        )  # fmt: skip
        try:
            return crew.work()
        finally:
            for one in crew.workers:
                if isinstance(one, Actor):
                    one.end()


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What a cluster has for each worker.

    Args:
        gpus: one name each.
        threads: of a worker.
        cores: of a worker, as Ray counts them.
    """

    gpus: list[str]
    threads: int
    cores: float


@contextlib.contextmanager
def connected(runtime: Runtime) -> Iterator[None]:
    """A Ray cluster inside the block: that of this process if it has one, that of the address, or a new one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray tells its makers of each cluster
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # which GPUs a worker sees, it is told by us
    try:
        import ray
    except ImportError as error:
        raise MissingDependency("the executor 'ray' needs Ray: pip install 'outgrow[ray]'") from error
    if ray.is_initialized():
        yield
        return
    address = runtime.address or os.environ.get("RAY_ADDRESS", "") or "local"
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == "local":
        quiet |= {
            "num_cpus": max(os.cpu_count() or 1, runtime.workers), "include_dashboard": False,
            "object_store_memory": OBJECTS,
        }  # fmt: skip
    with _own_signals():
        try:
            knock(address)
            ray.init(address=address, **quiet)
        except Exception as error:  # of several kinds, some of other libraries
            where = "on this machine" if address == "local" else f"at {address!r}"
            raise ConfigError(
                f"no Ray cluster {where}: {in_one_line(error)}; `ray start --head` starts one, and without --address a "
                "run has one of its own on this machine"
            ) from error
    _silence(ray)
    try:
        yield
    finally:
        ray.shutdown()


def knock(address: str) -> None:
    """OSError where nobody answers at HOST:PORT, which Ray would tell after many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), min(int(port), 65_535)), timeout=KNOCKING).close()


def _silence(ray: Any) -> None:
    """Ray has no public switch for what its nodes say of lost workers, on stdout; we tell that ourselves."""
    with contextlib.suppress(AttributeError):
        ray._private.worker._worker_logs_enabled = False


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """After the block, whoever handled Ctrl-C and `kill` does so again: Ray puts itself in their place."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _look(runtime: Runtime) -> Cluster:
    """Shares of the cluster's nodes for so many workers; what is left unused is told."""
    import ray

    nodes = [one["Resources"] for one in ray.nodes() if one["Alive"]]  # type: ignore[no-untyped-call]
    cores = [int(one.get("CPU", 0)) for one in nodes if one.get("CPU", 0) >= 1] or [1]
    found = 0 if runtime.device in ("cpu", "mps") else int(sum(one.get("GPU", 0) for one in nodes))
    total, workers = sum(cores), runtime.workers
    if (len(cores) > 1 and workers < len(cores)) or workers < found:
        log.warning(
            "the Ray cluster has %d nodes, %d cores and %d GPUs, and this run %d workers: more with --workers",
            len(cores), total, found, workers,
        )  # fmt: skip
    threads = max(1, min(total // workers, *cores))
    return Cluster(gpus=["lent"] * found, threads=threads, cores=min(threads, total / workers))


def _hire(place: Place, store: Artefacts, runtime: Runtime, cluster: Cluster, marker: str) -> Actor:
    from outgrow import __version__

    order = Order(
        address=store.address, marker=marker, runtime=place.runtime(runtime), threads=cluster.threads,
        gpu=None if place.heavy else "", version=__version__,
    )  # fmt: skip
    return Actor(order, {"num_cpus": cluster.cores, "num_gpus": int(bool(place.gpu))})


class _Waiting:
    """Waits until an actor has something to say; and says so when the cluster has had room for none."""

    def __init__(self, memory: dict[str, int]) -> None:
        self._memory, self._began, self._told = memory, time.monotonic(), False

    def __call__(self, busy: Sequence[Any]) -> None:
        import ray

        self._memory |= {one.host: one.memory for one in busy if one.memory}
        if not self._told and not any(one.ready for one in busy) and time.monotonic() > self._began + PENDING:
            self._told = True
            log.warning("waiting for the Ray cluster: it has had no room for a worker so far (see `ray status`)")
        signs = {one.sign: one for one in busy if one.sign is not None}
        if not signs:
            time.sleep(0.05)
            return
        for sign in ray.wait(list(signs), timeout=1.0)[0]:
            signs[sign].heard = True


@contextlib.contextmanager
def _marked(store: Artefacts) -> Iterator[str]:
    """The name of something that is published in the store inside the block: who sees it, sees this store."""
    name = f"marker-{uuid.uuid4().hex[:12]}"
    store.publish(name, {})
    try:
        yield name
    finally:
        store.withdraw(name)


executors.add(
    "ray", on_ray, about="workers of a Ray cluster (--address, --workers), or of one on this machine", source="Ray"
)
