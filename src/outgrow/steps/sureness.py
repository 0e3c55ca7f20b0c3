"""How well a supervisor's confidence tells its right labels from its wrong ones, where rows are selected."""

from __future__ import annotations

import numpy as np

from outgrow.steps.base import walk_unique
from outgrow.steps.context import Context
from outgrow.steps.labels import Labels
from outgrow.steps.predictor import Predictor
from outgrow.steps.trained import Trained


def sureness(student: Predictor, labels: Labels, context: Context) -> list[str]:
    """A note where the student's method selects rows and their ground truth is known; generated texts have none."""
    from outgrow.learning.quality import ranking

    trained = [step.objective for step in walk_unique(student) if isinstance(step, Trained)]
    if not any(objective.selections for objective in trained if objective is not None):
        return []
    weak, data = labels.read(context), labels.part.split.read(context)
    if weak.texts is not None or data.truth is None:
        return []
    mean, truth = weak.mean(), data.known_truth(labels.part)
    said = np.flatnonzero(mean.any(1))
    found = ranking(mean[said].max(1), mean[said].argmax(1) == truth[said])
    return [
        f"how the supervisor's confidence ranks its right labels of {labels.part.name} over its wrong: {found.words}"
    ]
