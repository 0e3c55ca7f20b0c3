"""Log-likelihood: mean logarithm of the probability given to the truth, in nats; minus the cross-entropy."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics

LEAST = float(np.finfo(np.float32).eps)  # a smaller probability counts as this, as in scikit-learn's log_loss


def log_probability(predictions: Predictions) -> np.ndarray:
    """Logarithm of the probability given to the truth, at least log 1.2e-7."""
    return np.asarray(np.log(np.maximum(predictions.truth_probability.astype(np.float64), LEAST)))


metrics.add(
    "log_likelihood",
    Metric(values=log_probability, share=False, chance=False, kinds=PROBABILITIES),
    about="mean log probability given to the right class, in nats",
    source="standard; Good 1952",
)
