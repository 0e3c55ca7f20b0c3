"""What surrounds one input: limits of time and memory, and a look at what is opened, started and unpickled."""

from __future__ import annotations

import gc
import os
import re
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Target, Wrong, own

RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # what drives a terminal
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate"}
STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"}
SPACE = 4_096  # mebibytes of addresses; much less, and libraries cannot start their threads
REACHES = {"socket.connect", "socket.getaddrinfo", "urllib.Request"}


class Hangs(BaseException):
    """An input takes too long. No `except Exception` catches it."""


@dataclass
class Outcome:
    """What came of an input.

    Args:
        kind: `returned`, `own`, `foreign`, `hangs`, `memory`, `wrong` (returned, but not what stands there), `escapes`
            (wrote outside, started a program, went to the network or unpickled).
        raw: whether the error as the command line shows it holds control characters.
        place: the innermost line of ours, `file:line`.
    """

    kind: str
    said: str = ""
    place: str = ""
    trace: str = ""
    raw: bool = False


class Watch:
    """Sees what the interpreter is asked to open, change and start while an input is read."""

    def __init__(self) -> None:
        self.room: str | None = None
        self.found: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.room is None:
            return
        if event == "open":
            path, mode, flags = arguments
            if (isinstance(flags, int) and flags & WRITING) or (isinstance(mode, str) and set(mode) & set("wax+")):
                self._inside(event, path)
        elif event in CHANGES:
            two = event in ("os.rename", "os.link", "os.symlink")
            self._inside(event, arguments[two], arguments[-1] if len(arguments) > 1 else -1)
        elif event in STARTS or event in REACHES or (event == "pickle.find_class" and not _plain(arguments[0])):
            self.found.append(f"{event}: {arguments!r}"[:200])

    def _inside(self, event: str, path: Any, folder: Any = -1) -> None:
        if isinstance(path, int) or path is None:
            return
        start = os.readlink(f"/proc/self/fd/{folder}") if isinstance(folder, int) and folder >= 0 else os.getcwd()
        place = os.path.abspath(os.path.join(start, os.fsdecode(path)))
        if not place.startswith(str(self.room)) and place != os.devnull and "__pycache__" not in place:
            self.found.append(f"{event}: {place}"[:200])


def _plain(module: str) -> bool:
    """Whether what is unpickled is of the kind that torch lets through with `weights_only`."""
    return module.partition(".")[0] in ("torch", "collections", "numpy")


def limit(mebibytes: int = SPACE) -> None:
    """At most so many addresses more than the process has now, and no core files."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise Hangs within the block after so many seconds of the processor's, whoever else uses it."""

    def ring(number: int, frame: object) -> None:
        raise Hangs(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def attempt(target: Target, case: Case, room: Path, watch: Watch, number: int = 0) -> Outcome:
    """Let a target read a case in a folder of its own below `room`."""
    folder = room / str(number)  # another one each time: readers remember files by their path
    folder.mkdir()
    try:
        case.write(folder)
    except (OSError, ValueError):  # no such name can be written here
        shutil.rmtree(folder, ignore_errors=True)
        return Outcome("own")
    watch.found.clear()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with alarm(target.seconds):
            watch.room = str(room)
            target.read(case, folder)
        found = Outcome("returned")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        found = _told(error)
    finally:
        watch.room = None
        shutil.rmtree(folder, ignore_errors=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    if grown > target.mebibytes:
        found = Outcome("memory", said=f"memory: {grown:,} MiB for {sum(map(len, case.files.values())):,} bytes")
    if watch.found:
        found = Outcome("escapes", said=watch.found[0], place=found.place, trace="\n".join(watch.found))
    return found


def _told(error: BaseException) -> Outcome:
    if own(error):
        said = shown(error)
        return Outcome("own", said=said[:300], raw=bool(RAW.search(said)), place=_place(error))
    kinds: dict[type[BaseException], str] = {Hangs: "hangs", MemoryError: "memory", Wrong: "wrong"}
    kind = next((kind for one, kind in kinds.items() if isinstance(error, one)), "foreign")
    trace = "".join(traceback.format_exception(error)[-12:])
    return Outcome(kind, said=f"{type(error).__name__}: {str(error)[:200]}", place=_place(error), trace=trace[-6_000:])


def _place(error: BaseException) -> str:
    """The innermost line of the package's own code."""
    lines = [
        f"{frame.filename.rpartition('/outgrow/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/outgrow/" in frame.filename and "/tests/" not in frame.filename
    ]
    return lines[-1] if lines else ""


def shown(error: BaseException) -> str:
    """An error as the command line prints it."""
    return f"error: {error}"


def forget() -> None:
    """Let go of what functions of the package remember, so that thousands of inputs do not fill the memory."""
    for name, module in list(sys.modules.items()):
        if name.startswith("outgrow."):
            for one in list(vars(module).values()):
                if hasattr(one, "cache_clear") and getattr(one, "__name__", "") != "threads":
                    one.cache_clear()
    gc.collect()
