"""Very many rows are listed out of one file beside them; whatever happens to it, no row is wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import StoreError
from outgrow.experiment import Experiment
from outgrow.results import aside, listing, pooling
from outgrow.results.pooling import pool
from outgrow.results.records import read_records, records_by_name
from outgrow.results.settings import Flat, differing, dotted, flat
from outgrow.results.table import Group, Record
from outgrow.store import Store, open_store
from outgrow.store.folder import stamps
from outgrow.store.manifests import read_row
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
BREAKS = "strong.train.learning_rate=3e37"  # no longer a number after an update


@pytest.fixture
def many(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with five rows, one of which failed, that counts as one with many, none of them written just now."""
    run_experiments([*toy(seeds=[0, 1]), toy(BREAKS)[0]], store)
    monkeypatch.setattr(listing, "FEW", 0)
    monkeypatch.setattr(stamps, "SETTLED", -(10**18))
    return store


def one_by_one(store: Store) -> list[Record]:
    """All records, each read from its own file."""
    few, listing.FEW = listing.FEW, 10**9
    try:
        return read_records(store)
    finally:
        listing.FEW = few


def pooled_anew(store: Store) -> list[Group]:
    return pool(store, one_by_one(store))


def paths(store: Store) -> list[Path]:
    return sorted((store.root / "results").iterdir())


