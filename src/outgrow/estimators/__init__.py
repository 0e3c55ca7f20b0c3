"""Estimators for scikit-learn: a classifier and a reward model that learn from weak labels."""

from __future__ import annotations

from importlib.util import find_spec

from outgrow.errors import MissingDependency

if find_spec("sklearn") is None:
    raise MissingDependency("the estimators need the extra [estimators]: pip install 'outgrow[estimators]'")

from outgrow.estimators.classifier import WeakToStrongClassifier
from outgrow.estimators.reward_model import WeakToStrongRewardModel

__all__ = ["WeakToStrongClassifier", "WeakToStrongRewardModel"]
