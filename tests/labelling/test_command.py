"""The command `outgrow label`: files, pipes, a stop, and what it says."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.student import Student, save

Make = Callable[..., Student]
MAIN = """
import sys
from pathlib import Path
from outgrow import packs
from outgrow.cli import main
place = Path(sys.argv.pop(1))
packs.folder = lambda name: place
main()
"""
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def command(student: Make, cache: Path, tmp_path: Path) -> list[str]:
    """The command, up to the model."""
    save(student(), tmp_path / "model")
    return [sys.executable, "-c", MAIN, str(cache), "label", str(tmp_path / "model")]


@pytest.fixture
def run(command: list[str], tmp_path: Path) -> Run:
    def go(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*command, *arguments], cwd=tmp_path, input=given, capture_output=True)

    return go


def test_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("id,text\n1,good\n2,\n3,bad\n")
    done = run("new.csv", "--out", "out.csv")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b""
    told = done.stderr.decode()
    assert told.startswith("note: no label for 1 row without text\nlabelled 2 of 3 rows of new.csv: 1 neg, 1 pos; ")
    with open(tmp_path / "out.csv", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["pos", "", "neg"]
    again = run("new.csv", "--out", "out.csv")
    assert again.returncode == 2
    assert again.stderr.decode().startswith("error: out.csv is there already; --force")
    assert run("new.csv", "--out", "out.csv", "--force").returncode == 0


@pytest.mark.parametrize("form", ["csv", "jsonl", "tsv"])
def test_standard_input_and_output(run: Run, form: str) -> None:
    if form == "jsonl":
        given = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in ("good", "bad"))
        done = run("-", given=given)
        found = [json.loads(line) for line in done.stdout.splitlines()]
    else:
        between = {"csv": ",", "tsv": "\t"}[form]
        more = ("--delimiter", between) if form == "tsv" else ("--out", "-")
        done = run("-", *more, given=f"text{between}x\ngood{between}1\nbad{between}2\n".encode())
        found = list(csv.DictReader(io.StringIO(done.stdout.decode()), delimiter=between))
    assert done.returncode == 0, done.stderr.decode()
    assert [(row["text"], row["label"]) for row in found] == [("good", "pos"), ("bad", "neg")]
    assert b"labelled 2 of 2 rows" in done.stderr


def test_what_standard_input_cannot_be(run: Run) -> None:
    for given, told in {
        b"PAR1abc": "Parquet cannot be read from standard input",
        b"": "standard input is empty",
        b'{"text": "good"}\nnone\n': "standard input, line 2 holds no JSON object",
        b'text\n"good\n': "standard input, line 2: a quote opens",
        b"text\n": "has no rows",
    }.items():
        done = run("-", given=given)
        assert (done.returncode, done.stdout) == (2, b""), done.stderr.decode()
        assert told in done.stderr.decode()
    done = run("-", "--batch", "1", "--out", "out.csv", given=b'{"text": "good"}\n{"text": "bad", "more": 1}\n')
    assert done.returncode == 2
    assert "row 2 has 'more', which no row before it has" in done.stderr.decode()


def test_a_reader_that_has_seen_enough_ends_it_in_silence(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("text\n" + "good film\n" * 200_000)
    with subprocess.Popen([*command, "new.csv"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == b"text,label,probability,p_neg,p_pos\n"
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_how_to_go_on(command: list[str], run: Run, tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "new.csv").write_text("text\n" + "good film\n" * 60_000)
    arguments = ["new.csv", "--out", "out.csv", "--batch", "20"]
    facts = tmp_path / "out.csv.part.json"
    with subprocess.Popen([*command, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, env=os.environ) as child:
        while not facts.exists() and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(how)
        assert child.stderr is not None
        said = child.stderr.read().decode()
    assert child.returncode == 130, said
    assert "stopped; what is done is kept in out.csv.part: run the same command to go on" in said
    assert not (tmp_path / "out.csv").exists()
    before = json.loads(facts.read_bytes())["rows"]
    done = run(*arguments)
    assert f"labelled 60,000 of 60,000 rows of new.csv, {before:,} of them before" in done.stderr.decode()
    run("new.csv", "--out", "whole.csv", "--batch", "20")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
