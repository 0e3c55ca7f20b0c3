"""Other people's components, from the command line: installed packages and files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import outgrow
from outgrow.errors import PluginError
from outgrow.methods.base import methods
from outgrow.registry import imported_files

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


SMALL = ("--set", "task.n=400", "--set", "split={supervisor=60, transfer=60, validation=30, test=100}")  # of toy
SMALLER = (*SMALL, "--set", "weak.model=toy-xs", "--set", "strong.model=toy-l", "--seeds", "0")
PROCESSES = ("--executor", "processes", "--workers", "1")


SUREST = """
from beside import KEEP


@spec
class Surest(Filter):
    name: ClassVar[str] = "surest"
    keep: float = KEEP

"""


def test_a_file_is_imported_before_or_after_the_command_and_by_every_process(tmp_path: Path) -> None:
    """Its selection is sent to the processes."""
    text = TRIMMED.replace("\n\n@methods", f"{SUREST}\n@methods").replace("Filter(keep=0.1)", "Surest()")
    (tmp_path / "trimmed.py").write_text(text)
    (tmp_path / "beside.py").write_text("KEEP = 0.1\n")
    run = ("run", "toy", "--set", "method.name=trimmed", *SMALLER)
    status, out, err = command("--import", "trimmed.py", *run, *PROCESSES, folder=tmp_path)
    assert (status, err) == (0, "")
    assert "trimmed" in out
    status, again, err = command(*run, "--import=trimmed.py", folder=tmp_path)
    assert (status, err) == (0, "")
    assert "Computed 0 steps" in again


@pytest.mark.usefixtures("clean")
def test_every_command_takes_a_file(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trimmed.py").write_text(TRIMMED)
    run = ("run", "toy", "--set", "method.name=trimmed", "--dry-run")
    status, _, err = cli(*run)
    assert status == 2
    assert "unknown method 'trimmed'" in err
    assert cli(*run, "--import") == (2, "", "error: --import needs a Python file\n")
    said = "error: cannot import 'trimmd.py': no such file or directory; did you mean 'trimmed.py'?\n"
    assert cli("results", "--import", "trimmd.py") == (2, "", said)
    status, out, _ = cli("list", "methods", "--import", "trimmed.py")
    assert out.splitlines()[-1] == f"{'trimmed':21}  the surest tenth of the rows [made up]"
    assert cli("--import", "trimmed.py", *run)[0] == 0


NUL = "SyntaxError" if sys.version_info >= (3, 11, 4) else "ValueError"
MISTAKES = {
    "x = 1\nimport nothing_like_this": ", line 2: ModuleNotFoundError: No module named 'nothing_like_this'",
    "x = (": ", line 1: SyntaxError: '(' was never closed",
    "def f():\n    return 1 / 0\n\nf()": ", line 2: ZeroDivisionError: division by zero",
    "import json\n\njson.loads('{')": ", line 3: JSONDecodeError: Expecting property name",
    "raise SystemExit(3)": ", line 1: SystemExit: 3",
    "\0": f": {NUL}: source code string cannot contain null bytes",
    f"{TRIMMED}{TRIMMED}".replace("class Trimmed", "class Other", 1): (
        ", line 26: the method 'trimmed' is registered already, by /"
    ),
    TRIMMED.replace('"trimmed"', '"naive"'): (
        ", line 10: the method 'naive' is registered already, by outgrow.methods.naive; choose another name"
    ),
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
@pytest.mark.usefixtures("clean")
def test_a_file_that_cannot_be_imported_is_named_with_line_and_reason(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(PluginError) as caught:
        outgrow.import_file(file)
    assert str(caught.value).startswith(f"cannot import {file}{MISTAKES[text]}")
    assert "trimmed" not in methods
    assert str(file) not in imported_files()


@pytest.mark.usefixtures("clean")
def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """Without the future that this package imports: annotations are values."""
    file = tmp_path / "values.py"
    file.write_text("def double(number: int) -> int:\n    return 2 * number\n")
    assert outgrow.import_file(file).double.__annotations__ == {"number": int, "return": int}


@pytest.mark.usefixtures("clean")
def test_a_file_is_run_again_if_it_was_changed(tmp_path: Path) -> None:
    file = tmp_path / "trimmed.py"
    file.write_text(TRIMMED)
    first = outgrow.import_file(file)
    assert outgrow.import_file(str(file)) is first
    assert methods["trimmed"] is first.Trimmed
    assert outgrow.Runtime().imports == (str(file),)
    file.write_text(TRIMMED.replace("0.1", "0.2"))
    second = outgrow.import_file(file)
    assert methods["trimmed"] is second.Trimmed is not first.Trimmed
    assert second.__file__ == str(file)
    file.write_text("1 / 0")
    with pytest.raises(PluginError):
        outgrow.import_file(file)
    assert "trimmed" not in methods  # rather nothing than what is no longer in the file
    assert outgrow.Runtime().imports == ()


NOTEBOOK = f"""
{TRIMMED}
import numpy as np

import outgrow
from outgrow.learning.objective import Selection
from outgrow.methods.selections.base import selections
from outgrow.metrics.base import metrics


@selections.register("every-row", about="a", source="b")
@spec
class EveryRow(Selection):
    name: ClassVar[str] = "every-row"

    def weights(self, weak, *, seed):
        return np.ones(len(weak.ids))


metrics.add("mine", metrics["accuracy"], about="a", source="b")
small = {{"split": {{"supervisor": 60, "transfer": 60, "validation": 30, "test": 100}}, "sweep.seeds": [0]}}
for settings in ({{"method": "every-row"}}, {{"metric": "mine"}}):
    try:
        outgrow.run("toy", set={{**small, **settings}}, executor="processes")
    except outgrow.errors.ConfigError as error:
        print(error)
print(outgrow.run("toy", set={{**small, "method": "trimmed"}}, executor="processes").groups[0].method)
"""


def python(*arguments: str | Path, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """A Python of its own."""
    environment = {**os.environ, "PYTHONPATH": str(Path(outgrow.__file__).parents[1])}
    line = [sys.executable, "-W", "error", *map(str, arguments)]
    return subprocess.run(line, input=text, cwd=folder, env=environment, capture_output=True, text=True)


def test_what_a_notebook_defines_is_told_before_processes_start(tmp_path: Path) -> None:
    done = python("-c", NOTEBOOK, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third = done.stdout.splitlines()
    for said, name in ((first, "EveryRow"), (second, "mine")):
        assert said.startswith(f"{name!r} is defined in this notebook or interactive session, where processes cannot")
    assert third == "trimmed"


UNGUARDED = "import outgrow\noutgrow.run('toy', executor='processes', workers=1)\n"


def test_a_script_that_starts_processes_unguarded_is_told(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = python("script.py", folder=tmp_path)
    assert done.returncode == 1
    assert 'must do so under `if __name__ == "__main__":`' in done.stderr
    last = (
        "a worker process died during 'train toy-xs on ground truth' with exit status 1, and what it said stands above"
    )
    assert last in done.stderr.splitlines()[-1]
    done = python("-", folder=tmp_path, text=UNGUARDED)
    assert "processes cannot import what comes from standard input" in done.stderr.splitlines()[-1]
