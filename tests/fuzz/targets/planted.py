"""Readers that are broken on purpose, each in a way of its own: what looks for faults has to find them."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.fuzz.case import Case, Rng, Wrong, add

from outgrow.errors import DataError


class Unclean(DataError):
    """One that is not made plain, as all of ours are."""

    def __str__(self) -> str:
        return str(self.args[0])


def _make(rng: Rng) -> Case:
    return Case({"file": bytes([rng.randrange(256)])})


def _foreign(case: Case, folder: Path) -> None:
    if (folder / "file").read_bytes()[0] % 8 == 0:
        raise KeyError("none")
    raise DataError("as it should be")


def _hangs(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        while True:
            pass


def _wrong(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        raise Wrong("a row was swallowed")


def _escapes(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        handle, name = tempfile.mkstemp(dir="/tmp")
        os.close(handle)
        os.unlink(name)


def _starts(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        subprocess.run(["true"], check=True)


def _crashes(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        os.abort()


def _memory(case: Case, folder: Path) -> None:
    if case.files["file"][0] % 8 == 0:
        bytearray(1 << 34)


def _raw(case: Case, folder: Path) -> None:
    raise Unclean("\x1b[2Jcleared")


add("planted-foreign", _make, _foreign)
add("planted-hangs", _make, _hangs, seconds=0.05, share=0.1)
add("planted-wrong", _make, _wrong)
add("planted-escapes", _make, _escapes)
add("planted-starts", _make, _starts)
add("planted-crashes", _make, _crashes, share=0.05)
add("planted-memory", _make, _memory)
add("planted-raw", _make, _raw)
