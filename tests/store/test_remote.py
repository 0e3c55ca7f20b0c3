"""A store on S3, or in memory, does what one in a folder does."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from s3_server import Server

from outgrow.errors import DamagedArtefact, MissingArtefact, StoreError
from outgrow.experiment import Experiment
from outgrow.results.records import read_records
from outgrow.store import Store, open_store
from outgrow.store.garbage import collect_garbage
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
Open = Callable[[], Any]
KEY, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture(params=["s3", "memory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens one and the same store anew."""
    if request.param == "s3":
        return request.getfixturevalue("remote")  # type: ignore[no-any-return]
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "cache"))
    name = uuid.uuid4().hex
    return lambda: open_store(f"memory://{name}/study")


def put(store: Any, key: str = KEY, text: str = "hello") -> None:
    with store.write(key=key, step="toy", identity={"a": 1}, inputs={}, versions={"v": "1"}) as folder:
        (folder / "file.txt").write_text(text)
        (folder / "empty").touch()


def objects(store: Any, prefix: str = "") -> list[str]:
    return sorted(store.bucket.listed(prefix))


def test_what_was_written_is_read_back_by_whoever_opens_it(opened: Open) -> None:
    store = opened()
    assert store.keys() == set()
    with pytest.raises(StoreError, match=r"no store at '.*study'; `outgrow run quickstart --store"):
        store.require()
    put(store)
    for one in (store, opened()):
        assert one.keys() == {KEY}
        assert (one.has(KEY), one.has(OTHER)) == (True, False)
        assert (one.open(KEY) / "file.txt").read_text() == "hello"
        manifest = one.manifest(KEY)
        assert (manifest.step, manifest.identity, manifest.versions, manifest.size) == ("toy", {"a": 1}, {"v": "1"}, 5)
    assert store.verify() == []
    assert os.listdir(store._cache.root / "tmp") == []
    with pytest.raises(MissingArtefact, match="no artefact"):
        store.open(OTHER)


def test_a_run_is_the_same_on_it_as_in_a_folder(opened: Open, store: Store, toy: Toy) -> None:
    there, here = run_experiments(toy(), opened()), run_experiments(toy(), store)
    assert not there.failures
    assert [one.row for one in there.records] == [one.row for one in here.records]
    files = [{one.key: one.files for one in found.manifests()} for found in (opened(), store)]
    assert files[0] == files[1]
    again = opened()
    assert run_experiments(toy(), again).computed == 0
    assert [one.row for one in read_records(again)] == [one.row for one in read_records(store)]
    assert objects(again, "locks/") == objects(again, "in-use/") == objects(again, "tmp/") == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_while_writing_leaves_nothing(opened: Open, error: type[BaseException]) -> None:
    store = opened()

    def fail(folder: Path) -> None:
        (folder / "file.txt").write_text("half")
        raise error

    with pytest.raises(error), store.write(key=KEY, step="", identity={}, inputs={}, versions={}) as folder:
        fail(folder)
    assert objects(store) == ["store.json"]
    assert os.listdir(store._cache.root / "tmp") == []


@pytest.mark.parametrize("name", ["my study", "a/b c/ü+%20&x", "100%"])
def test_a_name_may_hold_spaces_and_signs(s3: Server, bucket: str, name: str) -> None:
    store: Any = open_store(f"{bucket}/{name}/")
    put(store)
    put(store, OTHER)
    store.write_result("row", {"failure": ""})
    store.bucket.put("manifests/notes.json", b"somebody's own")
    again: Any = open_store(f"{bucket}/{name}")
    assert again.keys() == {KEY, OTHER}
    assert dict(again.results()) == {"row": {"failure": ""}}
    (there,) = (one for one in objects(again) if f"{KEY}/file.txt." in one)
    again.bucket.put(there, b"jello")
    assert len(again.verify()) == 1
    assert len(objects(again, "damaged/")) == 3
    garbage = collect_garbage(again, {OTHER}, dry_run=False)
    assert (garbage.artefacts, [*garbage.leftovers]) == ([], ["damaged"])
    assert (open_store(f"{bucket}/{name}").open(OTHER) / "file.txt").read_text() == "hello"
    with again.in_use():
        annex = again.annex("anew")
        put(annex, text="anew")
        again.adopt(annex)
    assert (again.open(KEY) / "file.txt").read_text() == "anew"


