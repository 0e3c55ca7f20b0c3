"""Rows of `transfer` of which the supervisor says nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.steps import Context, Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments

Experiments = Callable[..., list[Experiment]]


def test_the_student_learns_from_the_other_rows_and_all_roles_are_scored(toy: Experiments, store: Store) -> None:
    (plain,), (some,) = toy("method.name=naive"), toy("method.name=naive", "split.unlabelled=0.4")
    swept = run_experiments([plain, some], store)
    assert not swept.failures
    whole, part = (run(one, Steps()) for one in (plain, some))
    assert (whole.weak.key, whole.ceiling.key) == (part.weak.key, part.ceiling.key)
    assert whole.student.key != part.student.key
    before, after = (one.labels.read(Context(store)).mean() for one in (whole, part))
    silent = ~after.any(1)
    assert 0.2 < silent.mean() < 0.6
    np.testing.assert_array_equal(after[~silent], before[~silent])
    n = int(silent.sum())
    assert f"{n} of 60 rows have no label to learn from and are left out of the training" in swept.records[1].notes
    held_out = [step.held_out.read(Context(store)).mean() for step in (whole.student.by, part.student.by)]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(*held_out)  # validation is labelled as ever


def test_which_rows_are_silent_is_of_the_seed_and_the_row(toy: Experiments, store: Store) -> None:
    ones = toy("method.name=naive", "split.unlabelled=0.4", seeds=[0, 1])
    more = toy("method.name=naive", "split.unlabelled=0.6")
    run_experiments([*ones, *more], store)
    first, second, larger = (~run(one, Steps()).labels.read(Context(store)).mean().any(1) for one in (*ones, *more))
    assert (first != second).any()
    assert (larger | ~first).all()  # whoever is silent at a smaller share is silent at a larger one


def test_rows_of_texts_are_always_labelled(toy: Experiments) -> None:
    with pytest.raises(ConfigError, match="rows without a label are of classes"):
        toy("split.unlabelled=0.4", "task={name='chess-text'}", "weak.model=gpt2", "strong.model=gpt2")
