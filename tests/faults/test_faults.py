"""The trials, a few of each: see docs/reliability.md for what many of them came to."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable

import beside
import damage
import killed_trainings
import kills
import lost_workers
import many_writers
import pytest


@pytest.mark.parametrize(
    ("trials", "number"),
    [
        (kills.main, 4),
        (damage.main, 5),
        (beside.main, 1),
        (lost_workers.main, 1),
        (functools.partial(many_writers.main, study="toy", writers=4, heirs=2), 1),
        (functools.partial(killed_trainings.main, interval=0.1, epochs=8), 2),
    ],
)
def test_faults_cost_no_number(trials: Callable[[int, int], dict[str, Counter[str]]], number: int) -> None:
    counts = trials(number, 0)
    assert sum(one.total() for one in counts.values()) >= number
    wrong = {kind: outcome for kind, one in counts.items() for outcome in one if outcome.split()[0].isupper()}
    assert wrong == {}
    assert counts.get("exit status", Counter()).keys() <= {"0"}
