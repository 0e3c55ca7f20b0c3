"""Studies from one store to another."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import StoreError
from outgrow.experiment import Experiment
from outgrow.results.records import read_records
from outgrow.store import Store
from outgrow.store.copying import copy
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
Cli = Callable[..., tuple[int, str, str]]


def held(store: Any) -> tuple[Any, ...]:
    return {one.key: vars(one) for one in store.manifests()}, dict(store.results())


def test_a_study_goes_there_and_back_unchanged(
    store: Store, remote: Callable[[], Any], toy: Toy, tmp_path: Path
) -> None:
    run_experiments(toy(), store)
    there, back = remote(), Store(tmp_path / "back")
    first = copy(store, there)
    assert (first.artefacts, first.rows, first.there) == (len(store.keys()), 2, 0)
    assert first.size == sum(one.size for one in store.manifests())
    assert held(remote()) == held(store)
    again = copy(store, there)
    assert (again.artefacts, again.size, again.rows, again.there) == (0, 0, 0, len(store.keys()))
    copy(remote(), back)
    assert held(back) == held(store)
    assert there.verify() == back.verify() == []
    for one in (remote(), back):
        assert run_experiments(toy(), one).computed == 0


def test_copying_goes_on_after_it_was_stopped(
    store: Store, remote: Callable[[], Any], toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_experiments(toy(), store)
    there, left = remote(), [3]
    receive = there.receive

    def some(*given: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        receive(*given)

    monkeypatch.setattr(there, "receive", some)
    with pytest.raises(KeyboardInterrupt):
        copy(store, there)
    done = len(remote().keys())
    assert 0 < done <= 3
    assert list(remote().results()) == []
    rest = copy(store, remote())
    assert (rest.there, rest.artefacts) == (done, len(store.keys()) - done)
    assert held(remote()) == held(store)


def test_rows_are_chosen_and_what_they_rest_on_comes_with_them(
    store: Store, cli: Cli, toy: Toy, tmp_path: Path, remote: Callable[[], Any], bucket: str
) -> None:
    run_experiments(toy(seeds=[0, 1]), store)
    status, out, _ = cli("store", "push", f"{bucket}/study", f"--store={store.root}", "--where", "method=naive")
    (_, rows), there = held(store), remote()
    naive = {name: row for name, row in rows.items() if row["row"]["method"] == "naive"}
    assert (status, dict(there.results())) == (0, naive)
    steps = {key for row in naive.values() for key in row["steps"]}
    assert there.keys() == steps & store.keys()
    assert f"copied {len(there.keys())} artefacts, " in out
    assert f" and 2 rows from {store.root} to {bucket}/study" in " ".join(out.split())
    status, _, err = cli("store", "push", f"{bucket}/study", f"--store={store.root}", "--where=method=nonsense")
    assert (status, "method=nonsense" in err) == (2, True)
    status, out, _ = cli("store", "pull", f"{bucket}/study", f"--store={tmp_path / 'back'}")
    assert status == 0
    assert dict(Store(tmp_path / "back").results()) == naive
    status, _, err = cli("store", "pull", str(store.root), f"--store={store.root}")
    assert (status, "is the store itself" in err) == (2, True)
    status, _, err = cli("store", "pull", f"{bucket}/nothing", f"--store={store.root}")
    assert (status, "no store at" in err) == (2, True)


def test_rows_that_differ_are_told_and_left(store: Store, tmp_path: Path, cli: Cli) -> None:
    other = Store(tmp_path / "other")
    row = {"failure": "", "steps": [], "x": 1, "provenance": {"computed": "then"}}
    broken, elsewhere = row | {"failure": "it broke"}, row | {"provenance": {"computed": "now"}}
    for name, mine, theirs in (
        ("same", row, row), ("elsewhere", row, elsewhere), ("differs", row, row | {"x": 2}), ("mended", row, broken),
        ("broken", broken, row),
    ):  # fmt: skip
        store.write_result(name, mine)
        other.write_result(name, theirs)
    store.write_result("new", row)
    before = dict(other.results())
    done = copy(store, other)
    assert (done.rows, done.conflicts) == (2, ["differs"])
    assert dict(other.results()) == before | {"new": row, "mended": row}
    status, out, _ = cli("store", "push", str(other.root), f"--store={store.root}")
    assert status == 1
    said = " ".join(out.split())
    assert f"1 row of {other.root} says something else than that of" in said
    assert "keeps its own; to have the other, say `outgrow results forget --store" in said


def test_what_is_damaged_or_missing_is_told_and_its_rows_are_left(store: Store, toy: Toy, tmp_path: Path) -> None:
    run_experiments(toy("method.name=naive", seeds=[0, 1]), store)
    first = read_records(store)[0]
    (only,) = [key for key in first.steps if key == first.row.key]
    (store.open(only) / "test.parquet").write_bytes(b"damaged")
    done = copy(store, Store(tmp_path / "other"))
    assert (list(done.damaged), len(done.left), done.rows) == ([only], 1, 1)
    assert "moved aside" in done.damaged[only]
    later = copy(store, Store(tmp_path / "other"))
    assert later.missing == {only}


def test_a_full_disk_is_that_of_the_store_that_is_copied_to(
    store: Store, tmp_path: Path, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_experiments(toy("method.name=naive"), store)
    copied, place = shutil.copyfile, tmp_path / "other"

    def full(source: Path, target: Path) -> None:
        if target.is_relative_to(place):
            raise OSError(errno.ENOSPC, "No space left on device", str(source), None, str(target))
        copied(source, target)

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StoreError, match=f"the disk of {str(place)!r} is full"):
        copy(store, Store(place))
    assert os.listdir(place / "tmp") == []
    assert Store(place).keys() == set()
    monkeypatch.undo()
    copy(store, Store(place))
    assert held(Store(place)) == held(store)


def test_a_file_that_changes_while_it_is_copied_is_found(store: Store, tmp_path: Path, toy: Toy) -> None:
    run_experiments(toy("method.name=naive"), store)
    manifest = store.manifests()[0]
    (tmp_path / "files").mkdir()
    for name in manifest.files:
        (tmp_path / "files" / name).write_text("others")
    other = Store(tmp_path / "other")
    with pytest.raises(StoreError, match="has changed while it was copied"):
        other.receive(manifest, tmp_path / "files")
    assert other.keys() == set()
    assert json.dumps(sorted(one.name for one in (other.root / "tmp").iterdir())) == "[]"
