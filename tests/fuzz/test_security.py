"""Nothing is written through links that somebody else put into a store; the page on security names real tests."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save
from tests.fuzz.targets.artefacts import study

from outgrow.config import read_experiments
from outgrow.disk import write_whole
from outgrow.errors import ConfigError, OutgrowError, StoreError
from outgrow.experiment import Experiment
from outgrow.models.base import models
from outgrow.registry import import_file
from outgrow.report.files import check_page_name
from outgrow.results.recording import record
from outgrow.steps import Comparison, Context, Dataset, Finetuned, Labels, Scored, Split
from outgrow.store import Store
from outgrow.tasks.base import tasks

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


def test_what_is_half_written_has_a_name_that_nobody_can_guess(tmp_path: Path) -> None:
    names, rights = set(), set()

    def look(file: IO[bytes]) -> None:
        (there,) = tmp_path.glob(".*")
        names.add(there.name)
        rights.add(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
        file.write(b"page")

    before = os.umask(0o027)
    try:
        for _ in range(20):
            write_whole(tmp_path / "page.html", look, what="the page")
    finally:
        os.umask(before)
    assert len(names) == 20
    assert all(re.fullmatch(r"\.[0-9a-f]{32}\.partial\.html", name) for name in names)
    assert rights == {0o640}, "as the umask says"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_link_in_the_place_of_what_is_half_written_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, planted = tmp_path / "victim", tmp_path / "planted"
    victim.write_text("precious")
    planted.symlink_to(victim)
    monkeypatch.setattr("outgrow.disk.beside", lambda path: planted)
    with pytest.raises(ConfigError, match="cannot write the page"):
        write_whole(tmp_path / "page.html", "page", what="the page")
    assert victim.read_text() == "precious"


def test_the_page_of_a_run_takes_a_links_place(tmp_path: Path) -> None:
    victim, page = tmp_path / "victim", tmp_path / "report.html"
    victim.write_text("precious")
    page.symlink_to(victim)
    write_whole(page, "page", what="the report", follow=False)
    assert not page.is_symlink()
    assert (victim.read_text(), page.read_text()) == ("precious", "page")


@pytest.mark.parametrize("name", ["a\0b.html", "\ud800.html", "x" * 300 + ".html", ".", "folder"])
def test_what_no_file_can_be_called_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="choose another"):
        write_whole(Path(name), "page", what="the report")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
    with contextlib.suppress(ConfigError):
        check_page_name(Path(name))


@pytest.mark.parametrize("name", ["~nosuchuser/x", "x" * 300, "a\0b", "\ud800", f"/{'y' * 300}/z"])
def test_what_no_file_can_be_called_is_one_clear_error_wherever_files_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for ask in (
        lambda: import_file(name),
        lambda: read_experiments(name),
        lambda: models["transformer"](path=name).identity(),
        lambda: models["alexnet"](path=name).weights(),  # type: ignore[attr-defined]
        lambda: tasks["csv"](path=name, text="a", label="b").load(),  # type: ignore[call-arg]
    ):
        with pytest.raises(OutgrowError):
            ask()


def test_half_surrogate_pairs_are_spelt(tmp_path: Path) -> None:
    write_whole(tmp_path / "page.html", "a\udcff\ud800", what="the page")
    assert (tmp_path / "page.html").read_text() == r"a\udcff\ud800"


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800"])
def test_what_no_store_can_be_called_is_one_clear_error(name: str) -> None:
    for ask in (Store(name).require, Store(name).create):
        with pytest.raises(StoreError, match=r"as a store: .*; choose another with --store"):
            ask()


def forge(store: Store, key: str, name: str, content: bytes) -> None:
    """Put another content in a file's place, with a checksum that fits."""
    (store.folder(key) / name).write_bytes(content)
    manifest = json.loads((store.folder(key) / "manifest.json").read_bytes())
    manifest["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (store.folder(key) / "manifest.json").write_text(json.dumps(manifest))


def parquet(columns: dict[str, list[object]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("step", "name", "content", "why"),
    [
        (Dataset, "examples.json", b"{}", "KeyError: 'ids'"),
        (Dataset, "examples.safetensors", save({"inputs": np.zeros((3, 2))}), "and 3 inputs"),
        (Split, "rows.safetensors", save({"supervisor": np.zeros(3), "transfer": np.zeros(3)}), "float64"),
        (Labels, "labels.safetensors", save({"probabilities": np.zeros((1, 5, 2), np.float32)}), "5 of 60 rows"),
        (Labels, "labels.json", b"[]", "TypeError"),
        (Scored, "predictions.safetensors", save({"predicted": np.zeros(7, np.int64)}), r"int64\[7\]"),
        (Comparison, "test.parquet", parquet({"id": ["a"], "group": [1]}), "the column 'group' is no text"),
        (Comparison, "facts.json", b'{"weak_label_accuracy": 1, "curves": {"weak": [1]}}', "CurvePoint"),
        (Finetuned, "curve.json", b"[1]", "TypeError"),
        (Finetuned, "notes.json", b"[1]", "no list of texts"),
        (Finetuned, "model.safetensors", save({"x": np.zeros(2)}), "AssertionError"),
    ],
)
def test_a_forged_artefact_is_one_error_that_names_it(
    tmp_path: Path, step: type[Any], name: str, content: bytes, why: str
) -> None:
    root, one, steps = study()
    store = Store(shutil.copytree(root, tmp_path / "study"))
    forged = next(each for each in steps if isinstance(each, step))
    forge(store, forged.key, name, content)
    with pytest.raises(StoreError, match=rf"artefact {forged.key[:12]}: its files fit .*({why}).*: delete .*run again"):
        read_all(store, one, steps)


def read_all(store: Store, one: Experiment, steps: Sequence[Any]) -> None:
    context = Context(store)
    for step in steps:
        if isinstance(step, Dataset | Scored):
            step.read(context)
        elif isinstance(step, Split):
            step.read(context).rows(step.part("transfer"))
        elif isinstance(step, Labels):
            step.read(context)
            step.facts(context)
        elif isinstance(step, Finetuned):
            step.notes(context)
            step.network(context, step.part.kind(context))
        elif isinstance(step, Comparison):
            step._facts(context)
            record(store, one, step)


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
