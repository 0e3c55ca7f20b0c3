"""Brier score: squared error of the probabilities, summed over classes: 0 is perfect, 2 sure and wrong."""

from __future__ import annotations

from outgrow.metrics.base import PROBABILITIES, Metric, metrics

metrics.add(
    "brier",
    Metric(
        values=lambda predictions: predictions.squared_error,
        chance=False,
        larger_is_better=False,
        share=False,
        kinds=PROBABILITIES,
    ),
    about="squared error of the probabilities, summed over classes; smaller is better",
    source="Brier 1950",
)
