"""Other processes, as far as the system tells of them: whether one is stopped, and who holds a lock."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A process as it was when it was looked at.

    Args:
        stopped: whether a signal, or somebody who traces it, has stopped it.
        cpu: the processor time that it has used so far, as the system writes it: to be compared, not reckoned with.
    """

    stopped: bool
    cpu: str


def moves(before: Seen | None, now: Seen | None) -> bool:
    """Whether a process that was looked at twice has done anything between; also where nothing is told of it."""
    return now is None or not (now.stopped or now == before)


def look(pid: int) -> Seen | None:
    """What the system tells of a process; None where it tells nothing."""
    try:
        if PROC.is_dir():
            # the name, in parentheses, can hold anything, parentheses too; state is the first field after it
            fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            return Seen(stopped=fields[0] in "Tt", cpu=f"{fields[11]} {fields[12]}")
        shown = subprocess.run(
            ["ps", "-o", "state=,time=", "-p", str(pid)], capture_output=True, text=True, check=True, timeout=10
        ).stdout.split()
        return Seen(stopped=shown[0].startswith("T"), cpu=shown[1])
    except (OSError, IndexError, subprocess.SubprocessError):
        return None


def holder(descriptor: int) -> str:
    """In words and parentheses, which process holds the lock of an open file; "" where the system does not tell."""
    try:
        inode = os.fstat(descriptor).st_ino
        for line in (PROC / "locks").read_text().splitlines():
            fields = line.split()  # 1: FLOCK ADVISORY WRITE 4711 08:01:393242 0 EOF
            if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode) and int(fields[4]) > 0:
                pid = int(fields[4])
                if pid != os.getpid():
                    seen = look(pid)
                    return f" (process {pid}{', which is stopped' if seen and seen.stopped else ''})"
    except (OSError, ValueError, IndexError):
        pass
    return ""