class Counting:
    """Calls a function, and counts how often."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.calls, self._function = 0, function

    def __call__(self, *given: Any) -> Any:
        self.calls += 1
        return self._function(*given)


def refuse(*_: object, **__: object) -> Any:
    raise AssertionError("nothing needs to be read")


def test_rows_are_the_same_and_are_not_read_again(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = one_by_one(many)
    assert len(found) == 5
    assert read_records(many) == found  # read, and listed
    assert [path.name for path in many.root.iterdir() if path.is_file()].count("rows") == 1
    records = read_records(many)
    assert records == found  # their curves and steps come from their own files
    assert [replace(one) for one in records] == found
    monkeypatch.setattr("outgrow.store.folder.rows.read_row", refuse)
    again = read_records(many)
    assert [one.row for one in again] == [one.row for one in found]
    assert [one.evaluation for one in again] == [one.evaluation for one in found]
    assert [one.settings for one in again] == [one.settings for one in found]
    assert [one.provenance for one in again] == [one.provenance for one in found]
    assert [one.notes for one in again] == [one.notes for one in found]
    assert len(read_records(many, where=["method=naive", "failure="])) == 2
    assert len(read_records(many, where=["strong.train.learning_rate=3e37"])) == 1


@pytest.mark.parametrize("what", ["gone", "of other columns", "damaged"])
def test_rows_without_the_evaluations_beside_them(many: Store, what: str) -> None:
    found = read_records(many)
    assert read_records(many) == found
    path = many.aside(listing.EVALUATIONS)
    if what == "gone":
        path.unlink()
    elif what == "damaged":
        path.write_bytes(path.read_bytes()[:-3])
    else:
        content = json.loads(aside.read_aside(path))
        aside.write_aside(path, json.dumps(content[::-1]).encode())
    assert [one.evaluation for one in read_records(many)] == [one.evaluation for one in found]
    paths(many)[0].unlink()
    assert read_records(many) == one_by_one(many)  # all were read anew
    assert json.loads(aside.read_aside(path))


def test_pooled_results_are_the_same_and_are_not_evaluated_again(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = pooled_anew(many)
    assert [len(one.seeds) for one in wanted] == [2, 1, 2]
    assert pool(many, read_records(many)) == wanted
    monkeypatch.setattr(pooling, "evaluate_keys", refuse)
    assert pool(many, read_records(many)) == wanted
    with pytest.raises(AssertionError):  # of other rows nobody knows
        pool(many, read_records(many)[::-1])


def test_a_row_that_is_written_anew_counts(many: Store) -> None:
    before = pooled_anew(many)
    read_records(many)
    name, one = next((name, one) for name, one in records_by_name(many).items() if not one.failure)
    fields = many.result(name)
    assert fields is not None
    fields["row"]["student_score"] = fields["evaluation"]["scores"]["student"]["value"] = 0.125
    many.write_result(name, fields)
    assert records_by_name(many)[name].row.student_score == 0.125 != one.row.student_score
    assert read_records(many) == one_by_one(many)
    assert pool(many, read_records(many)) == pooled_anew(many) == before  # the answers are what they were


def test_answers_that_are_computed_anew_are_pooled_anew(many: Store, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pool(many, read_records(many))
    for name, one in records_by_name(many).items():
        shutil.rmtree(many.folder(one.row.key), ignore_errors=True)
        many.forget_result(name)
    monkeypatch.setattr("outgrow.results.recording.time.strftime", lambda *_: "2030-01-01 00:00 UTC")
    run_experiments(toy(seeds=[0, 1]), many)
    evaluate = Counting(pooling.evaluate_keys)
    monkeypatch.setattr(pooling, "evaluate_keys", evaluate)
    found = pool(many, read_records(many))
    assert evaluate.calls == 2
    assert [one.student for one in found] == [one.student for one in before if one.student]


def test_what_changed_on_disk_is_read_again(many: Store) -> None:
    read_records(many)
    first, second, third, *_ = paths(many)
    times = os.stat(first)
    text = first.read_text()
    first.write_text(text.replace('"seed": 0', '"seed": 9').replace('"seed": 1', '"seed": 9'))
    os.utime(first, ns=(times.st_atime_ns, times.st_mtime_ns))  # as long as before, and as old
    with pytest.raises(StoreError, match="was changed after it was written"):
        read_records(many)
    shutil.copy(second, first)
    with pytest.raises(StoreError, match="is a copy of the results row"):
        read_records(many)
    first.unlink()
    assert len(read_records(many)) == 4
    assert read_records(many) == one_by_one(many)
    content = third.read_bytes()
    third.unlink()
    assert len(read_records(many)) == 3
    third.write_bytes(content)
    assert read_records(many) == one_by_one(many)


def test_rows_that_were_written_just_now_are_not_trusted(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "SETTLED", 10**18)
    read = Counting(read_row)
    monkeypatch.setattr("outgrow.store.folder.rows.read_row", read)
    for _ in range(2):
        read_records(many)
    assert read.calls == 10


@pytest.mark.parametrize("name", ["rows", "pooled"])
def test_a_damaged_listing_is_made_anew(name: str, many: Store) -> None:
    wanted, groups = one_by_one(many), pooled_anew(many)
    pool(many, read_records(many))
    path, random_ = many.root / name, random.Random(0)
    whole = path.read_bytes()
    damaged = [b"", whole[:1], whole[: len(whole) // 2], whole + b" ", b"\n\n\n", whole.replace(b"0", b"1")]
    for _ in range(20):
        place = random_.randrange(len(whole))
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << random_.randrange(8)]) + whole[place + 1 :])
    for content in damaged:
        assert content != whole
        path.write_bytes(content)
        records = read_records(many)
        assert records == wanted
        assert pool(many, records) == groups
        assert path.read_bytes() == whole
    path.unlink()
    path.mkdir()
    assert pool(many, read_records(many)) == groups


def test_a_listing_of_another_store_says_nothing(many: Store, toy: Toy, tmp_path: Path) -> None:
    read_records(many)
    copy = Store(tmp_path / "copy")
    shutil.copytree(many.root, copy.root)  # with the times of its files
    name = next(iter(records_by_name(copy)))
    fields = json.loads((copy.root / "results" / f"{name}.json").read_bytes())
    (copy.root / "results" / f"{name}.json").unlink()
    content = (copy.root / "rows").read_bytes()
    assert read_records(copy) == one_by_one(copy)
    assert len(read_records(copy)) == 4
    other = Store(tmp_path / "other")
    run_experiments(toy("task.noise=0.2"), other)
    (other.root / "rows").write_bytes(content)
    assert read_records(other) == one_by_one(other)
    assert fields["row"]["key"] not in {one.row.key for one in read_records(other)}


def test_a_listing_of_other_code_says_nothing(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pool(many, read_records(many))
    monkeypatch.setattr(aside, "code", lambda: "other")
    monkeypatch.setattr(pooling, "evaluate_keys", refuse)
    with pytest.raises(AssertionError):
        pool(many, read_records(many))


def test_a_store_that_cannot_be_written_is_listed_all_the_same(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = pooled_anew(many)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("outgrow.results.aside.os.replace", full)
    assert pool(many, read_records(many)) == wanted
    assert not {path.name for path in many.root.iterdir()} & {"rows", "pooled"}
    assert not list(many.root.glob(".*"))


def test_a_row_that_goes_while_it_is_looked_at_is_told(many: Store) -> None:
    read_records(many)
    one = read_records(many)[0]
    for path in paths(many):
        path.unlink()
    assert one.row.key
    with pytest.raises(StoreError, match=r"went or was changed while it was read; list the results again"):
        one.curves  # noqa: B018 - read now


def test_rows_of_a_remote_store(toy: Toy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_experiments(toy(seeds=[0, 1]), store)
    wanted = pooled_anew(store)
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "cache"))
    remote = open_store(f"memory://{tmp_path.name}/study")
    run_experiments(toy(seeds=[0, 1]), remote)
    monkeypatch.setattr(listing, "FEW", 0)
    found = pool(remote, read_records(remote))
    assert [replace(one, provenance={}) for one in found] == [replace(one, provenance={}) for one in wanted]
    assert all(remote.aside(name).is_file() for name in ("rows", "pooled"))
    assert pool(remote, read_records(remote)) == found
    for name, one in records_by_name(remote).items():
        if one.row.seed == 1:
            remote.forget_result(name)
    assert {one.row.seed for one in read_records(remote)} == {0}


def test_few_rows_leave_no_file(toy: Toy, store: Store) -> None:
    run_experiments(toy(), store)
    pool(store, read_records(store))
    assert not {path.name for path in store.root.iterdir()} & {"rows", "pooled"}


@pytest.mark.parametrize("seed", range(20))
def test_settings_that_share_tables_differ_as_others_do(seed: int) -> None:
    random_ = random.Random(seed)
    values = [None, 1, 1.0, "1", True, [1, 2], {}, {"deep": 1}, {"deep": {"er": 2}}]
    tables = [{key: random_.choice(values) for key in random_.sample("abcd", 3)} for _ in range(4)]
    settings = [
        {name: random_.choice([*tables, "text"]) for name in random_.sample(["task", "weak", "strong", "split"], 3)}
        for _ in range(6)
    ]
    flats = [flat(one) for one in settings]
    keys = list(dict.fromkeys(key for one in flats for key in one))
    assert dotted(settings) == keys
    found = [key for key in keys if len({str(one.get(key)) for one in flats}) > 1]
    assert differing(settings, all_of_them=True) == found
    looked = Flat()
    assert [[looked.get(one, key) for key in keys] for one in settings] == [[one.get(k) for k in keys] for one in flats]
