"""Whose frozen features a training looks at."""

from __future__ import annotations

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.models.base import Model, as_probe


def frozen_part(model: Model, objective: Objective | None) -> Model | None:
    """The model whose frozen features a training takes: itself as a probe, if a head or the objective asks for them.

    Raises:
        ConfigError: the objective needs features, and the model cannot be a probe.
    """
    if model.extractor() is not None:
        return model
    if objective is None or not objective.wants_features:
        return None
    found = as_probe(model)
    if found is None and objective.needs_features:
        raise ConfigError(
            f"{objective.needs_features!r} looks at frozen features of the rows, and {model.label!r} has none; take a "
            'student that can be trained with training = "probe", or leave it out',
            key="method",
        )
    return found
