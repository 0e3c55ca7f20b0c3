"""How much of a model is trained where nobody says it: all weights if that is little work, else a linear head."""

from __future__ import annotations

import dataclasses
from typing import Literal

from outgrow.errors import ConfigError
from outgrow.models.base import Model
from outgrow.own_labels.table import WeakTable
from outgrow.plain import counted

Device = Literal["cpu", "cuda", "mps"]
FEWEST = 2_000  # labelled texts; a pass over fewer hardly moves a network (tried with 3,000)
MOST = {"cpu": 2e13, "mps": 2e14, "cuda": 2e15}  # multiply-accumulates: a minute or so, on a device of each kind
PASSES = 3 * 2  # forward and backward cost three forward passes; two models of halves are as much as one of all


def deepened(model: Model, table: WeakTable, device: Device) -> tuple[Model, str]:
    """The model with all its weights to be trained, for one epoch; or as it is, a linear head; and why, in words."""
    if table.output.kind != "classification" or table.columns.image:
        return model, "a linear head: all weights are trained by --training full"
    whole = _whole(model)
    if whole is None:
        return model, "trained as its family is"
    labelled = int(table.votes.any((0, 2)).sum())
    if labelled < FEWEST:
        return model, f"a linear head, as {counted(labelled, 'labelled row')} are few to train all weights by"
    if whole.cost * whole.longer(table.inputs) * len(table.inputs) * PASSES > MOST[device]:
        return model, "a linear head, as training all weights by these texts is long work; --training full does"
    return whole, "all weights trained, one epoch; --training probe for a linear head, which is faster"


def _whole(model: Model) -> Model | None:
    """The same model with all weights to be trained, if its family has that."""
    if not (dataclasses.is_dataclass(model) and hasattr(model, "training")):
        return None
    try:
        found: Model = dataclasses.replace(model, training="full")
    except ConfigError:
        return None
    return found if found.extractor() is None else None
