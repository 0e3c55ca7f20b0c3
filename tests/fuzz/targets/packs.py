"""Archives of packs, and the folder in which fetched packs lie."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, text, written

from outgrow.errors import DataError
from outgrow.rates import FILE

EVIL = (
    "../out",
    "/tmp/out",
    "a/../../out",
    "wanted",
    "wanted",
    "wanted/",
    "./wanted",
    "C:\\out",
    "a\nb",
    "\x1b[2J",
    "x" * 500,
)

TYPES = (
    tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE,
    tarfile.DIRTYPE, b"S", b"Z",
)  # fmt: skip


def _zip(rng: Rng) -> bytes:
    stream = io.BytesIO()
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(stream, "w", method) as made:
        for name in ("wanted", *rng.sample(EVIL, 2)):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            if rng.random() < 0.2:
                entry.external_attr = 0o120777 << 16  # a link
            size = rng.choice((10, 10, 10, 100_000))
            made.writestr(entry, b"\0" * size if size > 10 else b"../../etc/passwd")
    return stream.getvalue()


def _tar(rng: Rng) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))) as made:
        for name in rng.sample(EVIL, 3):
            entry = tarfile.TarInfo(name)
            entry.type = rng.choice(TYPES)
            entry.linkname = "/etc/passwd"
            entry.size = 10 if entry.type == tarfile.REGTYPE else 0
            made.addfile(entry, io.BytesIO(b"0123456789"))
    return stream.getvalue()


def _archive(rng: Rng) -> Case:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name
        form = rng.choice(("zip", "tar.gz"))
        data = _zip(rng) if form == "zip" else _tar(rng)
    if rng.random() < 0.7:
        data = damaged(rng, data, most=2)
    return Case({f"a.{form}": data}, {"file": f"a.{form}", "limit": rng.choice((5, 1_000, 1 << 16))})


def _read(case: Case, folder: Path) -> None:
    from outgrow.packs import archive

    file, limit = folder / case.options["file"], case.options["limit"]
    if file.suffix == ".zip":
        if len(archive.read(file, "wanted", limit=limit)) > limit:
            raise Wrong("more than the limit")
        archive.copy(file, "wanted", folder / "copied", limit=limit)
        if (folder / "copied").stat().st_size > limit:
            raise Wrong("more than the limit")
    else:
        for _, content in archive.stream(file, lambda name: True, limit=limit):
            if len(content) > limit:
                raise Wrong("more than the limit")
    if set(os.listdir(folder)) > {file.name, "copied"}:
        raise Wrong(f"files appeared: {os.listdir(folder)}")


add("archives", _archive, _read, share=0.3)


def _cache(rng: Rng) -> Case:
    """A folder of a pack with a manifest that was changed."""
    manifest: Any = {"pack": "glove-50d", "files": {"words.parquet": {"size": 3, "sha256": "00" * 32}}, "created": 1.0}
    if rng.random() < 0.8:
        manifest = altered(rng, manifest)
    if rng.random() < 0.3 and isinstance(manifest, dict) and isinstance(manifest.get("files"), dict):
        manifest["files"][rng.choice(("../../x", "/etc/passwd", text(rng)))] = {"size": 3, "sha256": ""}
    data = written(rng, manifest)
    return Case({"manifest.json": damaged(rng, data, most=2) if rng.random() < 0.3 else data, "words.parquet": b"abc"})


def _verify(case: Case, folder: Path) -> None:
    from outgrow import packs
    from outgrow.packs.catalogue import find

    pack = find("glove-50d")
    place = folder / f"{pack.name}-{pack.version}-r{pack.extraction}"
    place.mkdir()
    for name in case.files:
        (folder / name).rename(place / name)
    with mock.patch.dict(os.environ, OUTGROW_CACHE=str(folder)):
        packs.present(pack.name)
        for line in packs.verify(pack.name):
            json.dumps(line)
        with contextlib.suppress(DataError):  # since this one's files are none of the pinned
            packs.folder(pack.name)


add("pack-manifests", _cache, _verify, share=0.3)


def _learned(rng: Rng) -> Case:
    """What is kept beside the packs: what steps took, and what was found whole."""
    rates: Any = altered(rng, {"cpu, 2 threads": {"train": 1.5, "features": 0.5}})
    whole: Any = altered(rng, [["words.parquet", 3, 1, 2]])
    return Case({FILE: written(rng, rates), ".checked/glove-50d-0.1-r1.json": written(rng, whole)})


def _recall(case: Case, folder: Path) -> None:
    from outgrow.packs import cache
    from outgrow.rates import keep_rates, read_rates

    with mock.patch.dict(os.environ, OUTGROW_CACHE=str(folder)):
        read_rates("cpu, 2 threads")
        keep_rates("cpu, 2 threads", {"train": 2.0})
        if read_rates("cpu, 2 threads")["train"] <= 0:
            raise Wrong("a step takes no time")
        cache._recorded(folder / ".checked" / "glove-50d-0.1-r1.json")


add("rates", _learned, _recall, share=0.1)
