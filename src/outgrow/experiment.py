"""The story of a weak-to-strong experiment, top to bottom."""

from __future__ import annotations

from outgrow.config import Experiment
from outgrow.steps import Comparison, Steps


def run(experiment: Experiment, steps: Steps) -> Comparison:
    """Measure how much of the strong ceiling a student recovers from a weak supervisor.

    Nothing is computed here: what comes back is a reference to the result, whose key is known already.
    """
    seed = experiment.seed
    data = steps.split(experiment.task, experiment.split, seed=seed)
    transfer = data.part("transfer")
    weak = experiment.weak.model.supervise(steps, experiment.weak, data.part("supervisor"), seed=seed)  # ground truth
    labels = steps.predict(weak, transfer)  # weak labels
    student = experiment.method.train_student(steps, experiment.strong, transfer, labels, seed=seed)
    ceiling = experiment.method.train_ceiling(steps, experiment.strong, transfer, seed=seed)  # same, ground truth
    return steps.compare(experiment, weak=weak, student=student, ceiling=ceiling, labels=labels, split=data)
