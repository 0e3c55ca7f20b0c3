"""Mean probability given to the truth: a score that also moves when the first choice does not."""

from __future__ import annotations

from outgrow.metrics.base import Metric, metrics

metrics.add(
    "truth_probability",
    Metric(values=lambda predictions: predictions.truth_probability, chance=False),
    about="mean probability given to the right class",
    source="standard",
)
