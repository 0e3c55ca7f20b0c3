"""What scikit-learn asks of every estimator."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from outgrow import WeakToStrongClassifier, WeakToStrongRewardModel

ASKED = [WeakToStrongClassifier(), WeakToStrongRewardModel()]


@parametrize_with_checks(ASKED)  # type: ignore[untyped-decorator, unused-ignore]
def test_scikit_learn_is_content(estimator: Any, check: Any) -> None:
    check(estimator)


def test_there_are_many_checks() -> None:
    with warnings.catch_warnings(action="ignore"):  # of those that need a library that is not here
        found = [sum(1 for _ in estimator_checks_generator(one)) for one in ASKED]
    assert min(found) >= 50, found
