"""Mean probability given to the truth: a score that also moves when the first choice does not."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Predictions, metrics


def truth_probability(predictions: Predictions) -> np.ndarray:
    """The probability given to the truth."""
    return predictions.truth_probability.astype(np.float64)


metrics.add(
    "truth_probability", truth_probability, about="mean probability given to the right class", source="standard"
)
