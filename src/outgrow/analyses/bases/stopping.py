"""What stopping a training earlier would have gained; the check is chosen on other rows than it is judged by."""

from __future__ import annotations

from typing import Literal

import numpy as np

from outgrow.intervals.measured import Measured, mean
from outgrow.results.checks import Checks

Stop = Literal["truth", "labels", "last"]


def stopped(checks: Checks, by: Stop) -> np.ndarray:
    """How right each example is at the check where a training would have been stopped, [seeds, n].

    Args:
        by: the check with the most right answers (`truth`), or with the highest agreement with the supervisor
            (`labels`), among the rows of the other half; or the end. Of equals the first counts.
    """
    right = checks.right
    if by == "last":
        return right[:, -1]
    judged = right if by == "truth" else checks.agrees
    assert judged is not None, "only students have a supervisor to agree with"
    out = np.empty_like(right[:, 0])
    first = halves(checks.groups)
    learned = checks.progress > 0
    for half in (first, ~first):
        score = np.where(learned, judged[:, :, ~half].mean(2), -np.inf)  # of the other half, [seeds, checks]
        best = score.argmax(1)
        out[:, half] = right[np.arange(len(right)), best][:, half]
    return out


def gained(checks: Checks, by: Stop, over: Stop) -> Measured:
    """Accuracy where one rule stops minus accuracy where the other does."""
    return mean(stopped(checks, by).astype(np.float64) - stopped(checks, over), checks.groups)


def halves(groups: np.ndarray) -> np.ndarray:
    """Which rows are in the first half: whole groups, drawn once and for all."""
    count = int(groups.max()) + 1
    chosen = np.random.default_rng(0).permutation(count) < count / 2
    return np.asarray(chosen[groups])
