"""What scikit-learn asks of every estimator."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from outgrow import WeakToStrongClassifier, WeakToStrongRewardModel

ASKED = [WeakToStrongClassifier(), WeakToStrongRewardModel()]


@parametrize_with_checks(ASKED)  # type: ignore[misc]
def test_scikit_learn_is_content(estimator: Any, check: Any) -> None:
    check(estimator)


def test_there_are_many_checks_and_none_is_expected_to_fail() -> None:
    with pytest.warns(SkipTestWarning) if False else _silence():
        found = Counter(type(one).__name__ for asked in ASKED for one, _ in estimator_checks_generator(asked))
    assert all(found[type(asked).__name__] >= 50 for asked in ASKED), found


def _silence() -> Any:
    import warnings

    return warnings.catch_warnings()
