"""Every command that takes a store takes one on S3."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from s3_server import Server

import outgrow
from outgrow.experiment import Experiment
from outgrow.runtime import Runtime
from outgrow.store.remote.upkeep import RemoteStore
from outgrow.sweep import run_experiments

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def study(document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of an experiment, in the folder in which commands run."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = tmp_path / "tiny.toml"
    path.write_text(tomli_w.dumps(document))
    return str(path)


def test_commands_on_s3(cli: Cli, study: str, bucket: str, s3: Server) -> None:
    store = f"--store={bucket}/study"
    status, out, err = cli("run", study, store, "--dry-run")
    assert (status, "14 of them to do" in out) == (0, True), err
    assert not [one for one in s3.requests if one[0] == "PUT" and "/study/" in one[1]]  # nothing is written by looking
    status, out, err = cli("run", study, store)
    assert (status, f"Computed 14 steps, found 0 of 14 in the store {bucket}/study" in out) == (0, True), err
    assert "Report: report-tiny.html" in out
    assert os.listdir() == ["report-tiny.html"]
    assert f"{bucket}/study" in Path("report-tiny.html").read_text()
    status, out, _ = cli("run", study, store)
    assert (status, "Computed 0 steps" in out) == (0, True)
    for arguments, said in {
        ("results",): "confidence", ("results", "--group"): "confidence", ("results", "--where=method=naive"): "naive",
        ("report", "--out=page.html"): "page.html", ("compare", "method=naive", "method=confidence"): "naive",
        ("analyse", "agreement"): "", ("store", "ls"): "finetune",
        ("store", "verify"): "14 artefacts and 2 rows, all whole",
        ("store", "rebuild"): "14 artefacts in the index", ("store", "why", study): "every step is in the store",
        ("store", "gc", "--dry-run"): "would delete 0 artefacts", ("doctor",): f"{bucket}/study: there",
        ("results", "forget", "--where=method=naive"): "naive", ("store", "gc"): "deleted",
        ("export", "--where=method=confidence", "--format=weak-labels", "--to=labels.parquet"): "labels.parquet",
    }.items():  # fmt: skip
        status, out, err = cli(*arguments, store)
        assert (status, said in " ".join(out.split())) == (0, True), (arguments, out, err)
    status, out, _ = cli("run", study, store, "--set", "method.name=naive", "--fresh")
    assert status == 0, out
    assert RemoteStore(f"{bucket}/study").verify() == []


def test_workers_open_it_by_its_address(toy: Callable[..., list[Experiment]], remote: Callable[[], Any]) -> None:
    """Other processes have the environment alone, in which the server and the credentials stand."""
    swept = run_experiments(toy(), remote(), runtime=Runtime(executor="processes", workers=1))
    assert (swept.computed, swept.failures) == (14, {})
    store = remote()
    assert store.verify() == []
    assert len(store.keys()) == 14
    assert not [name for name in store.bucket.listed("") if name.startswith(("locks/", "in-use/"))]


def test_studies_from_python(study: str, bucket: str) -> None:
    results = outgrow.run(study, store=f"{bucket}/study", seeds=[0], progress=False)
    assert not results.failures
    again = outgrow.read_results(f"{bucket}/study")
    assert again.rows() == results.rows()
    assert f"in {bucket}/study" in repr(again)
