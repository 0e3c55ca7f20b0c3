"""What may tell beforehand how much of the gap is recovered: a number for each pair, nan where nobody knows it."""

from __future__ import annotations

import math
from collections.abc import Callable

from outgrow.analyses.base import Study
from outgrow.analyses.bases.pairs import Pair
from outgrow.learning.overlap import overlap_density, shared_directions
from outgrow.results.representations import Representations, representations

PREDICTORS: dict[str, Callable[[Pair], float]] = {
    "disagreement": lambda one: 1 - one["same"].value,
    "misfit": lambda one: one.misfit.value if "weak_positive" in one else math.nan,
    "dissimilarity (CAPA, which needs accuracies)": lambda one: -one.capa.value if "truth" in one else math.nan,
    "the supervisor's size": lambda one: one.weak_size,
    "how many times the student's cost is": lambda one: one.strong_size - one.weak_size,
}
OF_FEATURES: dict[str, Callable[[Representations], float]] = {
    "overlap density": lambda seen: overlap_density(seen.confidence, seen.strong),
    "the share of the student's directions that the supervisor has": lambda seen: shared_directions(
        seen.weak, seen.strong
    ),
}


def told_beforehand(study: Study, pair: Pair) -> dict[str, float]:
    """Every predictor of a pair; those of features are of its first seed, where both models are heads on them."""
    found = {name: of(pair) for name, of in PREDICTORS.items()}
    seen = None if study.store is None else representations(study.store, pair.group)
    return found | {name: of(seen) if seen else math.nan for name, of in OF_FEATURES.items()}
