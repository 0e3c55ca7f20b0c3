"""Audited rows divided into those that are learned from and those that check."""

from __future__ import annotations

import numpy as np
import pytest

from outgrow.own_labels.budget import divided

IDS = [str(i) for i in range(40)]


@pytest.mark.parametrize(("budget", "learned"), [(None, 20), (0, 0), (4, 4), (10, 10), (30, 30)])
def test_rows_that_were_not_drawn_at_random_never_check(budget: int | None, learned: int) -> None:
    chosen = range(10)
    own, checking = divided(np.arange(30), IDS, IDS, budget=budget, seed=0, chosen=chosen)
    assert len(own) == learned
    assert set(own) <= set(chosen) or set(chosen) <= set(own)  # they are the first to be learned from
    assert set(checking) == set(range(10, 30)) - set(own)


def test_a_group_that_is_learned_from_never_checks() -> None:
    groups = [str(i // 2) for i in range(40)]
    own, checking = divided(np.arange(30), groups, IDS, budget=10, seed=0, chosen=range(3))
    assert set(range(3)) <= set(own)
    assert not {groups[i] for i in own} & {groups[i] for i in checking}
