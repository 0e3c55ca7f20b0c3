"""Work that is not finished and what runs say of themselves, in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.errors import StoreError
from outgrow.store import Store
from outgrow.store.garbage import collect_garbage

KEY, OTHER = "ab" * 32, "cd" * 32


def text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content)

    return write


def kept(store: Store, name: str = "state.safetensors") -> str | None:
    found = store.unfinished(KEY, name)
    return found.read_text() if found else None


def test_the_last_file_kept_is_found_and_goes_with_its_key(store: Store) -> None:
    assert kept(store) is None
    store.keep_unfinished(KEY, "state.safetensors", text("one"))
    store.keep_unfinished(KEY, "state.safetensors", text("two"))
    store.keep_unfinished(KEY, "notes", text("of it"))
    store.keep_unfinished(OTHER, "notes", text("of another"))
    assert (kept(store), kept(store, "notes")) == ("two", "of it")
    assert len(os.listdir(store.root / "unfinished" / KEY)) == 2
    assert os.listdir(store.root / "tmp") == []
    store.drop_unfinished(KEY)
    store.drop_unfinished(KEY)
    assert (kept(store), kept(store, "notes")) == (None, None)
    assert store.unfinished(OTHER, "notes")
    assert store.keys() == set()


def test_what_fails_while_it_is_written_leaves_what_was_kept(store: Store) -> None:
    store.keep_unfinished(KEY, "state.safetensors", text("good"))

    def fail(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.keep_unfinished(KEY, "state.safetensors", fail)
    assert kept(store) == "good"
    assert os.listdir(store.root / "tmp") == []


def test_a_damaged_file_is_none_and_what_a_kill_has_left_beside_it_serves(store: Store) -> None:
    store.keep_unfinished(KEY, "state.safetensors", text("older"))
    (older,) = (store.root / "unfinished" / KEY).iterdir()
    content = older.read_text()
    store.keep_unfinished(KEY, "state.safetensors", text("newer"))
    (newer,) = (store.root / "unfinished" / KEY).iterdir()
    older.write_text(content)
    os.utime(older, (1, 1))
    assert kept(store) == "newer"
    newer.write_text("mewer")
    assert kept(store) == "older"
    older.unlink()
    assert kept(store) is None
    newer.unlink()
    newer.symlink_to(older)
    older.write_text("newer")
    os.rename(older, store.root / "tmp" / "elsewhere")
    newer.unlink()
    newer.symlink_to(store.root / "tmp" / "elsewhere")
    assert kept(store) is None  # a link could lead anywhere


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "a\0b", "x" * 101])
def test_a_name_is_never_a_path(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="is no name"):
        store.keep_unfinished(KEY, name, text("content"))
    with pytest.raises(StoreError, match="is no name"):
        store.unfinished(KEY, name)
    with pytest.raises(StoreError, match="is no name"):
        store.publish(name, {})
    with pytest.raises(StoreError, match="is no key"):
        store.drop_unfinished(name)


def test_garbage_is_what_is_kept_of_finished_work(store: Store) -> None:
    for key in (KEY, OTHER):
        store.keep_unfinished(key, "state", text("five!"))
    with store.write(key=KEY, step="toy", identity={}, inputs={}, versions={}) as folder:
        (folder / "file").touch()
    would = collect_garbage(store, {KEY}, dry_run=True)
    assert would.leftovers == {"unfinished": 5}
    assert store.unfinished(KEY, "state")
    assert collect_garbage(store, {KEY}, dry_run=False) == would
    assert store.unfinished(KEY, "state") is None
    assert store.unfinished(OTHER, "state")


def test_what_runs_say_is_read_by_name_and_damage_is_passed_over(store: Store) -> None:
    assert list(store.published()) == []
    store.publish("b-1", {"done": 1})
    store.publish("b-1", {"done": 2})
    store.publish("a", {"of": [1.5, None]})
    for name, content in (("broken", "{"), ("list", "[]"), ("deep", "[" * 100_000), ("bytes", "\udcff")):
        (store.root / "runs" / f"{name}.json").write_text(content, errors="surrogateescape")
    assert list(store.published()) == [("a", {"of": [1.5, None]}), ("b-1", {"done": 2})]
    store.withdraw("a")
    store.withdraw("a")
    assert [name for name, _ in store.published()] == ["b-1"]
    assert os.listdir(store.root / "tmp") == []


def test_reading_makes_no_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "nowhere")
    assert list(store.published()) == []
    assert store.unfinished(KEY, "state") is None
    store.withdraw("a")
    store.drop_unfinished(KEY)
    assert not store.root.exists()
