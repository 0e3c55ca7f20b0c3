"""Estimators for scikit-learn: a classifier and a reward model that learn from weak labels."""

from __future__ import annotations

from outgrow.errors import MissingDependency

try:
    import sklearn.utils.validation

    sklearn.utils.validation.validate_data  # noqa: B018 - there since 1.6
except (ImportError, AttributeError) as error:
    raise MissingDependency(
        "the estimators need scikit-learn 1.6 or newer, with the extra [estimators]: pip install 'outgrow[estimators]'"
    ) from error

from outgrow.estimators.classifier import WeakToStrongClassifier
from outgrow.estimators.reward_model import WeakToStrongRewardModel

__all__ = ["WeakToStrongClassifier", "WeakToStrongRewardModel"]
