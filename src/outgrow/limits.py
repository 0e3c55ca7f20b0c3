"""How much memory there is: what the machine has, and what a container or a job of a batch system leaves of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PROC, GROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def total() -> int | None:
    """Bytes that processes here can have, all together; None where that is not told."""
    found = [limit for limit, _ in _groups()]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def free() -> int | None:
    """Bytes that a process can still take; None where that is not told."""
    found = [max(limit - held, 0) for limit, held in _groups()]
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = (PROC / "meminfo").read_text().splitlines()
        found += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    return min(found, default=None)


def _groups() -> Iterator[tuple[int, int]]:
    """Limits of the control groups that this process is in, one within the other, and bytes that these hold."""
    with contextlib.suppress(OSError):
        for line in (PROC / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:  # the second version of control groups
                yield from _within(GROUPS, path, "memory.max", "anon")
            elif "memory" in controllers.split(","):
                yield from _within(GROUPS / "memory", path, "memory.limit_in_bytes", "total_rss")


def _within(root: Path, path: str, limit: str, held: str) -> Iterator[tuple[int, int]]:
    place = root / path.lstrip("/")  # not there where a container shows its own group as the root
    for folder in (place, *place.parents):
        if not folder.is_relative_to(root):
            return
        with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
            most = int((folder / limit).read_text())
            told = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield most, int(told.get(held, 0))
