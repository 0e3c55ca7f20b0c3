"""A row of the results table leads back to its experiment and to models that answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pyarrow.parquet as pq
import pytest

from outgrow import experiment_of, predictor_of, read_records
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.results.table import Record
from outgrow.steps import Context, NewRows, Steps
from outgrow.store import Store
from outgrow.stored import RoleName
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]


@pytest.fixture
def done(store: Store, toy: Toy) -> list[Record]:
    run_experiments(toy("method.name=confidence", seeds=[0, 3]), store)
    return read_records(store)


def test_a_row_leads_back_to_its_experiment(done: list[Record], toy: Toy) -> None:
    assert [experiment_of(one) for one in done] == toy("method.name=confidence", seeds=[0, 3])


@pytest.mark.parametrize("role", ["weak", "student", "ceiling"])
def test_every_role_answers_as_the_table_has_it_and_new_rows_too(
    store: Store, done: list[Record], role: RoleName
) -> None:
    one, context = done[1], Context(store)
    predictor = predictor_of(one, role)
    stored = pq.read_table(store.open(one.row.key) / "test.parquet")[f"{role}_predicted"].to_numpy()
    experiment = experiment_of(one)
    part = Steps().split(experiment.task, experiment.split, seed=experiment.seed).part("test")
    answers = predictor.answers(context, part)
    assert (answers.argmax(1) == stored).all()
    new = NewRows(inputs=part.values(context)[:7], output=part.kind(context))
    np.testing.assert_allclose(predictor.answers(context, new), answers[:7], atol=1e-6)


def test_a_role_that_is_not_there_is_named(done: list[Record]) -> None:
    with pytest.raises(ConfigError, match="has no 'zero_shot'; it has weak, student, ceiling"):
        predictor_of(done[0], "zero_shot")


def test_a_row_of_other_code_is_no_longer_answered_for(done: list[Record]) -> None:
    old = dataclasses.replace(done[0], row=dataclasses.replace(done[0].row, key="ab" * 32))
    with pytest.raises(ConfigError, match=r"made by other code or from other data.*run its experiment again"):
        predictor_of(old)


def test_a_row_whose_component_is_gone_names_it(done: list[Record]) -> None:
    settings = done[0].settings | {"method": {"name": "gone"}}
    with pytest.raises(ConfigError, match="unknown method 'gone'"):
        predictor_of(dataclasses.replace(done[0], settings=settings))