def test_what_is_there_is_never_written_over(opened: Open) -> None:
    """Two that both think they hold the right to compute a key: the second publishes nothing, and leaves nothing."""
    first, second = opened(), opened()
    with second.write(key=KEY, step="toy", identity={}, inputs={}, versions={}) as folder:
        (folder / "file.txt").write_text("second")
        put(first, text="first")
        before = objects(first)
    assert objects(first) == before
    for one in (first, second, opened()):
        assert (one.open(KEY) / "file.txt").read_text() == "first"
    assert first.verify() == []


# Copies


def cached(store: Any, name: str = "file.txt") -> Path:
    found: Path = store._cache.folder(KEY) / name
    return found


@pytest.mark.parametrize("damage", [lambda path: path.write_text("jello"), Path.unlink])
def test_a_damaged_copy_is_fetched_again(opened: Open, damage: Callable[[Path], Any]) -> None:
    put(opened())
    store = opened()
    store.open(KEY)
    damage(cached(store))
    assert (store.open(KEY) / "file.txt").read_text() == "hello"


def test_a_link_is_no_copy(opened: Open, tmp_path: Path) -> None:
    store = opened()
    put(store)
    (tmp_path / "elsewhere").write_text("hello")
    cached(store).unlink()
    cached(store).symlink_to(tmp_path / "elsewhere")
    assert not (store.open(KEY) / "file.txt").is_symlink()


@pytest.mark.parametrize("gone", [False, True])
def test_damage_there_is_named_and_moved_aside(opened: Open, gone: bool) -> None:
    store = opened()
    put(store)
    (name,) = (name for name in objects(store) if "/file.txt." in name)
    if gone:
        store.bucket.remove([name])
    else:
        store.bucket.put(name, b"jello")
    (store.open(KEY) / "file.txt").read_text()  # from the copy, which is whole
    store._cache.drop(KEY)
    with pytest.raises(DamagedArtefact, match=r"run again to recompute it; it was moved aside"):
        store.open(KEY)
    assert store.keys() == opened().keys() == set()
    assert not store.has(KEY)
    assert len(objects(store, "damaged/")) == (2 if gone else 3)
    put(store)
    assert store.verify() == []


def test_verify_reads_what_is_there_and_not_the_copies(opened: Open) -> None:
    store = opened()
    put(store)
    put(store, OTHER)
    (name,) = (name for name in objects(store) if f"{KEY}/file.txt." in name)
    store.bucket.put(name, b"jello")
    (line,) = store.verify()
    assert f"artefact {KEY[:12]}: file.txt does not match its checksum" in line
    assert store.verify() == []
    assert store.keys() == {OTHER}


@pytest.mark.parametrize("text", [b"{", b'{"key": 1}', b"[]", b"[" * 100_000, b"\xff"])
def test_a_manifest_that_is_none_is_damage(opened: Open, text: bytes) -> None:
    store = opened()
    store.create()
    store.bucket.put(f"manifests/{KEY}.json", text)
    with pytest.raises(DamagedArtefact, match="its manifest is damaged"):
        store.manifests()
    with pytest.raises(DamagedArtefact, match=r"its manifest is damaged.*moved aside"):
        store.open(KEY)
    assert store.manifests() == []


def test_files_of_a_manifest_cannot_leave_their_folder(opened: Open) -> None:
    store = opened()
    put(store)
    fields = json.loads(store.bucket.get(f"manifests/{KEY}.json"))
    for name in ("../victim", "/victim", ".."):
        fields["files"] = {name: {"size": 1, "sha256": "0" * 64}}
        store.bucket.put(f"manifests/{KEY}.json", json.dumps(fields).encode())
        with pytest.raises(DamagedArtefact, match="is no file of it"):
            opened().open(KEY)


