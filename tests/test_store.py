"""The store: whole or absent, checked, locked, listed, swept out, and clear about a broken disk."""

from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import re
import shutil
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
from outgrow.store.garbage import collect_garbage
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
        title, named = "slow", ()

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


def misspelt_index(path: Path) -> None:
    """What SQLite says of it is no UTF-8."""
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE artefacts (key TEXT", b"CREATE TABLE artefacts (\x80 (T\x80")
    )


def deep_index(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE artefacts SET manifest = ?", ("[" * 100_000,))


@pytest.mark.parametrize("spoil", [delete_index, corrupt_index, empty_index, misspelt_index, deep_index])
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
    monkeypatch.setattr("outgrow.store.folder.upkeep.read_manifest", lambda *_: pytest.fail("read an artefact"))
    assert [manifest.key for manifest in store.manifests()] == [KEY]


# Swept out


def test_garbage_is_what_no_result_needs(store: Store, toy: Toy) -> None:
    experiments = toy("method.name=naive")
    swept = run_experiments(experiments, store)
    needed = store.keys()
    put(store)
    (store.root / "tmp" / "half-written").mkdir()
    reachable = {key for one in read_records(store) for key in one.steps}
    (store.root / "damaged").mkdir()
    (store.root / "damaged" / "file").write_text("what a reader moved aside")
    would = collect_garbage(store, reachable, dry_run=True)
    assert ([one.key for one in would.artefacts], would.size) == ([KEY], 5)
    assert would.leftovers.keys() == {"damaged", "runs"}  # and the last that the run told of itself
    assert would.leftovers["damaged"] == 25
    assert store.has(KEY)
    assert collect_garbage(store, reachable, dry_run=False) == would
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
    with pytest.raises(StoreError, match=r"bad\.json is (not )?a results row .*delete it and run its experiment again"):
        read_records(store)


def test_a_row_with_a_curve_that_is_none_is_named(store: Store, toy: Toy) -> None:
    run_experiments(toy("method.name=naive"), store)
    (path,) = (store.root / "results").iterdir()
    fields = json.loads(path.read_text())
    path.write_text(json.dumps(fields | {"curves": 3}))
    with pytest.raises(StoreError, match="was changed after it was written"):
        read_records(store)


def change(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_changed_row_and_a_copy_of_one_are_found(store: Store, toy: Toy) -> None:
    run_experiments(toy("method.name=naive"), store)
    (path,) = (store.root / "results").iterdir()
    good = path.read_text()
    assert store.verify() == []
    copy = path.with_name(f"{path.stem} copy.json")
    copy.write_text(good)
    (line,) = store.verify()
    assert f"{copy} is a copy of the results row {path.stem}.json" in line
    with pytest.raises(StoreError, match="is a copy of the results row"):
        read_records(store)
    copy.unlink()
    change(path, row=json.loads(good)["row"] | {"student_score": 0.999})
    (line,) = store.verify()
    assert f"{path} was changed after it was written" in line
    with pytest.raises(StoreError, match="was changed after it was written; delete it and run its experiment again"):
        read_records(store)
    again = run_experiments(toy("method.name=naive"), store)  # from the artefacts, which are whole
    assert again.computed == 0
    assert store.verify() == []
    assert path.read_text() == good


# From anywhere


SHAPES: list[Callable[[dict[str, Any]], Any]] = [
    lambda good: {"x": 5},
    lambda good: [good],
    lambda good: None,
    lambda good: good | {"key": OTHER},
    lambda good: good | {"key": "../../victim"},
    lambda good: good | {"files": None},
    lambda good: good | {"files": [1]},
    lambda good: good | {"files": {"file.txt": 1}},
    lambda good: good | {"files": {"../../../victim": {"size": 1, "sha256": "ab" * 32}}},
    lambda good: good | {"files": {"file.txt": {"size": "5", "sha256": "ab" * 32}}},
    lambda good: good | {"inputs": {"data": 3}},
    lambda good: good | {"created": "yesterday"},
    lambda good: good | {"created": float("nan")},
    lambda good: good | {"seconds": 10**400},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_manifest_of_another_shape_is_damage_and_nothing_outside_is_touched(
    store: Store, shape: Callable[[dict[str, Any]], Any]
) -> None:
    put(store)
    put(store, OTHER)
    victim = store.root / "victim"
    victim.mkdir()
    path = store.folder(KEY) / "manifest.json"
    path.write_text(json.dumps(shape(json.loads(path.read_text()))))
    delete_index(store.root / "index.sqlite")
    with pytest.raises(DamagedArtefact):
        store.manifests()
    assert path.is_file(), "listing moves nothing"
    (line,) = store.verify()
    assert KEY[:12] in line
    assert [one.key for one in store.manifests()] == [OTHER]
    assert victim.is_dir()


def test_what_the_index_says_is_checked_too(store: Store) -> None:
    put(store)
    victim = store.root / "victim"
    victim.mkdir()
    with contextlib.closing(sqlite3.connect(store.root / "index.sqlite")) as database, database:
        text = database.execute("SELECT manifest FROM artefacts").fetchone()[0].replace(KEY, "../victim")
        database.execute("UPDATE artefacts SET key = '../victim', manifest = ?", (text,))
    assert [one.key for one in store.manifests()] == [KEY]
    collect_garbage(store, set(), dry_run=False, all_of_it=True)
    assert victim.is_dir()


@pytest.mark.parametrize("key", ["", "abc", "AB" * 32, "../victim", KEY + "0", KEY[:-1] + "\n", f"{KEY[:60]}/../"])
def test_what_is_no_key_is_no_path(store: Store, key: str) -> None:
    for use in (store.folder, store.has, store.open, store.manifest, lambda key: store.lock(key).__enter__()):
        with pytest.raises(StoreError, match="is no key"):
            use(key)


def test_another_artefact_in_its_place_is_found(store: Store, toy: Toy) -> None:
    experiments = toy("method.name=naive")
    before = run_experiments(experiments, store)
    scored = [one for one in store.manifests() if one.step == "score"]
    one, other = (store.folder(manifest.key) for manifest in scored[:2])
    shutil.rmtree(one)
    shutil.copytree(other, one)
    with pytest.raises(DamagedArtefact, match=r"its manifest is damaged .it is that of"):
        store.open(one.name)
    assert run_experiments(experiments, store).records == before.records


def test_what_is_named_otherwise_is_left_alone(store: Store) -> None:
    put(store)
    put(store, OTHER)
    bucket = store.folder(KEY).parent
    shutil.copytree(store.folder(KEY), bucket / f"{KEY}.bak")
    (bucket / ".DS_Store").write_bytes(b"x")
    (store.root / "artefacts" / "notes.txt").write_text("mine")
    elsewhere = store.root / "elsewhere"
    os.rename(store.folder(OTHER), elsewhere)
    store.folder(OTHER).symlink_to(elsewhere)
    delete_index(store.root / "index.sqlite")
    assert store.keys() == {KEY}
    assert [one.key for one in store.manifests()] == [KEY]
    assert store.verify() == []
    assert store.rebuild() == 1
    collect_garbage(store, set(), dry_run=False, all_of_it=True)
    assert store.keys() == set()
    assert (bucket / f"{KEY}.bak").is_dir()
    assert elsewhere.is_dir()


def test_a_link_in_a_locks_place_is_refused(store: Store, tmp_path: Path) -> None:
    store.create()
    target = tmp_path / "target"
    target.write_text("precious")
    (store.root / "locks" / KEY[:16]).symlink_to(target)
    with pytest.raises(StoreError, match="is a link: delete it"), store.lock(KEY):
        pass
    assert target.read_text() == "precious"


# What cannot be read


def refusing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Files of this name cannot be read for now; root may read everything, so permissions would not do."""
    whole = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", read)


def test_an_error_of_reading_is_no_damage(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store)
    delete_index(store.root / "index.sqlite")
    with monkeypatch.context() as patch:
        refusing(patch, "manifest.json")
        for look in (store.manifests, store.rebuild, lambda: store.open(KEY), lambda: store.manifest(KEY)):
            with pytest.raises(StoreError, match=r"cannot be read .Permission denied.: nothing was moved") as found:
                look()
            assert not isinstance(found.value, DamagedArtefact)
        with pytest.raises(StoreError, match="cannot be read"):
            collect_garbage(store, {KEY}, dry_run=False)
        (line,) = store.verify()
        assert "cannot be read" in line
    assert store.verify() == []
    assert not (store.root / "damaged").exists()


def test_garbage_is_not_collected_where_rows_cannot_be_listed(
    store: Store, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_experiments(toy("method.name=naive"), store)
    before = store.keys()

    def listdir(path: Any) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", listdir)
        with pytest.raises(StoreError, match="cannot be read"):
            read_records(store)
    os.rename(store.root / "results", store.root / "results-of-monday")
    assert read_records(store) == []
    with pytest.raises(StoreError, match=r"no row of the results table needs any of the .* artefacts"):
        collect_garbage(store, set(), dry_run=False)
    assert store.keys() == before
    assert len(collect_garbage(store, set(), dry_run=False, all_of_it=True).artefacts) == len(before)


def test_garbage_is_not_collected_while_a_run_is_under_way(store: Store) -> None:
    put(store)
    with store.in_use(), store.in_use(), pytest.raises(StoreError, match="a run uses the store"):
        collect_garbage(store, {KEY}, dry_run=False)  # runs do not exclude each other
    assert collect_garbage(store, {KEY}, dry_run=False).artefacts == []


def test_an_index_that_is_in_use_is_left_and_done_without(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outgrow.store.database.PATIENCE", 0.05)
    put(store)
    path = store.root / "index.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        put(store, OTHER)
        assert {one.key for one in store.manifests()} == {KEY, OTHER}
        other.execute("ROLLBACK")
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT key FROM artefacts").fetchall() == [(KEY,)], "nobody deleted it"
    assert store.rebuild() == 2


# Damage that several readers meet


@pytest.mark.parametrize("kind", ["examples", "split", "finetune", "label", "score", "compare"])
def test_damage_that_several_steps_meet_is_mended_within_the_run(store: Store, toy: Toy, kind: str) -> None:
    experiments = toy()
    before = run_experiments(experiments, store)
    whole = {one.key: one for one in store.manifests()}
    needing = {key for key, one in whole.items() if any(whole[need].step == kind for need in one.inputs.values())}
    for key in needing:
        shutil.rmtree(store.folder(key))
    for path in (store.root / "results").iterdir():
        path.unlink()
    for one in whole.values():
        if one.step == kind and one.key not in needing:
            flip(store.folder(one.key) / next(iter(one.files)))
    again = run_experiments(experiments, store)
    assert again.failures == {}
    assert [one.row for one in again.records] == [one.row for one in before.records]
    assert store.verify() == []


# Whatever lies in a place of ours


def test_a_folder_in_a_rows_place_is_moved_aside_when_the_row_is_written(store: Store, toy: Toy) -> None:
    run_experiments(toy("method.name=naive"), store)
    (path,) = (store.root / "results").iterdir()
    good = path.read_text()
    path.unlink()
    path.mkdir()
    (path / "mine").write_text("precious")
    with pytest.raises(StoreError, match="cannot be read"):
        read_records(store)
    run_experiments(toy("method.name=naive"), store)
    assert path.read_text() == good
    (kept,) = (store.root / "damaged").iterdir()
    assert (kept / "mine").read_text() == "precious"


def test_a_folder_in_the_indexs_place_is_told_when_the_index_is_asked_for(store: Store) -> None:
    put(store)
    delete_index(store.root / "index.sqlite")
    (store.root / "index.sqlite").mkdir()
    assert [one.key for one in store.manifests()] == [KEY]
    put(store, OTHER)
    with pytest.raises(StoreError, match=r"index\.sqlite' cannot be written, .*: delete it if"):
        store.rebuild()
    assert collect_garbage(store, {KEY}, dry_run=False).artefacts[0].key == OTHER
    assert store.keys() == {KEY}


@pytest.mark.parametrize("name", ["tmp", "locks", "results"])
def test_a_file_in_a_folders_place_is_named(store: Store, name: str) -> None:
    (store.root / name).rmdir()
    (store.root / name).touch()
    with pytest.raises(StoreError, match=rf"as a store: File exists \('.*{name}'\); choose another"):
        put(store)


def test_a_folder_in_a_locks_place_is_named(store: Store) -> None:
    (store.root / "in-use").mkdir()
    with pytest.raises(StoreError, match="is a folder: delete it"), store.in_use():
        pass


def test_damage_that_cannot_be_moved_aside_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store)
    put(store, OTHER)
    flip(store.folder(KEY) / "file.txt")
    (store.folder(OTHER) / "manifest.json").write_text("{")
    monkeypatch.setattr(os, "rename", fails_with(errno.EROFS))
    lines = store.verify()
    aside = ".* cannot be moved aside: cannot write to the store"
    assert re.search(rf"{KEY[:12]}: file.txt does not match {aside}", lines[0])
    assert re.search(rf"{OTHER[:12]}: its manifest is damaged {aside}", lines[1])
    assert store.keys() == {KEY, OTHER}


def test_what_would_be_collected_can_be_asked_of_a_store_that_cannot_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "open", fails_with(errno.EROFS))
    assert [one.key for one in collect_garbage(store, set(), dry_run=True, all_of_it=True).artefacts] == [KEY]


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Store("~/x").root == tmp_path / "x"
    assert Store("~/x").address == str(tmp_path / "x")


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EISDIR, errno.EFBIG])
def test_a_disk_that_does_not_work_is_one_error(store: Store, number: int) -> None:
    with pytest.raises(StoreError, match=r"does not work: '.*file\.txt'"), writing(store) as folder:
        raise OSError(number, os.strerror(number), str(folder / "file.txt"))


def test_an_index_that_is_in_use_is_waited_for_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("outgrow.store.database.PATIENCE", 0.2)
    put(store)
    later = Store(store.root)
    with contextlib.closing(sqlite3.connect(store.root / "index.sqlite", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        for key in ("12" * 32, "34" * 32, "56" * 32):
            put(later, key)
        other.execute("ROLLBACK")
    (message,) = caplog.messages
    assert "another process holds the index" in message
    assert len(later.manifests()) == 4
