"""Rows as files of a folder, without reading any: which there are, and what tells that one has changed."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from outgrow.disk import beside, unreadable

SUFFIX = ".json"
SETTLED = 2_000_000_000  # nanoseconds after which a further change gives a file another time, whatever its disk


def stamps(folder: Path) -> dict[str, str]:
    """By the name of each row: its file's number, size and times. A file that is changed or replaced has others.

    Empty for one that changed just now: it could change again, and its times stay the same. Raises StoreError where
    they cannot be listed.
    """
    now, found = _now(folder), {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.endswith(SUFFIX):
                    continue
                try:
                    it = entry.stat()
                except FileNotFoundError:  # it went meanwhile, or is a link to nothing
                    continue
                old = max(it.st_mtime_ns, it.st_ctime_ns) + SETTLED < now
                stamp = f"{it.st_ino} {it.st_size} {it.st_mtime_ns} {it.st_ctime_ns}" if old else ""
                found[entry.name[: -len(SUFFIX)]] = stamp
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unreadable(folder, error) from error
    return found


def _now(folder: Path) -> int:
    """Nanoseconds by the clock of the folder's disk, which can be another machine's; by ours where it is read-only."""
    probe = beside(folder / "now")
    with contextlib.suppress(OSError):
        try:
            probe.touch(exist_ok=False)
            return probe.stat().st_mtime_ns
        finally:
            probe.unlink(missing_ok=True)
    return time.time_ns()
