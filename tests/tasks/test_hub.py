"""Reading the hub: what the commit is, and what is said when there is no dataset, no right, or no network."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from truths import truth_of

from outgrow.errors import ConfigError, DataError, MissingDependency
from outgrow.spec import canonical
from outgrow.tasks.hub_table import HubTable
from outgrow.tasks.sources import hub
from outgrow.tasks.sources.hub import commit, parquet_files

ROWS = [{"words": f"text {i}", "mark": i % 2} for i in range(6)]


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """No commit is remembered from test to test."""
    hub._commit.cache_clear()
    yield
    hub._commit.cache_clear()


def table(**options: Any) -> HubTable:
    return HubTable(**{"repo": "me/words", "text": "words", "label": "mark"} | options)


def test_the_cached_commit_counts_when_the_hub_is_out_of_reach(hub_cache: Callable[..., str]) -> None:
    fetched = hub_cache("me/words", "default", {"train": ROWS})
    assert commit("me/words") == fetched
    assert commit("me/words", "a" * 40) == "a" * 40
    files = parquet_files("me/words", "default", ["train"])
    assert [file.name for file in files] == ["0000.parquet", "0001.parquet"]


def test_any_dataset_can_be_read_by_its_columns(hub_cache: Callable[..., str], tmp_path: Path) -> None:
    fetched = hub_cache("me/words", "big", {"train": ROWS[:4], "test": ROWS[4:]})
    one = table(config="big", split=("train", "test"))
    found = one.load()
    assert found.inputs.tolist() == [row["words"] for row in ROWS]
    assert truth_of(found).tolist() == [0, 1] * 3
    assert found.class_names == ("0", "1")
    fingerprint = {"repo": "me/words", "config": "big", "split": ["train", "test"], "commit": fetched}
    assert one.identity()["fingerprint"] == fingerprint
    assert str(tmp_path) not in canonical(one)
    assert "revision" not in one.identity()
    alone = dataclasses.replace(one, split="test")
    assert len(alone.load().ids) == 2
    assert canonical(alone) != canonical(one)
    pinned = dataclasses.replace(one, revision=fetched)
    assert canonical(pinned) == canonical(one)
    assert pinned.load().ids == found.ids


def test_a_missing_column_names_those_there(hub_cache: Callable[..., str]) -> None:
    hub_cache("me/words", "default", {"train": ROWS})
    with pytest.raises(
        DataError, match=r"me/words has no column 'word'; did you mean 'words'.*columns are words, mark"
    ):
        table(text="word").load()
    with pytest.raises(ConfigError, match='needs label = "COLUMN"'):
        table(label="")


@pytest.mark.parametrize("options", [{"config": "small"}, {"split": "validation"}])
def test_an_unknown_split_names_those_there(hub_cache: Callable[..., str], options: dict[str, str]) -> None:
    hub_cache("me/words", "default", {"train": ROWS, "test": ROWS})
    with pytest.raises(DataError, match=r"no Parquet file of .*there are default/test, default/train.*hf download"):
        table(**options).load()


@pytest.fixture
def online(hub_cache: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A hub on this machine with the dataset me/words at commit 77...7; its files by path, free to fill."""
    from huggingface_hub import constants

    files: dict[str, bytes] = {}
    sha = "7" * 40

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            place = unquote(urlparse(self.path).path)
            if place == "/api/datasets/me/words/revision/refs/convert/parquet":
                self.answer(json.dumps({"id": "me/words", "sha": sha, "siblings": []}).encode())
            elif place == f"/api/datasets/me/words/tree/{sha}":
                tree = [{"type": "file", "path": one, "size": len(files[one]), "oid": "0" * 40} for one in files]
                self.answer(json.dumps(tree).encode())
            elif (name := place.removeprefix(f"/datasets/me/words/resolve/{sha}/")) in files:
                self.answer(files[name], ETag=f'"{hashlib.sha1(files[name]).hexdigest()}"')
            else:
                self.answer(b"{}", status=404, **{"X-Error-Code": "RepoNotFound"})

        def answer(self, content: bytes, *, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), "X-Repo-Commit": sha, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    yield files
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_dataset_is_fetched_once_and_read_offline_after(
    online: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from huggingface_hub import constants

    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "x.parquet")
    online["default/train/0000.parquet"] = (tmp_path / "x.parquet").read_bytes()
    online["default/test/0000.parquet"] = b"never fetched"
    identity = table().identity()
    assert identity["fingerprint"]["commit"] == "7" * 40
    found = table().load()
    assert len(found.ids) == 6
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert table().identity() == identity
    assert table().load().ids == found.ids
    with pytest.raises(DataError, match="hub cannot be reached"):
        table(split="test").load()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(DataError, match="no dataset 'me/other' on the hub"):
        table(repo="me/other").identity()


def answering(error: Exception) -> Any:
    """A library whose every request ends so."""

    class Api:
        def dataset_info(self, *_: Any, **__: Any) -> None:
            raise error

    class Library:
        HfApi = Api

        def snapshot_download(self, *_: Any, **__: Any) -> None:
            raise error

    return Library()


def refusals() -> dict[str, tuple[Exception, str]]:
    errors = pytest.importorskip("huggingface_hub.errors")

    def made(kind: type[Exception]) -> Exception:
        return kind.__new__(kind, "from the hub")  # their constructors want a response

    return {
        "gated": (made(errors.GatedRepoError), "is gated: accept its terms.*hf auth login"),
        "missing": (made(errors.RepositoryNotFoundError), "no dataset 'me/words' on the hub, or a private one"),
        "revision": (made(errors.RevisionNotFoundError), "no revision 'refs/convert/parquet' on the hub"),
        "name": (errors.HFValidationError("odd"), "is no name of a dataset; write OWNER/NAME"),
        "network": (OSError("no route"), r"cannot be reached \(OSError\).*outgrow list packs"),
        "timeout": (TimeoutError(), r"cannot be reached \(TimeoutError\).*HF_HOME"),
    }


@pytest.mark.parametrize("case", ["gated", "missing", "revision", "name", "network", "timeout"])
def test_refusals_of_the_hub_are_told_with_the_cure(
    case: str, hub_cache: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error, why = refusals()[case]
    monkeypatch.setattr(hub, "_hub", lambda: answering(error))
    with pytest.raises(DataError, match=why):
        table().identity()
    with pytest.raises(DataError, match=why):
        parquet_files("me/words", "default", ["train"])
    if case in ("network", "timeout"):
        fetched = hub_cache("me/words", "default", {"train": ROWS})
        assert commit("me/words") == fetched
        with pytest.raises(DataError, match=why):
            parquet_files("me/words", "default", ["train"])


def test_an_odd_name_is_refused_offline_too(hub_cache: Callable[..., str]) -> None:
    with pytest.raises(DataError, match="is no name of a dataset"):
        commit("not//a name")


def test_a_dataset_that_changes_meanwhile_is_noticed(
    hub_cache: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_cache("me/words", "default", {"train": ROWS})
    assert len(table().load().ids) == 6
    newer = hub_cache("me/words", "default", {"train": ROWS[:4]})
    with pytest.raises(DataError, match="changed on the hub while it was read; run again"):
        table().load()
    assert table().identity()["fingerprint"]["commit"] == newer
    assert len(table().load().ids) == 4


def test_without_the_library_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependency, match="pip install huggingface_hub"):
        commit("me/words")
