"""The command line within the process: odd arguments, odd names of files, a store with rows of odd names."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest import mock

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.structures import TEXTS, text
from tests.fuzz.targets.results import RECORD, ROW
from tests.fuzz.watch import RAW

from outgrow.errors import DataError

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("results",),
    ("results", "--format", "json"),
    ("results", "--format", "csv"),
    ("results", "--format", "latex"),
    ("results", "--format", "markdown"),
    ("results", "--format", "csv", "--out", "?"),
    ("results", "--out", "o.md"),
    ("results", "--group"),
    ("results", "--group", "--format", "csv"),
    ("results", "--where", "?"),
    ("results", "--where", "method=?"),
    ("report", "--out", "o.html"),
    ("report", "--out", "?"),
    ("report", "--out", "?.html"),
    ("report", "--where", "experiment=?", "--out", "o.html"),
    ("analyse", "?"),
    ("analyse", "scores"),
    ("analyse", "scores", "--format", "csv"),
    ("analyse", "scores", "--out", "?"),
    ("analyse", "scores", "--out", "o.svg"),
    ("compare", "?", "?"),
    ("compare", "method=?", "seed=?"),
    ("list", "?"),
    ("list", "tasks"),
    ("store", "ls"),
    ("store", "verify"),
    ("store", "why", "?"),
    ("store", "gc", "--dry-run"),
    ("store", "rebuild"),
    ("run", "?", "--dry-run"),
    ("run", "toy", "--set", "?", "--dry-run"),
    ("run", "toy", "--set", "task.?=?", "--dry-run"),
    ("--import", "?", "list"),
    ("run", "toy", "--seeds", "?", "--dry-run"),
    ("run", "toy", "--executor", "?", "--dry-run"),
    ("packs", "get", "?"),
    ("packs", "verify", "?"),
    ("?",),
    ("results", "--?"),
    ("results", "--store", "?"),
    ("store", "ls", "--store", "?"),
)


def _make(rng: Rng) -> Case:
    words = [text(rng) if rng.random() < 0.5 else rng.choice(TEXTS) for _ in range(3)]
    words = [one.replace("\0", "") for one in words]  # no argument of a process can hold it
    given = [one.replace("?", rng.choice(words)) for one in rng.choice(COMMANDS)]
    if "--out" in given:  # what is named is written, wherever that is: here it has to be in the folder
        at = given.index("--out") + 1
        given[at] = given[at].replace("/", "_")
    names = {name: rng.choice(words) for name in ("experiment", "task", "weak", "strong", "method")}
    row = {**ROW, **{name: value for name, value in names.items() if rng.random() < 0.5}}
    return Case({}, {"arguments": given, "record": {**RECORD, "row": row, "notes": words}})


def _run(case: Case, folder: Path) -> None:
    from outgrow.cli import main
    from outgrow.store import Store

    store = Store(folder / "outgrow-store")
    store.create()
    store.write_result("r0", case.options["record"])
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="strict", newline="")
    before = os.getcwd()
    os.chdir(folder)
    code: object = None
    try:
        with (
            mock.patch.object(sys, "argv", ["outgrow", *case.options["arguments"]]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            main()
    except SystemExit as error:
        code = error.code
    finally:
        os.chdir(before)
    out.flush()
    said = out.buffer.getvalue().decode()
    if "Traceback" in said or code not in (None, 0, 1, 2):
        raise Wrong(f"it ended with {code!r}: {said[-300:]}")
    shown = said.replace("\r\n", "\n").replace("\t", " ")
    if (found := RAW.search(shown)) and "json" not in case.options["arguments"]:
        raise Wrong(f"it shows {found[0]!r}: {shown[max(0, found.start() - 60) : found.end() + 20]!r}")
    if code:
        raise DataError(said[:200])


add("commands", _make, _run, share=0.1, seconds=20.0)
