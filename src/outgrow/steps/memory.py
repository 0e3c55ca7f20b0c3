"""Whether a model fits into the memory of the device, told before it is loaded, with the settings that would fit."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from outgrow.errors import ConfigError
from outgrow.learning.footprint import Extent, Footprint, Setting, to_answer, to_train
from outgrow.models.base import Model
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine

log = logging.getLogger(__name__)
GIB = 1 << 30
SUGGESTED = 4  # settings at most


def check_memory(model: Model, output: Output, machine: Machine, *, training: bool) -> None:
    """Refuse what cannot fit, and warn of what may not.

    Raises:
        ConfigError: weights, and in training gradients and the optimizer's state, are larger than the device's memory.
    """
    from outgrow.learning.available import available

    extent = model.extent(output)
    there = None if extent is None else available(machine.device)
    if extent is None or there is None:
        return
    how = setting(model, machine)
    needed = _footprint(extent, how, training=training)
    if needed.total <= there:
        return
    found = [f"{words} ({_gib(one.total)})" for words, one in _others(model, output, how, training=training)
             if one.total <= there][:SUGGESTED]  # fmt: skip
    cure = "what would fit: " + "; ".join(found) if found else "no setting would fit; choose a smaller model"
    parts = ", ".join(f"{name} {_gib(value)}" for name, value in vars(needed).items() if value and name != "host")
    what = f"{'to train' if training else 'to use'} {model.label} takes about {_gib(needed.total)} on each device"
    told = f"{what} ({parts}), and {machine.device} has {_gib(there)}; {cure}"
    if needed.total - needed.activations > there:
        raise ConfigError(told)
    log.warning("%s", told)  # activations are an estimate


def setting(model: Model, machine: Machine) -> Setting:
    """How a machine computes a model."""
    return Setting(
        tokens=machine.training_tokens, length=model.longest, low=model.mixed_precision and machine.low,
        checkpointing=machine.checkpointing, parts=machine.team.size if machine.team.in_step else 1,
        blockwise=machine.team.in_step, offload=machine.team.offloads,
    )  # fmt: skip


def _footprint(extent: Extent, how: Setting, *, training: bool) -> Footprint:
    return to_train(extent, how) if training else to_answer(extent, how)


def _others(model: Model, output: Output, how: Setting, *, training: bool) -> Iterator[tuple[str, Footprint]]:
    """Other settings and what they take, those first that change no result."""

    def of(words: str, one: Model = model, **changes: object) -> Iterator[tuple[str, Footprint]]:
        extent = one.extent(output)
        if extent is not None:
            trains = training and extent.trainable > 0
            yield words, _footprint(extent, dataclasses.replace(how, **changes), training=trains)  # type: ignore[arg-type]

    if training and not how.checkpointing:
        yield from of("--checkpointing", checkpointing=True)
    if training and how.tokens > how.length:
        yield from of(f"--micro-batch-tokens {how.length}", tokens=how.length)
    for parts in (2, 4, 8, 16, 32):
        if parts > how.parts:
            yield from of(
                f"torchrun --nproc-per-node {parts} -m outgrow run ... --sharding full --checkpointing",
                parts=parts, blockwise=True, checkpointing=True,
            )  # fmt: skip
    if not how.offload:
        yield from of("--sharding full --offload --checkpointing, slow", blockwise=True, offload=True,
                      checkpointing=True)  # fmt: skip
    for changed, words in model.smaller():
        yield from of(f"{words} and --checkpointing", changed, checkpointing=True)


def _gib(size: float) -> str:
    return f"{size / GIB:,.1f} GiB"
