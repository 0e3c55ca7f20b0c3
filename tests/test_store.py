"""The store: whole or absent, checked, locked, listed, swept out, and clear about a broken disk."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import DamagedArtefact, StoreError
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.results.records import read_records
from outgrow.steps import Context, Step
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
KEY, OTHER = "ab" * 32, "cd" * 32


def writing(store: Store, key: str = KEY) -> contextlib.AbstractContextManager[Path]:
    return store.write(key=key, step="toy", identity={"a": 1}, inputs={}, versions={"v": "1"})


def put(store: Store, key: str = KEY, text: str = "hello") -> None:
    with writing(store, key) as folder:
        (folder / "file.txt").write_text(text)


def fail(folder: Path, error: type[BaseException]) -> None:
    (folder / "file.txt").write_text("half")
    raise error


def leftovers(store: Store) -> list[str]:
    return os.listdir(store.root / "tmp")


# Whole or absent


def test_what_was_written_is_read_back(store: Store) -> None:
    assert store.keys() == set()
    put(store)
    assert store.keys() == {KEY}
    assert store.has(KEY)
    assert (store.open(KEY) / "file.txt").read_text() == "hello"
    manifest = store.manifest(KEY)
    assert (manifest.step, manifest.identity, manifest.versions, manifest.size) == ("toy", {"a": 1}, {"v": "1"}, 5)
    assert leftovers(store) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_while_writing_leaves_nothing(store: Store, error: type[BaseException]) -> None:
    with pytest.raises(error), writing(store) as folder:
        fail(folder, error)
    assert not store.has(KEY)
    assert leftovers(store) == []


def test_an_artefact_appears_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted at the last moment, when everything is written but not yet in its place."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", interrupt)
        with pytest.raises(KeyboardInterrupt):
            put(store)
    assert not list(store.root.glob("artefacts/*/*"))
    assert leftovers(store) == []


def test_a_folder_without_a_manifest_is_no_artefact(store: Store) -> None:
    folder = store.folder(KEY)
    folder.mkdir(parents=True)
    (folder / "file.txt").write_text("half")
    (folder / "stale.txt").touch()
    assert not store.has(KEY)
    assert store.keys() == set()
    with pytest.raises(StoreError, match=f"no artefact {KEY[:12]}"):
        store.open(KEY)
    put(store)
    assert (store.open(KEY) / "file.txt").read_text() == "hello"
    assert not (folder / "stale.txt").exists()


def test_what_is_there_is_not_written_again(store: Store) -> None:
    put(store, text="first")
    put(store, text="second")
    assert (store.open(KEY) / "file.txt").read_text() == "first"
    assert leftovers(store) == []


def test_a_store_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store at .*nowhere"):
        Store.existing(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# Checked


def flip(path: Path) -> None:
    """Change one bit in the middle of a file, and nothing else about it."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (flip, "file.txt does not match its checksum"),
        (lambda path: path.write_text("longer than it was"), "file.txt does not match its checksum"),
        (Path.unlink, "file.txt is missing"),
        (lambda path: (path.parent / "manifest.json").write_text("{"), "its manifest is damaged"),
        (lambda path: (path.parent / "manifest.json").write_text('{"key": 1}'), "its manifest is damaged"),
        (lambda path: (path.parent / "manifest.json").unlink(), "it has no manifest"),
    ],
)
def test_damage_is_named_and_moved_aside(store: Store, damage: Callable[[Path], Any], problem: str) -> None:
    put(store)
    put(store, OTHER)
    assert store.verify() == []
    damage(store.folder(KEY) / "file.txt")
    (line,) = store.verify()
    assert KEY[:12] in line
    assert problem in line
    assert "run again" in line
    assert store.keys() == {OTHER}
    assert [manifest.key for manifest in store.manifests()] == [OTHER]
    assert len(os.listdir(store.root / "damaged")) == 1
    assert store.verify() == []


def test_damage_is_noticed_when_opened(store: Store) -> None:
    put(store)
    flip(store.folder(KEY) / "file.txt")
    with pytest.raises(DamagedArtefact, match=r"moved aside, run again"):
        store.open(KEY)
    assert not store.has(KEY)


@pytest.mark.parametrize("verified", [False, True])
@pytest.mark.parametrize("name", [f"{name}.safetensors" for name in ("examples", "labels", "model", "predictions")])
def test_a_run_mends_what_is_damaged_on_its_way(store: Store, toy: Toy, name: str, verified: bool) -> None:
    experiments = toy("method.name=naive")
    rows = [one.row for one in run_experiments(experiments, store).records]
    found = store.root.glob(f"artefacts/*/*/{name}")  # of labels, those of transfer: a comparison reads them
    path = next(one for one in found if '"name": "validation"' not in (one.parent / "manifest.json").read_text())
    good = path.read_bytes()
    flip(path)
    if verified:
        (line,) = store.verify()
        assert name in line
        swept = run_experiments(experiments, store)
        assert swept.computed == 1
        assert [one.row for one in swept.records] == rows
    else:  # found while something new is made from it
        swept = run_experiments(toy("method.name=naive", "metric=truth_probability"), store)
        assert swept.computed == 2
    assert not swept.failures
    assert path.read_bytes() == good
    assert store.verify() == []


# Locked


