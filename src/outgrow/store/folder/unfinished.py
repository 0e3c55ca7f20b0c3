"""Files of work that is not finished: whole or not there, so that whoever goes on with it can trust them.

The SHA-256 of a file is part of its name, so that both appear at once: `unfinished/KEY/NAME.SHA256`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from outgrow.disk import disk_errors, sha256, size_of, sync
from outgrow.store.manifests import KEY, check_key, check_name

log = logging.getLogger(__name__)
UNFINISHED = "unfinished"


def keep(root: Path, key: str, name: str, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file, and put it in the place of the one that is kept by this name, if any."""
    folder = root / UNFINISHED / check_key(key)
    partial = root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
    with disk_errors(root):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(partial)
            sync(partial)
            kept = folder / f"{check_name(name)}.{sha256(partial)}"
            os.replace(partial, kept)
            sync(folder)
        finally:
            partial.unlink(missing_ok=True)
        for other in _kept(folder, name):
            if other != kept:
                other.unlink(missing_ok=True)


def find(root: Path, key: str, name: str) -> Path | None:
    """The file, the newest first where a kill has left two; None where there is none whose checksum fits."""
    for path in _kept(root / UNFINISHED / check_key(key), check_name(name)):
        with contextlib.suppress(OSError):
            if not path.is_symlink() and sha256(path) == path.name.rpartition(".")[2]:
                return path
        log.warning("%r does not match its checksum, and is not used", str(path))
    return None


def drop(root: Path, key: str) -> None:
    """Delete all that is kept for a key."""
    with disk_errors(root):
        shutil.rmtree(root / UNFINISHED / check_key(key), ignore_errors=True)


def sizes(root: Path) -> dict[str, int]:
    """Bytes that are kept, by key."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        with os.scandir(root / UNFINISHED) as found:
            folders = [Path(one.path) for one in found if KEY.fullmatch(one.name) and one.is_dir(follow_symlinks=False)]
        return {folder.name: size_of(folder) for folder in folders}
    return {}


def _kept(folder: Path, name: str) -> list[Path]:
    """What is kept by a name, newest first."""

    def written() -> Iterator[tuple[int, Path]]:
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
            for one in found:
                with contextlib.suppress(FileNotFoundError):
                    if re.fullmatch(rf"{re.escape(name)}\.{KEY.pattern}", one.name):
                        yield one.stat(follow_symlinks=False).st_mtime_ns, Path(one.path)

    return [path for _, path in sorted(written(), reverse=True)]
