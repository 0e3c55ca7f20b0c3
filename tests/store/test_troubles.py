"""What is wrong with a store elsewhere is said in words, before anything is computed, and without secrets."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from s3_server import Server

from outgrow.errors import ConfigError, MissingDependency, OutgrowError, StoreError
from outgrow.experiment import Experiment
from outgrow.store import Store, open_store
from outgrow.store.remote import troubles
from outgrow.sweep import run_experiments

KEY = "ab" * 32


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("s3://", ConfigError, "takes a bucket and a name"),
        ("s3:///study", ConfigError, "takes a bucket and a name"),
        ("s3://bucket/../other", ConfigError, "takes a bucket and a name"),
        ("s3://bucket//x", ConfigError, "takes a bucket and a name"),
        ("s3://bucket/a\nb", ConfigError, "takes a bucket and a name"),
        ("s3://key:hunter2@bucket/x", ConfigError, "'s3://...@bucket/x' holds more than a place: user, password"),
        ("s3://bucket/x?secret=hunter2", ConfigError, "'s3://bucket/x' holds more than a place"),
        ("s3://bucket/x#hunter2", ConfigError, "'s3://bucket/x' holds more than a place"),
        ("simplecache::s3://bucket/x", ConfigError, "is no address of a store"),
        ("nonsense://bucket/x", ConfigError, "fsspec knows no such file system; there are s3, gs, az and others"),
        ("file://relative/path", ConfigError, "after file:// comes a whole path"),
        ("s3:/bucket/x", ConfigError, "two slashes after its colon; did you mean 's3://bucket/x'"),
        ("s3:bucket/x", ConfigError, "did you mean 's3://bucket/x'"),
        ("file:/tmp/x", ConfigError, "did you mean 'file:///tmp/x'"),
        ("", ConfigError, "the name is empty; give a folder"),
        (" ", ConfigError, "the name is empty"),
        ("C:\\study", ConfigError, "that is a path of Windows"),
        ("c:/study", ConfigError, "that is a path of Windows"),
        ("C://study", ConfigError, "that is a path of Windows"),
        (r"\\server\share", ConfigError, "that is a path of Windows"),
        ("git://bucket/x", MissingDependency, "needs a package that is not installed: "),
    ],
)
def test_an_address_that_is_none_is_refused(address: str, error: type[OutgrowError], message: str) -> None:
    with pytest.raises(error, match=message) as found:
        open_store(address)
    assert "hunter2" not in str(found.value)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec  # noqa: F401 - whose registry it is

    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(MissingDependency, match=r"a store at s3:// needs .*: pip install 'outgrow\[s3\]'"):
        open_store("s3://bucket/study")


def test_a_path_with_file_before_it_is_a_folder(tmp_path: Path) -> None:
    opened = open_store(f"file://{tmp_path}/store")
    assert isinstance(opened, Store)
    assert str(opened) == f"{tmp_path}/store"
    for name in ("with space", "s3", "c", "a:b", "x:y/z"):
        assert isinstance(open_store(tmp_path / name), Store)
        assert isinstance(open_store(name), Store), "it is not made before something is written"
    with pytest.raises(ConfigError, match=r"an address is text .*; did you mean 's3://bucket/study'"):
        open_store(Path("s3://bucket/study"))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="it is a file; choose another with --store"):
        open_store(tmp_path / "file")


def test_a_bucket_that_is_not_there(s3: Server) -> None:
    acts: list[Callable[[Any], Any]] = [
        lambda store: store.keys(), lambda store: store.require(), lambda store: store.create(),
        lambda store: store.result("a"),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(StoreError, match="'s3://no-such-bucket/x' does not work: there is no such bucket"):
            act(open_store("s3://no-such-bucket/x"))


def test_no_credentials(impatient: None, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match="there are no credentials for it: set AWS_ACCESS_KEY_ID"):
        open_store(f"{bucket}/no-credentials").keys()


def test_a_server_that_is_not_there(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(StoreError, match=r"it cannot be reached \(\w+\): see to the network and AWS_ENDPOINT_URL"):
            open_store("s3://bucket/not-there").keys()


def test_access_that_is_denied_is_said_before_anything_is_computed(
    remote: Callable[[], Any], toy: Callable[..., list[Experiment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = remote()

    def refuse(*_: object, **__: object) -> None:
        error = PermissionError("Access Denied for key hunter2")
        error.response = {"Error": {"Code": "AccessDenied"}}  # type: ignore[attr-defined]
        raise error

    monkeypatch.setattr(store.bucket, "_write", refuse)
    with pytest.raises(StoreError, match=r"access is denied \(AccessDenied\): see to the credentials") as found:
        run_experiments(toy(), store)
    assert "hunter2" not in str(found.value)
    assert store.keys() == set()


def test_a_server_that_overlooks_conditions_is_refused(s3: Server, remote: Callable[[], Any]) -> None:
    s3.blind = True
    with pytest.raises(StoreError, match=r"the server writes over an object .* runs cannot agree who computes what"):
        remote().create()


def test_what_passes_is_waited_for(
    impatient: None, s3: Server, remote: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    store = remote()
    store.create()
    s3.refuse["PUT"] = s3.refuse["GET"] = 2
    store.write_result("a", {"x": 1})
    assert store.result("a") == {"x": 1}
    assert pauses == [0.2, 1.0, 0.2, 1.0]
    s3.refuse["PUT"] = 1000
    with pytest.raises(StoreError, match="it answered SlowDown; what was finished is kept"):
        store.write_result("a", {"x": 2})
    s3.refuse["PUT"] = 0
    assert store.result("a") == {"x": 1}


def test_an_answer_that_was_lost_is_no_conflict(s3: Server, remote: Callable[[], Any]) -> None:
    """The write came about, the server said so, and nobody heard it: the same write again finds itself there."""
    bucket = remote().bucket
    tag = bucket.create("a", b"mine")
    assert tag
    assert bucket.create("a", b"mine") == tag
    assert bucket.create("a", b"of another") is None
    other = bucket.replace("a", b"next", tag)
    assert other
    assert bucket.replace("a", b"next", tag) == other
    assert bucket.replace("a", b"of another", tag) is None
    assert bucket.replace("nothing", b"of another", tag) is None
    bucket.remove_own("a", tag)
    assert bucket.get("a") == b"next"
    bucket.remove_own("a", other)
    bucket.remove_own("a", other)
    assert bucket.get("a") is None


def test_nothing_secret_is_quoted() -> None:
    def fail() -> None:
        raise RuntimeError("Authorization: hunter2")

    with pytest.raises(StoreError, match="it answered RuntimeError") as found:
        troubles.tried("s3://bucket/x", fail)
    assert "hunter2" not in str(found.value)


def test_a_store_in_memory_is_of_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    with pytest.raises(StoreError, match="is in the memory of this process: use the executor serial"):
        _ = open_store("memory://bucket/x").address
    monkeypatch.setenv("OUTGROW_STORE_CACHE_GB", "much")
    with pytest.raises(ConfigError, match="OUTGROW_STORE_CACHE_GB = 'much': give gigabytes"):
        open_store("memory://bucket/x")
