"""Labels smoothed by how little a training learns of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from outgrow import experiment
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.learning.epiplexity import Smoothing, learned, smoothed
from outgrow.methods.epiplexity import Epiplexity
from outgrow.steps import Steps, Trained
from outgrow.steps.crossfit import CrossFitted
from outgrow.steps.rework import Reworked
from outgrow.store import Store
from outgrow.sweep import run_experiments

TARGETS = np.random.default_rng(0).dirichlet([1, 1, 1], 10).astype(np.float32)
GAINS = np.array([5, 1, 4, 0, 9, 8, 2, 7, 6, 3], float)


def test_ranks_above_the_share_are_untouched_and_the_worst_row_is_even() -> None:
    found = smoothed(TARGETS, GAINS, share=0.4)
    order = np.argsort(GAINS)
    np.testing.assert_array_equal(found[order[4:]], TARGETS[order[4:]])
    np.testing.assert_allclose(found[order[0]], 1 / 3, rtol=1e-6)
    for r in range(4):
        c = (1 - r / 10 / 0.4) ** 2
        np.testing.assert_allclose(found[order[r]], (1 - c) * TARGETS[order[r]] + c / 3, rtol=1e-5)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    assert found.dtype == np.float32


def test_rows_without_a_label_have_no_rank_and_stay_so() -> None:
    silent = TARGETS.copy()
    silent[3] = 0  # the least learned
    found = smoothed(silent, GAINS, share=0.4)
    assert not found[3].any()
    np.testing.assert_allclose(found[1], 1 / 3, rtol=1e-6)  # the least learned that has a label
    assert not smoothed(np.zeros((3, 2), np.float32), np.zeros(3), share=0.4).any()


def test_what_is_learned_is_how_far_the_cross_entropy_fell() -> None:
    targets = np.array([[1, 0], [0, 1], [0.5, 0.5], [0, 0]], np.float32)
    first = np.full((4, 2), 0.5)
    last = np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]])
    wanted = [np.log(0.9 / 0.5), np.log(0.4 / 0.5), 0, 0]
    np.testing.assert_allclose(learned(targets, first, last), wanted, atol=1e-12)
    np.testing.assert_allclose(learned(targets, None, last), wanted, atol=1e-12)  # classes occur equally often
    rule = Smoothing(share=0.5)
    np.testing.assert_array_equal(rule.apply(targets, [last]), rule.apply(targets, [first, last]))


def test_labels_are_out_of_fold_and_the_trial_learns_them(toy: Callable[..., list[Experiment]], store: Store) -> None:
    (one,) = toy("method=naive", "train.epochs=3")
    one = replace(one, method=Epiplexity(early=1))
    last = experiment.run(one, Steps()).student.by
    assert isinstance(last, Trained)
    assert last.labels is not None
    by = last.labels.by
    assert isinstance(by, Reworked)
    assert isinstance(by.labels.by, CrossFitted)
    trials = by.models
    assert [step.role.train.epochs for step in trials if isinstance(step, Trained)] == [1, 3]
    assert all(step.labels is by.labels for step in trials if isinstance(step, Trained))
    assert not run_experiments([one], store).failures


def test_what_it_cannot_do_is_told(toy: Callable[..., list[Experiment]]) -> None:
    (one,) = toy("method=naive", "train.epochs=2")
    with pytest.raises(ConfigError, match="early = 2 of 2 epochs; take fewer with adam, or 0"):
        experiment.run(replace(one, method=Epiplexity(early=2)), Steps())
