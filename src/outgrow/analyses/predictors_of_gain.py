"""Question 36: what tells beforehand, without labels, how much is recovered?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from outgrow.analyses.base import Study
from outgrow.analyses.bases.beforehand import told_beforehand
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.pairs import Pair
from outgrow.analyses.bases.recovery import readable

FEWEST = 6  # pairs; of fewer, ranks tell nothing


@claim(
    36, "predictors_of_gain", says="PGR can be told beforehand without labels",
    how="Rank correlation over pairs of models of what needs no ground truth with the true PGR of naive students. "
    "Pairs are counted as independent (Bonett and Wright 2000), though they share models. What is told by features is "
    "of the first seed.",
    source="Charikar et al. 2024 (arXiv 2405.15116); Goel et al. 2025 (2502.04313); Shin et al. 2024 (2412.03881); "
    "Xue et al. 2025 (2502.00620)",
)  # fmt: skip
def predictors_of_gain(study: Study) -> Iterator[Finding]:
    """A rank correlation for each predictor that is known of all pairs."""
    pairs = readable(study)
    if len(pairs) < FEWEST:
        return
    true = [one.pgr.value for one in pairs]
    told = [told_beforehand(study, one) for one in pairs]
    for name in told[0]:
        said = [one[name] for one in told]
        if np.isfinite(said).all() and len(set(said)) > 1:
            yield _correlation(f"rank correlation of PGR with {name} ({len(pairs)} pairs)", said, true, pairs[0])


def _correlation(about: str, a: Sequence[float], b: Sequence[float], one: Pair) -> Finding:
    x, y = (_ranks(some) for some in (a, b))
    value = float(np.corrcoef(np.stack([x, y]))[0, 1])
    reach = 1.96 * math.sqrt((1 + value**2 / 2) / (len(a) - 3))
    low, high = (math.tanh(math.atanh(min(0.999, max(-0.999, value))) + way * reach) for way in (-1, 1))
    at = one["same"]
    return Finding(about=about, value=value, low=low, high=high, seeds=at.n_seeds, n=at.n, predicted=Above(0),
                   form="+.2f", takes="more pairs of models")  # fmt: skip


def _ranks(values: Sequence[float]) -> np.ndarray:
    """Ranks from 0; equals share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts + 1) / 2)[place])
