"""What features tell beforehand, in cases whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from outgrow.config import read_experiments
from outgrow.learning.overlap import cut, overlap_density, shared_directions
from outgrow.results.pooling import pool
from outgrow.results.representations import representations
from outgrow.store import Store
from outgrow.sweep import run_experiments

RNG = np.random.default_rng(0)


def test_a_supervisor_shares_the_directions_that_it_has() -> None:
    strong, few = np.linalg.qr(RNG.standard_normal((4_000, 8)))[0], RNG.standard_normal((2, 2))
    apart = np.linalg.qr(RNG.standard_normal((4_000, 8)))[0]
    whole = shared_directions(strong, strong, l2=1e-6)
    assert whole == pytest.approx(1, abs=1e-3)
    assert shared_directions(strong[:, :2] @ few, strong, l2=1e-6) == pytest.approx(1 / 4, abs=0.01)
    assert shared_directions(apart, strong, l2=1e-6) < 0.01
    assert shared_directions(np.concatenate([strong, apart], 1), strong, l2=1e-6) == pytest.approx(1, abs=1e-3)
    assert shared_directions(7 * strong + 3, strong, l2=1e-6) == pytest.approx(whole, abs=1e-3)


def test_two_levels_are_cut_between_them() -> None:
    assert cut(np.array([0.1, 0.9, 0.12, 0.88, 0.11])) == 0.88
    assert cut(np.full(5, 0.4)) == 0.4
    assert cut(np.array([0.3])) == 0.3
    assert cut(np.array([1.0, 1.0, 2.0])) == 2.0


def test_rows_overlap_that_have_what_hard_rows_have() -> None:
    n, hard_way, easy_way = 100, np.eye(6)[0], np.eye(6)[1]
    sign = RNG.choice([-1.0, 1.0], (3 * n, 1))
    kinds = (hard_way, easy_way, hard_way + 0.2 * easy_way)  # hard alone, easy alone, both
    rows = sign * np.concatenate([np.tile(kind, (n, 1)) for kind in kinds])
    confidence = np.concatenate([np.full(n, 0.55), np.full(2 * n, 0.95)])
    assert overlap_density(confidence, rows + 0.01 * RNG.standard_normal(rows.shape)) == pytest.approx(1 / 3)
    assert overlap_density(np.full(3 * n, 0.9), rows) == 0.0


def test_what_both_saw_is_that_of_the_rows_the_student_learned_from(tmp_path: Path) -> None:
    small = ["split.supervisor=200", "split.transfer=150", "split.validation=50", "split.test=100", "train.epochs=2"]
    store = Store(tmp_path)
    made = run_experiments(read_experiments("digits", settings=small, seeds=[0, 1]), store)
    group = next(one for one in pool(store, made.records) if one.method == "naive")
    seen = representations(store, group)
    assert seen is not None
    assert {len(seen.weak), len(seen.strong), len(seen.confidence)} == {150}
    assert seen.weak.shape[1] < seen.strong.shape[1]
    assert ((seen.confidence > 0.1) & (seen.confidence <= 1)).all()
    assert 0 < shared_directions(seen.weak, seen.strong) < 1
    assert representations(store, replace(group, keys=["ab" * 32])) is None