def slow_step(root: str, key: str, log: str, ready: Any) -> None:
    class Slow:
        name, version = "slow", 1
        title = "slow"

        def __init__(self) -> None:
            self.key = key

        def identity(self) -> dict[str, Any]:
            return {}

        def inputs(self) -> dict[str, Step]:
            return {}

        def compute(self, context: Context, folder: Path) -> None:
            with open(log, "a") as handle:
                handle.write("computed\n")
            time.sleep(0.2)
            (folder / "file.txt").write_text("hello")

    store = Store(root)
    ready.wait()
    compute(Slow(), store, Context(store))  # type: ignore[arg-type]


def test_two_processes_compute_a_key_once(store: Store, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    ready = fork.Barrier(2)
    arguments = (str(store.root), KEY, str(tmp_path / "log"), ready)
    both = [fork.Process(target=slow_step, args=arguments) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert [one.exitcode for one in both] == [0, 0]
    assert (tmp_path / "log").read_text() == "computed\n"
    assert store.verify() == []


# Listed


def test_manifests_are_listed_oldest_first(store: Store) -> None:
    put(store, OTHER)
    put(store, KEY)
    assert [manifest.key for manifest in store.manifests()] == [OTHER, KEY]


def delete_index(path: Path) -> None:
    for each in path.parent.glob("index.sqlite*"):
        each.unlink()


def corrupt_index(path: Path) -> None:
    delete_index(path)
    path.write_bytes(b"not a database" * 1000)


def empty_index(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM artefacts")


@pytest.mark.parametrize("spoil", [delete_index, corrupt_index, empty_index])
def test_the_index_is_made_anew(store: Store, spoil: Callable[[Path], None]) -> None:
    put(store)
    spoil(store.root / "index.sqlite")
    put(store, OTHER)
    assert {manifest.key for manifest in store.manifests()} == {KEY, OTHER}
    spoil(store.root / "index.sqlite")
    assert store.rebuild() == 2
    assert {manifest.key for manifest in store.manifests()} == {KEY, OTHER}


def test_listing_reads_the_index_and_not_the_artefacts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store)
    monkeypatch.setattr(Store, "manifest", lambda *_: pytest.fail("read an artefact"))
    assert [manifest.key for manifest in store.manifests()] == [KEY]


# Swept out


def test_garbage_is_what_no_result_needs(store: Store, toy: Toy) -> None:
    experiments = toy("method.name=naive")
    swept = run_experiments(experiments, store)
    needed = store.keys()
    put(store)
    (store.root / "tmp" / "half-written").mkdir()
    reachable = {key for one in read_records(store) for key in one.steps}
    assert store.collect_garbage(reachable, dry_run=True) == (1, 5)
    assert store.has(KEY)
    assert store.collect_garbage(reachable, dry_run=False) == (1, 5)
    assert store.keys() == needed
    assert leftovers(store) == []
    again = run_experiments(experiments, store)
    assert again.computed == 0
    assert again.records == swept.records


# A broken disk


def test_a_file_in_the_stores_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(StoreError, match=r"cannot use '.*store' as a store: .*; choose another with --store"):
        Store(tmp_path / "store").create()


def fails_with(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.ENOSPC, "full .*finished is kept: free some space"), (errno.EROFS, "choose another with --store")],
)
@pytest.mark.parametrize("where", ["write_text", "write_bytes"])
def test_a_disk_that_cannot_be_written_stops_the_run_and_keeps_what_is_finished(
    store: Store, toy: Toy, monkeypatch: pytest.MonkeyPatch, number: int, message: str, where: str
) -> None:
    run_experiments(toy("method.name=naive"), store)
    finished = store.keys()
    with monkeypatch.context() as patch:
        patch.setattr(Path, where, fails_with(number))
        with pytest.raises(StoreError, match=message):
            run_experiments(toy("method.name=confidence"), store)
    assert finished <= store.keys()
    assert leftovers(store) == []
    assert store.verify() == []
    assert not run_experiments(toy(), store).failures


def test_a_full_disk_while_a_row_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fails_with(errno.ENOSPC))
        with pytest.raises(StoreError, match="full"):
            store.write_result("row", {})
    assert leftovers(store) == []
    assert list((store.root / "results").iterdir()) == []


def test_other_disk_errors_are_not_mistaken_for_a_full_disk(store: Store) -> None:
    with pytest.raises(FileNotFoundError), writing(store):
        (store.root / "not-there").read_text()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_errors_about_files_elsewhere_are_not_the_stores(store: Store, tmp_path: Path, number: int) -> None:
    with pytest.raises(OSError, match=r"table\.csv") as found, writing(store):
        raise OSError(number, os.strerror(number), str(tmp_path / "table.csv"))
    assert not isinstance(found.value, StoreError)
    with pytest.raises(StoreError), writing(store):
        raise OSError(number, os.strerror(number), str(store.root / "tmp" / "some" / "file"))


# Rows


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"row": {}}', b'{"row": null}', b"\xff\xfe"])
def test_a_damaged_row_is_named(store: Store, content: bytes) -> None:
    (store.root / "results" / "bad.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"bad\.json is not a results row .*delete it and run its experiment again"):
        read_records(store)


def test_a_row_with_a_curve_that_is_none_is_named(store: Store, toy: Toy) -> None:
    run_experiments(toy("method.name=naive"), store)
    (path,) = (store.root / "results").iterdir()
    fields = json.loads(path.read_text())
    path.write_text(json.dumps(fields | {"curves": 3}))
    with pytest.raises(StoreError, match="is not a results row"):
        read_records(store)
