"""Difficulty by a ladder of models: the first rung from which on all are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from outgrow.config import from_tables, read, to_tables, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.learning.ladder import by_ladder
from outgrow.steps import Context, Steps, Trained, walk_unique
from outgrow.steps.grade import Graded
from outgrow.store import Store
from outgrow.sweep import run_experiments

Experiments = Callable[..., list[Experiment]]
LADDER = ("method.name=naive", 'difficulty.models=["toy-xs","toy-m","toy-l"]', "split.pool=200", "split.supervisor=40")


def test_the_rung_from_which_on_all_are_right() -> None:
    right = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 0]], bool).T
    assert by_ladder(right).tolist() == [3, np.inf, 1, 4, np.inf]


def graded(one: Experiment, steps: Steps) -> Graded:
    (found,) = (step for step in walk_unique(run(one, steps)) if isinstance(step, Graded))
    return found


def test_examples_are_graded_by_models_that_have_not_seen_them(toy: Experiments, store: Store) -> None:
    (one,) = toy(*LADDER, "split.easy=1", "split.hard=1", "split.transfer=30")
    steps = Steps()
    step = graded(one, steps)
    swept = run_experiments([one], store)
    assert not swept.failures
    context = Context(store)
    split = run(one, steps).labels.part.split
    data = split.read(context)
    assert data.examples.difficulty is not None
    assert set(data.examples.difficulty) == {1, 2, 3, 4}
    np.testing.assert_array_equal(data.examples.difficulty, step.read(context))
    truth = data.truth
    assert truth is not None
    pool = step.rungs[0].pieces[0].split
    right = []
    for rung in step.rungs:
        first, second = rung.members
        assert isinstance(first, Trained)
        assert first.labels is None
        assert (first.part.start, rung.pieces[0].start) == (100, 0)
        said = [one.answers(context, piece) for one, piece in zip((first, second), rung.pieces, strict=True)]
        right.append(np.concatenate(said).argmax(1) == truth[np.asarray(data.examples.part("pool"))])
    wanted = np.minimum(by_ladder(np.array(right)), 4)
    np.testing.assert_array_equal(step.read(context)[np.asarray(data.examples.part("pool"))], wanted)
    easy, hard = (data.examples.difficulty[data.rows(split.part(name))] for name in ("supervisor", "transfer"))
    assert (easy.max(), hard.min()) == (1, 2)
    assert (len(easy), len(hard)) == (40, 30)
    shown = pq.read_table(store.open(run(one, steps).key) / "test.parquet")["difficulty"].to_numpy()
    np.testing.assert_array_equal(shown, data.examples.difficulty[data.rows(split.part("test"))])
    assert pool.dataset.key == split.dataset.key


def test_sizes_and_seeds_share_the_ladder_and_without_one_no_key_changes(toy: Experiments) -> None:
    (one,), (more,), (plain,) = toy(*LADDER), toy(*LADDER, "split.transfer=80"), toy(LADDER[0], *LADDER[2:])
    assert graded(one, Steps()).key == graded(more, Steps()).key
    assert {"ladder"} == set(one.identity()) - set(plain.identity())
    assert "difficulty" not in to_tables(plain)
    assert read(to_toml(one), name="tiny") == one
    assert from_tables(to_tables(one), name="tiny", seed=0) == one


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (('difficulty.models=["toy-l","toy-xs"]', "split.pool=200"), "goes from the smallest model to the largest"),
        (("difficulty.models=[]",), r"\[difficulty\] needs models = \[...\], smallest first"),
        (('difficulty.model="toy-l"',), "unknown key 'difficulty.model'"),
    ],
)
def test_a_ladder_that_is_none_is_told(toy: Experiments, settings: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy("method.name=naive", *settings)


def test_a_ladder_needs_a_pool(toy: Experiments) -> None:
    (one,) = toy("method.name=naive", 'difficulty.models=["toy-xs"]')
    with pytest.raises(ConfigError, match=r"set split\.pool"):
        run(one, Steps())