def test_the_oldest_copies_are_thrown_out_and_what_is_read_stays(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTGROW_STORE_CACHE_GB", "0.000001")
    monkeypatch.setattr("outgrow.store.remote.cache.HELD", 2)
    store, keys = opened(), [f"{i:064x}" for i in range(6)]
    for key in keys:
        put(store, key, text="x" * 400)
    there = sorted(path.name for path in (store._cache.root / "artefacts").iterdir())
    assert there == keys[-2:]  # 800 of 1,000 bytes; the others would have been too many
    monkeypatch.setattr("outgrow.store.remote.cache.HELD", 64)
    reading = opened()
    folders = [reading.open(key) for key in keys]
    store._cache.make_room()
    assert all((folder / "file.txt").is_file() for folder in folders)  # held by who opened them last


def test_a_disk_that_keeps_nothing_is_said(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    put(opened())
    store = opened()
    monkeypatch.setattr(store._cache, "whole", lambda _: None)
    with pytest.raises(StoreError, match="is not what is read there; see to the disk"):
        store.open(KEY)


# Rows, and what is not finished


def test_rows_are_written_read_and_forgotten(opened: Open) -> None:
    store = opened()
    assert store.result("a") is None
    store.write_result("b", {"x": 1})
    store.write_result("a", {"x": [1.5, None]})
    for one in (store, opened()):
        assert list(one.results()) == [("a", {"x": [1.5, None]}), ("b", {"x": 1})]
        assert one.result("b") == {"x": 1}
        assert abs(one.row_written("a") - time.time()) < 100
    store.write_result("b", {"x": 2})
    store.forget_result("a")
    store.forget_result("a")
    assert list(opened().results()) == list(store.results()) == [("b", {"x": 2})]


def test_a_changed_row_and_a_copy_of_one_are_found(opened: Open) -> None:
    store = opened()
    store.write_result("a", {"x": 1})
    good = store.bucket.get("results/a.json")
    store.bucket.put("results/b.json", good)
    (line,) = store.verify()
    assert "results/b.json is a copy of the results row a.json" in line
    store.forget_result("b")
    store.bucket.put("results/a.json", good.replace(b"1", b"2", 1))
    with pytest.raises(StoreError, match=r"study/results/a\.json was changed after it was written"):
        list(store.results())
    store.bucket.put("results/a.json", b"[")
    with pytest.raises(StoreError, match="is not a results row"):
        store.result("a")


def test_unfinished_work_is_kept_for_another_machine(opened: Open, tmp_path: Path, monkeypatch: Any) -> None:
    store = opened()
    assert store.unfinished(KEY, "state") is None
    for text in ("one", "two"):
        store.keep_unfinished(KEY, "state", lambda path, text=text: path.write_text(text))
    assert len(objects(store, f"unfinished/{KEY}/")) == 1
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "another machine"))
    other = opened()
    for _ in range(2):
        assert other.unfinished(KEY, "state").read_text() == "two"
    other.unfinished(KEY, "state").write_text("damaged")
    assert other.unfinished(KEY, "state").read_text() == "two"
    (name,) = objects(store, "unfinished/")
    store.bucket.put(f"unfinished/{name}", b"damaged")
    assert store.unfinished(KEY, "state") is None
    other.drop_unfinished(KEY)
    assert objects(store, "unfinished/") == []
    assert other.unfinished(KEY, "state") is None


