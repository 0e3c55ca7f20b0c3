"""Mean probability given to the truth: a score that also moves when the first choice does not."""

from __future__ import annotations

from outgrow.metrics.base import Metric, mean, metrics

metrics.add(
    "truth_probability",
    Metric(score=mean(lambda predictions: predictions.truth_probability)),
    about="mean probability given to the right class",
    source="standard",
)
