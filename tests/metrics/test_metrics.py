from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Predictions, metrics


def test_scores_by_hand() -> None:
    said = Predictions(
        predicted=np.array([3, 3, 3, 3]),
        truth=np.array([3, 1, 2, 0]),
        rank=np.array([0, 1, 4, 5]),
        truth_probability=np.array([0.5, 0.25, 0.125, 0.0], np.float32),
    )
    assert metrics["accuracy"](said).tolist() == [1, 0, 0, 0]
    assert metrics["top5_accuracy"](said).tolist() == [1, 1, 1, 0]
    assert metrics["truth_probability"](said).tolist() == [0.5, 0.25, 0.125, 0.0]
