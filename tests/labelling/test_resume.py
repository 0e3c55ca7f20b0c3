"""A labelling that stops goes on, to the same bytes; one of something else begins anew and says so."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.disk import locked
from outgrow.errors import ConfigError
from outgrow.labelling import label_file
from outgrow.student import Student, save

Make = Callable[..., Student]
ROWS = 400
RUN = """
import sys, time
from pathlib import Path
from outgrow import packs
from outgrow.labelling import label_file
from outgrow.student import load
model, source, out, cache = sys.argv[1:]
packs.folder = lambda name: Path(cache)
label_file(load(model), source, out, batch=10, watch=lambda done, rows: time.sleep(0.02))
"""


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A table of some hundred rows, of which one has no text."""
    with open(tmp_path / "new.csv", "w", newline="") as file:
        words = ("good", "bad", "film", "book")
        rows = [[i, " ".join(words[(i * k) % 4] for k in (1, 3, 7)) if i != 5 else ""] for i in range(ROWS)]
        csv.writer(file).writerows([["id", "text"], *rows])
    return tmp_path / "new.csv"


class Stopped(Exception):
    """The test stops a labelling."""


def stop_at(rows: int) -> Callable[[int, int], None]:
    def watch(done: int, n: int) -> None:
        if done >= rows:
            raise Stopped

    return watch


@pytest.mark.parametrize("made", ["csv", "csv.gz", "jsonl", "parquet"])
def test_the_file_is_the_same_byte_by_byte(student: Make, new: Path, tmp_path: Path, made: str) -> None:
    whole, out = tmp_path / f"whole.{made}", tmp_path / f"out.{made}"
    wanted = label_file(student(), new, whole, batch=16)
    for rows in (16, 100, 300):
        with pytest.raises(Stopped):
            label_file(student(), new, out, batch=16, watch=stop_at(rows))
        assert not out.exists()
    found = label_file(student(), new, out, batch=16)
    assert out.read_bytes() == whole.read_bytes()
    assert found.resumed == 304
    assert (found.rows, found.classes, found.notes) == (wanted.rows, wanted.classes, wanted.notes)
    assert not list(tmp_path.glob("*.part*"))


def test_killed_anywhere_it_goes_on(student: Make, new: Path, cache: Path, tmp_path: Path) -> None:
    """Killed again and again, a little later each time, until it is done."""
    one, out = student(), tmp_path / "out.csv"
    save(one, tmp_path / "model")
    label_file(one, new, tmp_path / "whole.csv", batch=10)
    command = [sys.executable, "-c", RUN, str(tmp_path / "model"), str(new), str(out), str(cache)]
    killed, before = 0, -1
    while not out.exists():
        assert killed < 60
        with subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True) as child:
            while child.poll() is None and done(out) < before + 60:
                time.sleep(0.001)
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                killed += 1
            elif child.returncode:
                assert child.stderr is not None
                raise AssertionError(child.stderr.read())
        before = max(before, done(out))
    assert killed >= 3
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def done(out: Path) -> int:
    """How many rows the part says that it has."""
    try:
        return int(json.loads(Path(f"{out}.part.json").read_bytes())["rows"])
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize(("change", "told"), [
    ("model", "begun with another model"), ("options", "begun with other options"),
    ("input", "begun with another input"),
    ("part", "was changed since"), ("facts", "its description is damaged"), ("cut", "was changed since"),
])  # fmt: skip
def test_a_part_of_something_else_is_begun_anew(
    student: Make, new: Path, tmp_path: Path, change: str, told: str
) -> None:
    out, part, facts = tmp_path / "out.csv", tmp_path / "out.csv.part", tmp_path / "out.csv.part.json"
    with pytest.raises(Stopped):
        label_file(student(), new, out, batch=16, watch=stop_at(64))
    one, prefix = student(), ""
    if change == "model":
        one.state["head.bias"][0] = 1.0
    elif change == "options":
        prefix = "x_"
    elif change == "input":
        new.write_bytes(new.read_bytes() + b"1000,good\n")
    elif change == "part":
        part.write_bytes(part.read_bytes().replace(b"good", b"gold", 1))
    elif change == "cut":
        part.write_bytes(part.read_bytes()[:100])
    else:
        facts.write_text(facts.read_text()[:50])
    found = label_file(one, new, out, batch=16, prefix=prefix)
    label_file(one, new, tmp_path / "whole.csv", batch=16, prefix=prefix)
    assert found.resumed == 0
    assert told in found.notes[0]
    assert found.notes[0].endswith("all rows are labelled anew")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_two_at_once_do_not_write_one_file(student: Make, new: Path, tmp_path: Path) -> None:
    with locked(tmp_path / "out.csv.part"), pytest.raises(ConfigError, match="another process is writing"):
        label_file(student(), new, tmp_path / "out.csv")


def test_what_stands_in_the_place_of_the_part_is_not_followed(student: Make, new: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / "out.csv.part").symlink_to(tmp_path / "other")
    with pytest.raises(Exception, match="is a link: delete it"):
        label_file(student(), new, tmp_path / "out.csv")
    assert (tmp_path / "other").read_text() == "mine"
