"""Where a training would have been stopped: picking the best check does not flatter it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from outgrow.analyses.base import Study
from outgrow.analyses.bases.stopping import gained, halves, stopped
from outgrow.experiment import Experiment
from outgrow.results.checks import Checks
from outgrow.results.pooling import pool
from outgrow.store import Store
from outgrow.sweep import run_experiments

PROGRESS = np.linspace(0, 1, 6)


def made(
    shares: list[float], *, n: int = 400, seeds: int = 3, seed: int = 0, agreement: list[float] | None = None
) -> Checks:
    """Checks at which each example is right with these chances, independently."""
    rng = np.random.default_rng(seed)

    def drawn(chances: list[float]) -> np.ndarray:
        found: np.ndarray = rng.random((seeds, len(chances), n)) < np.array(chances)[None, :, None]
        return found.astype(np.float32)

    return Checks(
        seeds=tuple(range(seeds)), progress=PROGRESS[: len(shares)], right=drawn(shares),
        agrees=drawn(agreement or shares), groups=np.arange(n),
    )  # fmt: skip


def test_of_checks_that_are_equally_good_the_best_is_no_better_than_the_last() -> None:
    flat = [0.7] * 6
    honest = np.array([gained(made(flat, seed=s), "truth", "last").value for s in range(200)])
    flattering = np.array([(c.right[:, 1:].mean(2).max(1) - c.right[:, -1].mean(1)).mean()
                           for c in (made(flat, seed=s) for s in range(200))])  # fmt: skip
    assert abs(honest.mean()) < 3 * honest.std() / np.sqrt(200)
    assert flattering.mean() > 0.01


def test_what_is_lost_by_going_on_is_found() -> None:
    checks = made([0.5, 0.6, 0.8, 0.75, 0.7, 0.65], n=4_000, agreement=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
    assert gained(checks, "truth", "last").value == pytest.approx(0.15, abs=0.02)
    assert gained(checks, "truth", "labels").value == pytest.approx(0.15, abs=0.02)
    assert gained(checks, "labels", "last").value == 0
    assert (gained(checks, "truth", "last").estimate().low or 0) > 0.1


def test_the_untrained_model_is_no_place_to_stop() -> None:
    checks = made([0.99, 0.6, 0.6, 0.6, 0.6, 0.6], n=4_000)
    assert stopped(checks, "truth").mean() == pytest.approx(0.6, abs=0.02)


def test_halves_hold_whole_groups() -> None:
    groups = np.arange(101) // 2
    first = halves(groups)
    assert len(np.unique(groups[first])) + len(np.unique(groups[~first])) == len(np.unique(groups))
    assert abs(first.mean() - 0.5) < 0.03


def test_checks_are_read_out_of_the_store(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    run_experiments(toy(seeds=[0, 1]), store)
    for group in pool(store, [*run_experiments(toy(seeds=[0, 1]), store).records]):
        study = Study(groups=[group], store=store)
        student, ceiling = study.checks(group), study.checks(group, "ceiling")
        assert student is not None
        assert ceiling is not None
        assert student.agrees is not None
        assert ceiling.agrees is None
        curve = group.curves["student"]
        assert student.right.mean((0, 2)) == pytest.approx([point.accuracy for point in curve], abs=1e-3)
        assert student.agrees.mean((0, 2)) == pytest.approx([point.agreement for point in curve], abs=1e-3)
        assert [*student.progress] == [point.progress for point in curve]
        assert student.right.shape[2] == len(student.groups) == curve[0].n // 2


def test_without_a_store_there_are_no_checks(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    groups = pool(store, run_experiments(toy(), store).records)
    assert Study(groups=groups).checks(groups[0]) is None
