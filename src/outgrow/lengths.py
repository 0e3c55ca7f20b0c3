"""How long the rows are that a step computes with, against what a model's cost supposes; for estimates of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import OutgrowError
from outgrow.models.base import Model
from outgrow.steps import Context, Dataset, Step

Longer = Callable[[Step], float | None]
"""How many times its model's `cost` a step's rows take, in the mean; None while that is not known."""


def unknown(step: Step) -> float | None:
    """Where no data are to be had: None for steps whose time depends on how long the rows are."""
    return None if measures(step) else 1.0


def longer_in(inputs: Mapping[str, np.ndarray]) -> Longer:
    """By what models see of the data that were read, by the key of their step."""
    return _longer(lambda data: inputs.get(data.key))


def longer_at(store: Artefacts) -> Longer:
    """By the data that are in a store when they are asked for."""

    def inputs(data: Dataset) -> np.ndarray | None:
        try:
            return data.read(Context(store)).inputs if store.has(data.key) else None
        except OutgrowError:  # damaged, or gone: an estimate is no place to say so
            return None

    return _longer(inputs)


def _longer(inputs: Callable[[Dataset], np.ndarray | None]) -> Longer:
    found: dict[tuple[Model, str], float] = {}  # many steps share both

    def longer(step: Step) -> float | None:
        model, data = model_of(step), dataset_of(step)
        if model is None or data is None or not measures(step):
            return unknown(step)
        if (model, data.key) not in found:
            read = inputs(data)
            if read is None:
                return None
            found[model, data.key] = model.longer(read)
        return found[model, data.key]

    return longer


def measures(step: Step) -> bool:
    """Whether a step's time depends on how long its rows are."""
    model = model_of(step) if step.work else None
    return model is not None and type(model).longer is not Model.longer


def model_of(step: Any) -> Model | None:
    """The model that a step computes with, if it is one."""
    while step is not None:
        model = getattr(getattr(step, "role", None), "model", None) or getattr(step, "model", None)
        if isinstance(model, Model):
            return model
        step = getattr(step, "by", None)
    return None


def dataset_of(step: Step) -> Dataset | None:
    """The data that a step computes with."""
    for place in (step, getattr(step, "split", None), getattr(getattr(step, "part", None), "split", None)):
        found = getattr(place, "dataset", None)
        if isinstance(found, Dataset):
            return found
    return None
