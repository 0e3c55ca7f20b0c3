"""Rows are forgotten by what one asks for, and failed ones give way to a success."""

from __future__ import annotations

import csv
import io
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.results.forget import forget
from outgrow.results.records import read_records
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
BREAKS = "strong.train.learning_rate=3e37"  # no longer a number after an update


@pytest.fixture
def ran(toy: Toy, store: Store) -> Store:
    """A store with two rows that are well and two that failed."""
    run_experiments(toy(), store)
    run_experiments(toy(BREAKS), store)
    return store


def verdicts(store: Store) -> list[bool]:
    return sorted(bool(one.failure) for one in read_records(store))


def age(store: Store, days: float) -> None:
    for path in (store.root / "results").iterdir():
        os.utime(path, (time.time() - days * 86_400,) * 2)


def test_without_a_condition_failed_rows_of_yesterday_go(ran: Store) -> None:
    assert forget(ran) == []
    age(ran, 1.1)
    assert [one.row.verdict for one in forget(ran, dry_run=True)] == ["failed"] * 2
    assert len(read_records(ran)) == 4
    assert [one.row.verdict for one in forget(ran)] == ["failed"] * 2
    assert verdicts(ran) == [False, False]


def test_conditions_narrow_each_other(ran: Store) -> None:
    (one,) = forget(ran, failed=True, where=["method=naive"])
    assert (one.row.method, bool(one.failure)) == ("naive", True)
    assert len(forget(ran, where=["method=naive"])) == 1
    (left, failed) = sorted(read_records(ran), key=lambda one: one.failure)
    assert forget(ran, key=left.row.key[:12]) == [left]
    assert read_records(ran) == [failed]
    with pytest.raises(ConfigError, match="no row has a key that begins so"):
        forget(ran, key=left.row.key[:12])
    for wrong in ("abc", "xyzw", "../../..", left.row.key + "0"):
        with pytest.raises(ConfigError, match="write the first 4 or more"):
            forget(ran, key=wrong)


def test_the_command_line(ran: Store, cli: Callable[..., tuple[int, str, str]]) -> None:
    where = ["--store", str(ran.root)]
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(cli("results", *where, "--format", "csv")[1])))
    key = next(row["key"] for row in rows if row["verdict"] != "failed" and row["method"] == "naive")
    status, out, _ = cli("results", "forget", *where, "--key", key[:16], "--dry-run")
    assert (status, out.splitlines()[-1]) == (
        0, "would remove 1 row; what they rest on stays until `outgrow store gc`",
    )  # fmt: skip
    assert out.startswith(f"{key[:12]}  tiny, toy-xs -> toy-l, naive, seed 0: ")
    before = ran.keys()
    assert "removed 1 row;" in cli("results", "forget", *where, "--key", key)[1]
    assert "removed 2 rows;" in cli("results", "forget", *where, "--failed")[1]
    assert cli("results", "forget", *where)[1] == "removed 0 rows\n"
    assert ran.keys() == before
    assert len(read_records(ran)) == 1
    status, _, err = cli("results", *where, "forget")
    assert (status, err) == (2, "error: write --store after forget, not before it\n")


def test_a_success_takes_the_place_of_what_failed_before_the_data_were_mended(toy: Toy, store: Store) -> None:
    """Same experiment, settings and seed, another key: the content of the data is part of it."""
    (good,) = run_experiments(toy("method.name=naive"), store).records
    failed = replace(good, failure="no label", row=replace(good.row, key="ab" * 32, verdict="failed"))
    others = {
        "a" * 24: failed,
        "b" * 24: replace(failed, row=replace(failed.row, seed=7)),
        "c" * 24: replace(failed, settings=failed.settings | {"metric": "auroc"}),
    }
    for name, one in others.items():
        store.write_result(name, asdict(one))
    run_experiments(toy("method.name=naive"), store)
    assert verdicts(store) == [False, True, True, True], "nothing was computed"
    shutil.rmtree(store.folder(good.row.key))
    run_experiments(toy("method.name=naive"), store)
    assert verdicts(store) == [False, True, True]
    assert store.result("a" * 24) is None
