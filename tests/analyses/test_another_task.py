"""Claim 37: the same students on another task's test and on their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import Made, World, ladder

from outgrow.analyses.base import analyses, studies
from outgrow.analyses.bases.elsewhere import less
from outgrow.analyses.bases.finding import Finding
from outgrow.experiment import Experiment
from outgrow.intervals.measured import mean
from outgrow.results.pooling import pool
from outgrow.store import Store
from outgrow.sweep import run_experiments


def found(of: Made) -> Sequence[Finding]:
    panel = analyses["shift"](of)
    assert panel is not None
    return panel.findings


def test_gain_on_another_task() -> None:
    options: dict[str, Any] = {"shift": {"name": "tweets"}}
    for pgr, verdict in ((0.5, "holds"), (-0.5, "fails here")):
        of = ladder(World(), lambda *_, pgr=pgr: pgr, **options)
        assert [one.verdict for one in found(of)] == [verdict] * 2
    assert analyses["shift"](ladder(World(), lambda *_: 0.5)) is None


def test_the_gap_recovered_on_another_task_beside_that_at_home() -> None:
    world = World()
    own = ladder(world, lambda *_: 0.5)
    for pgr, verdict in ((0.5, "holds"), (0.1, "fails here")):
        away = ladder(World(rows=1_500, seed=1), lambda m, w, s, pgr=pgr: pgr, shift={"name": "tweets"})
        groups = [replace(g, keys=[f"away-{key}" for key in g.keys]) for g in away.groups]
        cells = [replace(away.given[tuple(g.keys)], examples="others") for g in away.groups]
        given = own.given | {tuple(g.keys): some for g, some in zip(groups, cells, strict=True)}
        both = found(Made(groups=groups, given=given, elsewhere=own.groups))[-1]
        assert both.about.startswith("mean PGR there, ")
        assert both.about.endswith("(6 pairs)")
        assert both.value == pytest.approx(pgr - 0.5, abs=0.05)
        assert both.verdict == verdict
        lacking = Made(groups=groups, given=given, elsewhere=[replace(g, verdict="no-gap") for g in own.groups])
        assert len(found(lacking)) == 2


def test_numbers_on_other_rows_are_compared_by_seed() -> None:
    """What a seed does to both cancels, rows of both count by how many there are, and groups stay together."""
    rng = np.random.default_rng(0)
    seed = 0.3 * rng.standard_normal((6, 1))
    one, other = (mean(seed + rng.standard_normal(n) + rng.standard_normal((6, n))) for n in (800, 200))
    both = less(one, other)
    assert both.value == pytest.approx(one.value - other.value)
    assert both.influence.mean() == pytest.approx(0, abs=1e-12)
    assert both.estimate().error == pytest.approx(np.sqrt(1 / 800 + 1 / 200 + 1 / 4_800 + 1 / 1_200), rel=0.15)
    assert both.estimate().error < 0.9 * np.hypot(one.estimate().error, other.estimate().error)
    pairs = np.repeat(np.arange(400), 2)
    twice = less(replace(one, groups=pairs), replace(other, groups=pairs[:200]))
    assert twice.groups is not None
    assert len(np.unique(twice.groups)) == 400 + 100


def test_a_difference_of_other_rows_is_covered_as_often_as_it_says() -> None:
    rng, inside = np.random.default_rng(1), 0
    for _ in range(400):
        seed, own = 0.05 * rng.standard_normal((5, 1)), 0.05 * rng.standard_normal((5, 1))
        one = mean(seed + own + 0.5 * rng.standard_normal(100) + 0.5 * rng.standard_normal((5, 100)))
        other = mean(seed + 0.5 * rng.standard_normal(300) + 0.5 * rng.standard_normal((5, 300)))
        at = less(one, other).estimate()
        assert at.low is not None
        assert at.high is not None
        inside += at.low < 0 < at.high
    assert 0.92 <= inside / 400 <= 0.985


def test_a_study_knows_what_its_experiment_found_on_other_tasks() -> None:
    one, other = ladder(World(), lambda *_: 0.5), ladder(World(), lambda *_: 0.5, task="tweets")
    third = [replace(g, experiment="another") for g in other.groups]
    here, there, apart = studies([*one.groups, *other.groups, *third])
    assert [g.task for g in here.elsewhere] == ["tweets"] * len(other.groups)
    assert {(g.experiment, g.task) for g in there.elsewhere} == {("made", "films")}
    assert apart.elsewhere == []


def test_of_a_real_run_both_tests_are_found(toy: Callable[..., list[Experiment]], store: Store) -> None:
    """Results at home and away have the same settings but for the test."""
    other = ("shift.name=toy", "shift.seed=0", "shift.noise=0.3", "shift.n=2500", "shift.test=400", "task.n=2500")
    some = toy(*other, "split.test=400", "method.name=naive", seeds=[0, 1, 2])
    groups = [replace(g, verdict="ok") for g in pool(store, run_experiments(some, store).records)]
    panels = [panel for study in studies(groups, store) if (panel := analyses["shift"](study)) is not None]
    (panel,) = panels
    at = panel.findings[-1]
    assert at.about.startswith("mean PGR there, ")
    assert (at.seeds, at.n) == (3, 800)
