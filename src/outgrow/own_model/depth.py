"""How much of a model is trained where nobody says it: all weights if minutes do for that, else a linear head."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from outgrow.errors import ConfigError
from outgrow.models.base import Model
from outgrow.own_labels.table import WeakTable
from outgrow.plain import counted
from outgrow.specs import TrainSpec

Device = Literal["cpu", "cuda", "mps"]
FEWEST = 2_000  # labelled texts; a pass over fewer hardly moves a network (tried with 3,000)
MOST = {"cpu": 1e14, "mps": 1e15, "cuda": 1e16}  # multiply-accumulates: ten minutes or so, on a device of each kind
PASSES = 3 * 2  # forward and backward cost three forward passes; two models of halves are as much as one of all


def deepened(
    model: Model, table: WeakTable, device: Device, train: Mapping[str, Any] | None = None
) -> tuple[Model, str]:
    """The model with all its weights to be trained, or as it is, a linear head; and why, in words.

    Args:
        train: fields of its training, in place of what suits it.
    """
    if table.output.kind != "classification" or table.columns.image:
        return model, "a linear head: all weights are trained by --training full"
    whole = _whole(model)
    if whole is None:
        return model, "trained as its family is"
    labelled = int(table.votes.any((0, 2)).sum())
    if labelled < FEWEST:
        return model, f"a linear head, as {counted(labelled, 'labelled row')} are few to train all weights by"
    epochs = TrainSpec(**{**whole.train_defaults(), **(train or {})}).epochs
    if whole.cost * whole.longer(table.inputs) * len(table.inputs) * epochs * PASSES > MOST[device]:
        return model, "a linear head, as training all weights by these texts is long work; --training full does"
    return whole, "all weights trained; --training probe for a linear head, which is faster"


def _whole(model: Model) -> Model | None:
    """The same model with all weights to be trained, if its family has that."""
    if not (dataclasses.is_dataclass(model) and hasattr(model, "training")):
        return None
    try:
        found: Model = dataclasses.replace(model, training="full")
    except ConfigError:
        return None
    return found if found.extractor() is None else None
