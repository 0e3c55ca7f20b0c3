"""Nothing is written through links that somebody else put into a store; the page on security names real tests."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

from outgrow.store import Store

KEY = "ab" * 32


def put(store: Store) -> None:
    with store.write(key=KEY, step="split", identity={}, inputs={}, versions={}) as folder:
        (folder / "a.txt").write_text("a")


def test_a_link_in_the_indexs_place_is_not_written_through(store: Store, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite"
    with contextlib.closing(sqlite3.connect(elsewhere)) as database, database:
        database.execute("CREATE TABLE artefacts (key TEXT PRIMARY KEY, manifest TEXT NOT NULL)")
        database.execute("INSERT INTO artefacts VALUES ('precious', 'of another program')")
    before = elsewhere.read_bytes()
    (store.root / "index.sqlite").symlink_to(elsewhere)
    put(store)
    assert [manifest.key for manifest in store.manifests()] == [KEY]
    assert store.rebuild() == 1
    assert elsewhere.read_bytes() == before
    assert not (store.root / "index.sqlite").is_symlink(), "an index of its own took the link's place"


def test_a_link_in_a_files_place_is_no_file_of_an_artefact(store: Store, tmp_path: Path) -> None:
    put(store)
    file = store.folder(KEY) / "a.txt"
    (tmp_path / "same").write_text("a")
    file.unlink()
    file.symlink_to(tmp_path / "same")
    assert store.verify() == [f"artefact {KEY[:12]}: a.txt is missing; it was moved aside, run again to recompute it"]
    assert (tmp_path / "same").read_text() == "a"


def test_tests_that_the_page_on_security_names_are_there() -> None:
    tests = Path(__file__).parents[1]
    page = (tests.parent / "docs" / "security.md").read_text()
    code = "\n".join(file.read_text() for file in tests.rglob("*.py"))
    names = re.findall(r"\b(test_\w+)(?=`)", page)
    files = re.findall(r"`((?:\w+/)*test_\w+\.py)(?:`|::)", page)
    assert len(names) > 20
    assert len(files) > 10
    assert [name for name in names if f"def {name}(" not in code] == []
    assert [file for file in files if not (tests / file).is_file()] == []