def test_what_runs_say_is_read_by_name_and_damage_is_passed_over(opened: Open) -> None:
    store = opened()
    store.publish("b", {"done": 1})
    store.publish("b", {"done": 2})
    store.publish("a", {"of": [1.5, None]})
    store.bucket.put("runs/broken.json", b"{")
    store.bucket.put("runs/list.json", b"[]")
    assert list(opened().published()) == [("a", {"of": [1.5, None]}), ("b", {"done": 2})]
    store.withdraw("a")
    store.withdraw("a")
    assert [name for name, _ in store.published()] == ["b"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\0b", "a\nb"])
def test_a_name_is_never_a_path(opened: Open, name: str) -> None:
    store = opened()
    acts: list[Callable[[], Any]] = [
        lambda: store.open(name), lambda: store.has(name), lambda: store.publish(name, {}),
        lambda: store.keep_unfinished(KEY, name, Path.touch), lambda: store.drop_unfinished(name),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(StoreError, match=r"is no (key|name)"):
            act()
    if name != "..":
        with pytest.raises(StoreError, match="is no name of a row"):
            store.write_result(name, {})


# Garbage, and what is computed anew


def test_garbage_is_what_no_result_needs(opened: Open, toy: Toy) -> None:
    store, experiments = opened(), toy("method.name=naive")
    swept = run_experiments(experiments, store)
    needed = store.keys()
    put(store)
    store.keep_unfinished(KEY, "state", lambda path: path.write_text("of what is finished"))
    store.keep_unfinished(OTHER, "state", lambda path: path.write_text("of what is not"))
    store.bucket.put(f"artefacts/cd/{OTHER}/file.txt.{'0' * 64}", b"half-written")
    store.bucket.put("damaged/x/file", b"what a reader moved aside")
    store.bucket.put(f"locks/{OTHER}", b"of somebody who is gone")
    would = collect_garbage(opened(), needed, dry_run=True)
    assert ([one.key for one in would.artefacts], would.size) == ([KEY], 5)
    assert {**would.leftovers, "runs": 1} == {"artefacts": 12, "damaged": 25, "unfinished": 19, "runs": 1}
    assert collect_garbage(store, needed, dry_run=False) == would
    assert store.keys() == opened().keys() == needed
    kept = {name.split("/")[0] for name in objects(store)}
    assert kept == {"artefacts", "manifests", "results", "store.json", "unfinished"}
    assert store.unfinished(OTHER, "state")
    again = run_experiments(experiments, opened())
    assert (again.computed, again.records) == (0, swept.records)


def test_no_garbage_is_collected_while_another_uses_the_store(opened: Open) -> None:
    store, other = opened(), opened()
    put(store)
    with other.in_use():
        with pytest.raises(StoreError, match=r"a run uses the store '.*study'; run gc when it has ended"):
            collect_garbage(store, set(), dry_run=False, all_of_it=True)
        assert collect_garbage(store, set(), dry_run=True, all_of_it=True).artefacts
    collect_garbage(store, set(), dry_run=False, all_of_it=True)
    assert objects(store) == ["store.json"]


def test_a_run_waits_until_garbage_is_collected(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outgrow.store.remote.steps.PAUSE", 0.01)
    store, other, order = opened(), opened(), []

    def use() -> None:
        with other.in_use():
            order.append("used")

    with store.alone(dry_run=False) as alone:
        assert alone
        thread = threading.Thread(target=use)
        thread.start()
        time.sleep(0.1)
        order.append("collected")
    thread.join(10)
    assert order == ["collected", "used"]


def test_what_is_computed_anew_takes_the_place_of_what_was_there(opened: Open) -> None:
    store, other = opened(), opened()
    put(store, text="old")
    store.write_result("row", {"failure": "", "x": 1})
    assert (other.open(KEY) / "file.txt").read_text() == "old"
    annex = store.annex("fresh-1")
    assert annex.keys() == set()
    put(annex, text="newer")
    put(annex, OTHER)
    annex.write_result("row", {"failure": "", "x": 2})
    assert store.keys() == {KEY}
    store.adopt(annex)
    for one in (store, opened()):
        assert one.keys() == {KEY, OTHER}
        assert (one.open(KEY) / "file.txt").read_text() == "newer"
        assert one.result("row") == {"failure": "", "x": 2}
    other.keys()  # as the next run on that machine does
    assert (other.open(KEY) / "file.txt").read_text() == "newer"
    assert objects(store, "tmp/") == []
    assert not annex._cache.root.exists()
    assert store.verify() == []


def test_manifests_are_listed_oldest_first_and_made_anew(opened: Open) -> None:
    store = opened()
    put(store, OTHER)
    put(store, KEY)
    assert [one.key for one in store.manifests()] == [OTHER, KEY]
    other = opened()
    assert [one.key for one in other.manifests()] == [OTHER, KEY]
    with contextlib.suppress(FileNotFoundError):
        (other._cache.root / "copies.sqlite").write_bytes(b"no database" * 1000)
    assert other.rebuild() == 2
    assert [one.key for one in opened().manifests()] == [OTHER, KEY]
