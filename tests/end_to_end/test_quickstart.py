"""The whole quickstart as a user runs it, on the shipped puzzles and networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OUTGROW = [sys.executable, "-m", "outgrow"]


def outgrow(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*OUTGROW, *arguments], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quickstart") / "store"
    outgrow("run", "quickstart", "--store", str(folder), "--executor", "processes")  # the same numbers, sooner
    return folder


def test_pgr_is_clearly_above_zero(store: Path) -> None:
    rows = json.loads(outgrow("results", "--store", str(store), "--format", "json", "--group").stdout)
    assert {row["method"].split("(")[0] for row in rows} == {"naive", "bootstrapping", "harden + gce"}
    for row in rows:
        assert row["verdict"] == "ok"
        assert row["seeds"] == [0, 1, 2]
        assert row["weak_score"] < row["ceiling_score"]
        assert row["agreement_when_wrong"] < row["agreement_when_right"]
        assert row["pgr_low"] > 0


def test_a_near_supervisor_is_outgrown_and_a_far_one_harms(store: Path) -> None:
    rows = json.loads(outgrow("results", "--store", str(store), "--format", "json", "--group").stdout)
    score = {(row["weak"], row["method"].split("(")[0]): row for row in rows}
    near, far = score["chess-l", "naive"], score["chess-xs", "naive"]
    assert near["student_score_low"] > near["weak_score_high"]
    assert near["student_score"] > near["zero_shot_score"]
    assert far["student_score_high"] < far["zero_shot_score_low"]
    for method in ("bootstrapping", "harden + gce"):
        assert score["chess-xs", method]["student_score"] > far["student_score"]


def test_second_run_computes_nothing(store: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (store / "artefacts").rglob("*.safetensors")}
    again = outgrow("run", "quickstart", "--store", str(store))
    assert "Computed 0 steps" in again.stdout
    after = {path: path.stat().st_mtime_ns for path in (store / "artefacts").rglob("*.safetensors")}
    assert len(before) > 20
    assert after == before


def test_report_has_every_figure(store: Path) -> None:
    page = (store / "report-quickstart.html").read_text()
    assert page.count("<svg") >= 4
    assert "chess-xs" in page
    assert "chess-l" in page
    assert "chess-xl" in page


def test_store_is_whole(store: Path) -> None:
    assert "all whole" in outgrow("store", "verify", "--store", str(store)).stdout
