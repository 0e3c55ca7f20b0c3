"""Whether a model fits into the memory of the device, told before it is loaded, with the settings that would fit."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from outgrow.errors import ConfigError
from outgrow.learning.footprint import BFLOAT16, FLOAT32, Extent, Footprint, Setting, to_answer, to_train
from outgrow.models.base import Model
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine

log = logging.getLogger(__name__)
Use = Literal["train", "answer with", "extract features with"]
GIB = 1 << 30
MOST = 65  # processes


def check_memory(model: Model, output: Output, machine: Machine, *, use: Use) -> None:
    """Refuse what cannot fit, and warn of what may not.

    Raises:
        ConfigError: weights, and in training gradients and the optimizer's state, are larger than the device's memory.
    """
    from outgrow.learning.available import available

    extent = model.extent(output)
    there = None if extent is None else available(machine.device)
    if extent is None or there is None:
        return
    how = _setting(model, machine, use)
    needed = _footprint(extent, how, use)
    if needed.total <= there:
        return
    found = [f"{words} ({_gib(one.total)})" for words, one in _others(model, output, how, use, there)]
    cure = "what would fit: " + "; ".join(found) if found else "no setting would fit; choose a smaller model"
    parts = ", ".join(f"{name} {_gib(value)}" for name, value in vars(needed).items() if value and name != "host")
    told = (
        f"to {use} {model.label} takes about {_gib(needed.total)} on each device ({parts}), and {machine.device} has "
        f"{_gib(there)}; {cure}"
    )
    if needed.total - needed.activations > there:
        raise ConfigError(told)
    log.warning("%s", told)  # activations are an estimate


def rough_memory(extent: Extent | None, *, use: Use) -> int:
    """Bytes that a network takes whose activations are not known; 0 where it is too small to count."""
    return 0 if extent is None else _footprint(extent, Setting(tokens=0, length=0), use).total


def _setting(model: Model, machine: Machine, use: Use) -> Setting:
    """How a machine computes a model."""
    from outgrow.learning.predict import MORE_TOKENS

    return Setting(
        tokens=machine.training_tokens if use == "train" else MORE_TOKENS, length=model.longest,
        low=model.mixed_precision and machine.low, checkpointing=machine.checkpointing,
        parts=machine.team.size if machine.team.in_step else 1, blockwise=machine.team.in_step,
        offload=machine.team.offloads,
    )  # fmt: skip


def _footprint(extent: Extent, how: Setting, use: Use) -> Footprint:
    if use == "train" and extent.trainable:
        return to_train(extent, how)
    if how.low and use != "answer with":  # features alone
        extent = dataclasses.replace(extent, frozen_bytes=BFLOAT16)
    return to_answer(extent, how)


def _others(model: Model, output: Output, how: Setting, use: Use, there: int) -> Iterator[tuple[str, Footprint]]:
    """Other settings that fit, and what they take: those first that change no result."""

    def fitting(words: str, one: Model = model, **changes: Any) -> Iterator[tuple[str, Footprint]]:
        extent = one.extent(output)
        found = None if extent is None else _footprint(extent, dataclasses.replace(how, **changes), use)
        if found is not None and found.total <= there:
            yield words, found

    again: dict[str, Any] = {"checkpointing": True} if use == "train" else {}
    words = " --checkpointing" if again else ""
    if again:
        yield from fitting("--checkpointing", **again)
        yield from fitting(f"--checkpointing --micro-batch-tokens {how.length}", tokens=how.length, **again)
    extent = model.extent(output)
    shares_out = extent is not None and extent.frozen_bytes == FLOAT32  # weights of few bits cannot be shared out
    for parts in range(2 * how.parts, MOST, how.parts) if shares_out else ():
        several = f"--sharding full{words}, in {parts} processes (torchrun --nproc-per-node {parts} -m outgrow run ...)"
        if found := [*fitting(several, parts=parts, blockwise=True, **again)]:
            yield from found
            break
    if shares_out and not how.offload:
        yield from fitting(f"--sharding full --offload{words}, which is slow", blockwise=True, offload=True, **again)
    for changed, setting in model.smaller():
        if changed.extractor() is None:
            yield from fitting(f"{setting} and{words}", changed, **again)
        else:
            yield from fitting(setting, changed)


def _gib(size: float) -> str:
    return f"{size / GIB:,.1f} GiB"
