"""Rows of an older version: fields that have come since stand at their defaults, and are no difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outgrow.config import to_tables
from outgrow.config.completed import completed
from outgrow.experiment import Experiment
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.results.settings import differing
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]


def test_a_row_without_fields_that_came_later_is_one_of_the_same_study(store: Store, toy: Toy) -> None:
    run_experiments(toy("method.name=naive", seeds=[0, 1]), store)
    name, fields = next(iter(store.results()))
    for table in (fields["settings"]["weak"], fields["settings"]["strong"]):
        assert table["train"].pop("anchor") == 0.0
    assert fields["settings"]["split"].pop("supervisor_shares", None) in (None, [])
    fields["settings"]["method"].pop("labels")
    store.write_result(name, fields)
    records = read_records(store)
    assert len(records) == 2
    assert differing([one.settings for one in records], all_of_them=True) == []
    assert len(pool(store, records)) == 1


def test_what_is_whole_stays_as_it_is(toy: Toy) -> None:
    (one,) = toy("method.name=naive", seeds=[0])
    tables = to_tables(one)
    assert completed(tables) == tables


@pytest.mark.parametrize(
    "broken", [None, 7, [], "no-such", {"model": "no-such"}, {"model": []}, {"model": "toy-xs", "x": 1}]
)
def test_what_is_none_or_not_here_stays_as_it_is(broken: Any, toy: Toy) -> None:
    (one,) = toy("method.name=naive", seeds=[0])
    tables = to_tables(one) | {"weak": broken, "strong": broken, "something": broken}
    assert completed(tables) == tables
