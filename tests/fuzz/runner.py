"""Inputs by number, in a process that may hang, crash or be killed; the next one goes on where it stopped."""

from __future__ import annotations

import json
import mmap
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.case import TARGETS, Case, Target
from tests.fuzz.watch import Outcome, Watch, attempt, forget, limit

KINDS = ("returned", "own", "foreign", "wrong", "escapes", "hangs", "memory", "crashes")
BAD = KINDS[2:]
PATIENCE = 60.0  # seconds on the wall beyond an input's own of the processor, after which its process is killed
RESTARTS = 25  # of one target, so that one that always crashes ends


@dataclass
class Tally:
    """What came of a target's inputs; of failures, the first of each kind and place."""

    target: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    raw: int = 0

    @property
    def n(self) -> int:
        return self.counts.total()

    @property
    def bad(self) -> int:
        return sum(self.counts[kind] for kind in BAD)


def case_of(target: Target, seed: int, number: int) -> Case | None:
    """The case of a number; the same for the same seed, whatever ran before."""
    return target.make(random.Random(f"{seed} {target.name} {number}"))


def run(name: str, n: int, *, seed: int, keep: Path | None = None, seconds: float = 0.0) -> Tally:
    """Try `n` inputs of a target, or as many as `seconds` allow (0: all)."""
    target, tally, started = TARGETS[name], Tally(name), time.monotonic()
    room = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        at = 0
        for _ in range(RESTARTS):
            if at >= n:
                break
            left = seconds - (time.monotonic() - started) if seconds else 0.0
            if seconds and left <= 0:
                break
            at = _child(target, range(at, n), seed, room, tally, left)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    tally.seconds = time.monotonic() - started
    if keep:
        for (kind, _, place), failure in tally.failures.items():
            _keep(keep, name, kind, failure["said"], place, failure)
    return tally


def _keep(keep: Path, name: str, kind: str, said: str, place: str, failure: dict[str, Any]) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    number = f"{zlib.crc32(' '.join((kind, said.partition(':')[0], place)).encode()):08x}"
    (keep / f"{name}.{kind}.{number}.case").write_text(failure["case"])
    (keep / f"{name}.{kind}.{number}.txt").write_text(
        f"{name} {kind} input {failure['number']}\n{said}\n{place}\n\n{failure['trace']}\n", errors="replace"
    )


def _child(target: Target, numbers: range, seed: int, room: Path, tally: Tally, seconds: float) -> int:
    """Fork a process for these inputs; returns the number at which another one has to go on."""
    reading, writing = os.pipe()
    now = mmap.mmap(-1, 16)  # the input that is being read, and when it began
    struct.pack_into("qd", now, 0, numbers.start, time.monotonic() + 60)  # it prepares first
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            _serve(target, numbers, seed, room, now, writing, seconds)
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        ended, waiting = False, b""
        while True:
            ready, _, _ = select.select([stream], [], [], 1.0)
            if ready:
                piece = os.read(stream.fileno(), 1 << 20)
                if not piece:
                    break
                *lines, waiting = (waiting + piece).split(b"\n")
                for line in lines:
                    ended |= _hear(json.loads(line), tally)
            number, began = struct.unpack_from("qd", now, 0)
            late = time.monotonic() - began > target.seconds + PATIENCE
            if late and _still(now, number, began):
                os.kill(pid, signal.SIGKILL)
                _note(tally, target, seed, number, "hangs", "killed: no signal reached it")
                os.waitpid(pid, 0)
                return int(number) + 1
    _, status = os.waitpid(pid, 0)
    if ended:
        return numbers.stop
    number, _ = struct.unpack_from("qd", now, 0)
    _note(tally, target, seed, number, "crashes", f"the process ended with status {status}")
    return int(number) + 1


def _still(now: mmap.mmap, number: int, began: float) -> bool:
    """Whether the same input is read a moment later: what is written just now can be read half."""
    time.sleep(0.1)
    return struct.unpack_from("qd", now, 0) == (number, began)


def _note(tally: Tally, target: Target, seed: int, number: int, kind: str, said: str) -> None:
    tally.counts[kind] += 1
    made = _made_apart(target, seed, number)
    tally.failures.setdefault((kind, said, ""), {"said": said, "number": number, "trace": "", "case": made})


def _made_apart(target: Target, seed: int, number: int) -> str:
    """The text of a case, made in a process of its own: threads of libraries do not live through a fork."""
    with tempfile.TemporaryFile() as file:
        pid = os.fork()
        if not pid:
            try:
                case = case_of(target, seed, number)
                file.write((case or Case()).dump().encode())
                file.flush()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        file.seek(0)
        return file.read().decode() or Case().dump()


def _hear(told: dict[str, Any], tally: Tally) -> bool:
    """Add what a process tells; whether it was its last word."""
    if "counts" in told:
        tally.counts.update(told["counts"])
        tally.raw += told["raw"]
    else:
        tally.failures.setdefault((told["kind"], told["said"].partition(":")[0], told["place"]), told)
    return bool(told.get("ended"))


def _serve(target: Target, numbers: range, seed: int, room: Path, now: mmap.mmap, writing: int, seconds: float) -> None:
    """Within the process: read one input after the other, and tell what came of them."""
    warnings.simplefilter("ignore")
    os.environ.update(HOME=str(room / "home"), HF_HUB_OFFLINE="1", TMPDIR=str(room))
    tempfile.tempdir = str(room)  # which it remembers
    (room / "home").mkdir(exist_ok=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries in C have to say
    target.prepare()
    limit()
    watch, told, began = Watch(), set(), time.monotonic()
    counts, raw = Counter[str](), 0
    for number in numbers:
        struct.pack_into("qd", now, 0, number, time.monotonic())
        case, found = None, Outcome("own")
        try:
            case = case_of(target, seed, number)
        except Exception:  # a fault of the generator's, which must not pass for a quiet input
            found = Outcome("crashes", said="the case cannot be made", trace=traceback.format_exc())
        if case:
            found = attempt(target, case, room, watch, number)
        counts[found.kind] += 1
        raw += found.raw
        name = (found.kind, found.said.partition(":")[0], found.place)
        if (found.kind in BAD or found.raw) and name not in told:
            told.add(name)
            kind = found.kind if found.kind in BAD else "raw"
            _say(writing, {**vars(found), "kind": kind, "number": number, "case": (case or Case()).dump()})
        if number % 64 == 63:
            _say(writing, {"counts": counts, "raw": raw})
            counts, raw = Counter(), 0
            if number % 2_048 == 2_047:
                forget()
            if seconds and time.monotonic() - began > seconds:
                break
    _say(writing, {"counts": counts, "raw": raw, "ended": True})


def _say(writing: int, told: dict[str, Any]) -> None:
    line = json.dumps(told).encode() + b"\n"
    while line:
        line = line[os.write(writing, line) :]
