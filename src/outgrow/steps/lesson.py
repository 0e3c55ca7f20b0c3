"""What a training is to learn: from ground truth, or from weak labels by an objective."""

from __future__ import annotations

import dataclasses

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.objective import Lesson, Objective
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.labels import Labels
from outgrow.steps.split import Part


def read_lesson(
    part: Part,
    context: Context,
    *,
    labels: Labels | None,
    objective: Objective,
    features: Features | None,
    earlier: Labels | None,
    seed: int,
) -> tuple[Lesson, tuple[str, ...] | None]:
    """Targets and weights of a part's rows; and where texts are generated, the text that each class stands for."""
    data = part.split.read(context)
    if labels is None:
        truth = data.known_truth(part)
        targets = np.eye(data.output.n_classes, dtype=np.float32)[truth]
        lesson = Lesson(targets=targets, weights=np.ones(len(truth), np.float32))
        return lesson, data.output.class_names if data.output.kind == "generation" else None
    weak = labels.read(context, part)
    if features is not None:
        rows = data.rows(part)
        weak = dataclasses.replace(weak, features=lambda: np.asarray(features.read(context)[rows]))
    if earlier is not None:
        weak = dataclasses.replace(weak, earlier=earlier.read(context, part).mean())
    try:
        return objective.lesson(weak, seed=seed), weak.texts
    except ValueError as error:
        raise DataError(f"the labels of {labels.by.label} on {part.name}: {error}") from error
