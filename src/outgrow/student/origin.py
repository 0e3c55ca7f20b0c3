"""From a training of a store to a student that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outgrow.errors import ConfigError
from outgrow.steps import Context, Predictor, Trained, TrainedHead
from outgrow.steps.stored import stored
from outgrow.steps.trained import WEIGHTS
from outgrow.student.base import DEVIATION, MEAN, Student


def student_of(
    predictor: Predictor,
    context: Context,
    *,
    columns: Mapping[str, str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Student:
    """The trained model behind a predictor of a store, with its weights in memory.

    Raises:
        ConfigError: it was not trained, such as a file of labels or a prompt, so that there is nothing to take along.
    """
    import torch
    from safetensors.torch import load_file

    if not isinstance(predictor, Trained):
        raise ConfigError(
            f"{predictor.label} was not trained, so that it cannot be saved as a model; only fine-tuned models and "
            "linear heads can"
        )
    state = stored(context.store, predictor.key, lambda folder: load_file(folder / WEIGHTS))
    if isinstance(predictor, TrainedHead):
        moments = predictor.frozen.moments(context)
        state |= {name: torch.from_numpy(moments[name.partition(".")[2]]) for name in (MEAN, DEVIATION)}
    start = predictor.start or (predictor.frozen.start if isinstance(predictor, TrainedHead) else None)
    return Student(
        model=predictor.role.model,
        output=predictor.part.kind(context),
        state=state,
        start=dict(start.weights(context)) if start else None,
        columns=dict(columns or {}),
        about={"seed": predictor.seed, **(about or {})},
    )
