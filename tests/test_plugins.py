"""Other people's components, from the command line: installed packages and files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import outgrow

TRIMMED = """
from typing import ClassVar

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.selections.filter import Filter
from outgrow.spec import spec


@methods.register("trimmed", about="the surest tenth of the rows", source="made up")
@spec
class Trimmed(Method):
    name: ClassVar[str] = "trimmed"

    def objective(self) -> Objective:
        return Objective(selections=(Filter(keep=0.1),))
"""


def command(*arguments: str, folder: Path, site: Path | None = None) -> tuple[int, str, str]:
    """The command line in a process of its own: exit status, stdout, stderr."""
    source = Path(outgrow.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*([str(site)] if site else []), str(source)])}
    done = subprocess.run(
        [sys.executable, "-m", "outgrow", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_plugin_that_cannot_be_imported_is_named_and_nothing_else_breaks(
    plug: Callable[..., Path], tmp_path: Path
) -> None:
    plug("good_party", TRIMMED, kind="methods")
    site = plug("bad_party", "import nowhere_to_be_found\n", kind="methods", version="0.3")
    problem = "of bad-party 0.3 {}: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    said = f"the plug-in 'bad_party' {problem.format('cannot be used')}"
    status, out, err = command("list", "methods", folder=tmp_path, site=site)
    assert (status, err) == (0, f"WARNING: {said}\n")
    assert {"naive", "trimmed"} <= {line.split()[0] for line in out.splitlines()}
    status, out, err = command("run", "toy", "--set", "method.name=worse", "--dry-run", folder=tmp_path, site=site)
    assert status == 2
    assert err.splitlines()[-1].startswith("error: --set method.name: unknown method 'worse'; ")
    assert err.splitlines()[-1].endswith(f"; {said}")
    status, out, _ = command("doctor", folder=tmp_path, site=site)
    assert status == 0
    listed = [line.split(maxsplit=1)[1] for line in out.splitlines() if line.startswith("plug-in")]
    assert sorted(listed) == [f"bad_party {problem.format('(methods)')}", "good_party of good-party 1 (methods): ok"]
