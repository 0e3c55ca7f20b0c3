"""Metrics."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Metric, Predictions
from outgrow.testing.broken import demand


def check_metric(metric: Metric) -> None:
    """One finite value an example; the perfect answer is best; a share lies in [0, 1]."""
    from outgrow.learning.predict import summarise
    from outgrow.tasks.base import Output

    able = [classes for classes in (2, 10) if not metric.misfit("classification", classes)]
    demand(able, "the metric fits neither 2 nor 10 classes: see fewest_classes and most_classes")
    rng = np.random.default_rng(0)
    for classes in able:
        truth = rng.integers(0, classes, 60)
        output = Output(kind="classification", n_classes=classes)
        others = rng.dirichlet(np.ones(classes), 60).astype(np.float32)
        others[::2] = (others[::2] + np.eye(classes, dtype=np.float32)[truth[::2]]) / 2
        perfect, some = (
            np.asarray(metric.values(Predictions(**summarise(answers, truth, output))))
            for answers in (np.eye(classes, dtype=np.float32)[truth], others)
        )
        demand(some.shape == (60,), f"values must be one for each example, [60], not {list(some.shape)}")
        demand(np.isfinite(some).all(), "values are not finite where every class occurs")
        better = perfect.mean() > some.mean() if metric.larger_is_better else perfect.mean() < some.mean()
        demand(better, "the perfect answer must score best; see larger_is_better")
        demand(not metric.share or 0 <= some.mean() <= 1, "a share must lie between 0 and 1")
