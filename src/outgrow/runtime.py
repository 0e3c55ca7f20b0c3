"""Where and how fast: device, threads, workers. Nothing here can change a key."""

from __future__ import annotations

import contextlib
import gc
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from outgrow.errors import ConfigError
from outgrow.registry import imported_files

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How an experiment is carried out.

    Args:
        executor: name of an executor.
        workers: processes at once, for executors that use several.
        device: `auto` takes CUDA, then MPS, then the CPU.
        precision: `auto` multiplies in bfloat16 where the hardware is fast at it.
        micro_batch_tokens: tokens of one backward pass, padding counted; 0 takes what suits the device.
        imports: Python files with components, which every process imports: those that this one has, by `import_file`.
        checkpointing: recompute activations in the backward pass, for less memory.
        sharding: whether processes that train together are `replicas`, or each holds a part of the network (`full`).
        offload: with `full`, keep the network and the optimizer's state in the memory of the CPU.
        checkpoint_minutes: between checkpoints of a long step, the last of which a stopped run goes on from; 0: none.
        address: of a Ray cluster that is there: `auto`, `HOST:PORT` or `ray://HOST:PORT`; without it, an executor that
            uses one has its own on this machine.
        tracker: name of a tracker that is shown trainings and results; "" for none.
    """

    executor: str = "serial"
    workers: int = 2
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Precision = "auto"
    micro_batch_tokens: int = 0
    checkpointing: bool = False
    sharding: Literal["replicas", "full"] = "replicas"
    offload: bool = False
    checkpoint_minutes: float = 5.0
    address: str = ""
    tracker: str = ""
    imports: tuple[str, ...] = field(default_factory=imported_files)

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("device", self.device, ("auto", "cpu", "cuda", "mps")), ("precision", self.precision, get_args(Precision)),
            ("sharding", self.sharding, ("replicas", "full")),
        ):  # fmt: skip
            if value not in choices:
                raise ConfigError(f"{name} = {value!r}: choose one of {', '.join(choices)}")
        if self.workers < 1:
            raise ConfigError(f"workers = {self.workers}: at least one is needed")
        if self.offload and self.sharding != "full":
            raise ConfigError("offload = true is for sharding = 'full' alone: set that too, also for one process")
        if not 0 <= self.checkpoint_minutes < math.inf:
            raise ConfigError(f"checkpoint_minutes = {self.checkpoint_minutes}: minutes are 0 or more; 0 keeps none")


def runtime_of(*, executor: str, workers: int | None, **options: Any) -> Runtime:
    """A runtime as it was asked for; ConfigError where workers are asked for that would never come to work."""
    if executor == "serial" and (workers or 1) > 1:
        raise ConfigError(
            f"workers = {workers}: the executor 'serial' uses one process; add --executor processes (from Python: "
            'executor="processes"), or leave the workers out'
        )
    if options.get("address") and executor != "ray":
        raise ConfigError(
            f"address = {options['address']!r}: the executor {executor!r} uses no cluster; add --executor ray (from "
            'Python: executor="ray"), or leave the address out'
        )
    if workers is not None:
        options["workers"] = workers
    return Runtime(executor=executor, **options)


@contextlib.contextmanager
def all_stay() -> Iterator[None]:
    """While very many values are made that all stay: do not look for garbage among them, again and again.

    Planning takes a fifth less time so. `gc.freeze` would save half of that, and to take it back would take back what
    others have frozen. After the block all is as it was before; garbage made inside is found then.
    """
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()
