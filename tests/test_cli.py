"""The command line as scripts depend on it: exit statuses, columns, and messages without tracebacks."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.cli.run import report_name
from outgrow.config import shipped_experiments
from outgrow.errors import ConfigError, StepFailed
from outgrow.executors.base import executors
from outgrow.methods.base import methods
from outgrow.metrics.base import metrics
from outgrow.models.base import models
from outgrow.packs import PACKS
from outgrow.registry import Registry
from outgrow.results.columns import COLUMNS
from outgrow.steps import Context, Split
from outgrow.store import Store
from outgrow.tasks.base import tasks

Cli = Callable[..., tuple[int, str, str]]
Toml = Callable[..., str]

SHIPPED = ", ".join(shipped_experiments())
CONTRACT = [
    "experiment", "task", "kind", "weak", "strong", "method", "seed", "n_supervisor", "n_transfer", "n_test",
    "n_ground_truth", "metric",
    "zero_shot_score", "weak_score", "student_score", "ceiling_score", "weak_label_accuracy", "agreement",
    "agreement_when_right", "agreement_when_wrong", "pgr", "pgr_low", "pgr_high", "verdict", "key",
    "n_groups", "design_effect", "failure",
]  # fmt: skip


@pytest.fixture
def done(cli: Cli, toml: Toml, store: Store) -> tuple[str, str]:
    """A finished run of two methods and two seeds, in which PGR can be read: the TOML file and the store."""
    path = toml(
        ("supervisor = 60\ntransfer = 60", "supervisor = 500\ntransfer = 500"),
        ("n = 400", "n = 2000"), ("test = 100", "test = 800"), ("epochs = 2", "epochs = 4"),
    )  # fmt: skip
    status, out, err = cli("run", path, "--seeds", "0,1,2", "--store", str(store.root))
    assert status == 0, out + err
    return path, str(store.root)


def rows(cli: Cli, store: str, *options: str) -> list[dict[str, Any]]:
    status, out, err = cli("results", "--store", store, "--format", "json", *options)
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, list)
    return found


def test_what_a_newcomer_types(done: tuple[str, str], cli: Cli) -> None:
    """run, results in every form, report: one run serves all, as it takes the longest."""
    path, store = done

    # a second run computes nothing, says what it found, and points to its report
    status, out, _ = cli("run", path, "--seeds", "0,1,2", "--store", store)
    assert status == 0
    assert "Computed 0 steps, found 40 of 40 in the store" in out
    assert "toy-xs gets" in out
    report = Path(store) / "report-tiny-seeds=0,1,2.html"
    assert f"Report: {report}" in out
    assert report.read_text().startswith("<!DOCTYPE html>")

    # rows
    assert list(COLUMNS) == CONTRACT
    found = rows(cli, store)
    assert len(found) == 6
    for row in found:
        assert list(row) == CONTRACT
        assert (row["experiment"], row["kind"], row["n_test"], row["verdict"]) == ("tiny", "classification", 800, "ok")
        assert row["pgr_low"] <= row["pgr"] <= row["pgr_high"]
        assert row["zero_shot_score"] is None
        assert Store(store).has(row["key"])
    assert [(row["method"], row["seed"]) for row in found] == [
        (method, seed) for method in ("confidence", "naive") for seed in (0, 1, 2)
    ]  # fmt: skip

    # the same as CSV and as a table
    _, out, _ = cli("results", "--store", store, "--format", "csv")
    listed = list(csv.DictReader(io.StringIO(out)))
    assert [list(row) for row in listed] == [CONTRACT] * 6
    assert [float(row["pgr"]) for row in listed] == [row["pgr"] for row in found]
    assert {row["zero_shot_score"] for row in listed} == {""}
    _, out, _ = cli("results", "--store", store)
    same, _, *lines = out.splitlines()
    assert same == "In all rows: weak toy-xs; strong toy-l; no zero_shot_score."
    for line, row in zip(lines, found, strict=True):
        for text in (row["method"], str(row["seed"]), f"{row['pgr']:.3f}", row["key"][:12]):
            assert text in line.split()

    # pooled, chosen
    groups = rows(cli, store, "--group")
    assert {row["method"]: row["seeds"] for row in groups} == {"confidence": [0, 1, 2], "naive": [0, 1, 2]}
    for group in groups:
        assert set(CONTRACT) - set(group) == {"seed", "key"}
        assert group["pgr_low"] <= group["pgr"] <= group["pgr_high"]
        mean = sum(row["weak_score"] for row in found if row["method"] == group["method"]) / 3
        assert group["weak_score"] == pytest.approx(mean)
    _, out, _ = cli("results", "--store", store, "--group")
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["confidence", "naive"]
    _, out, _ = cli("results", "--store", store, "--group", "--format", "csv")
    assert [row["seeds"] for row in csv.DictReader(io.StringIO(out))] == ["[0, 1, 2]"] * 2
    assert len(rows(cli, store, "--where", "method=naive")) == 3
    assert len(rows(cli, store, "--where", "method=naive", "--where", "seed=1")) == 1
    assert len(rows(cli, store, "--where", "strong.train.epochs=4")) == 6
    assert len(rows(cli, store, "--where", "strong.train.dropout=false")) == 6
    assert rows(cli, store, "--where", f"key={found[3]['key'][:12]}") == [found[3]]

    # files
    for name, begin in {
        "t.csv": "experiment,",
        "t.json": "[\n",
        "t.tex": "% ",
        "t.MD": "Scores",
        "t.txt": "In ",
    }.items():
        for options in ([], ["--group"]):
            file = Path(store) / name
            status, out, err = cli("results", "--store", store, "--out", str(file), *options)
            assert (status, out, err) == (0, f"{file}\n", "")
            assert file.read_text().startswith(begin)
    assert json.loads((Path(store) / "t.json").read_text()) == groups
    assert not list(Path(store).glob("*.partial"))
    file = Path(store) / "odd.dat"
    assert cli("results", "--store", store, "--out", str(file), "--format", "csv")[0] == 0
    assert len(file.read_text().splitlines()) == 7

    # report
    page = Path(store) / "page.html"
    status, out, _ = cli("report", "--store", store, "--out", str(page), "--where", "method=naive")
    assert (status, out.strip()) == (0, str(page))
    assert "toy-l" in page.read_text()
    status, _, err = cli("report", "--store", store, "--out", str(page / "impossible.html"))
    assert status == 2
    assert "cannot write the report" in err


MISSES = {
    "method=bootstrapping": "fits no row; method is confidence, naive",
    "method=nave": "fits no row; method is confidence, naive; did you mean 'naive'?",
    "weak=toy": "fits no row; weak is toy-xs",
    "seed=7": "fits no row; seed is 0, 1, 2\n",
    "key=zz": "fits no row; key is ",
    "metod=naive": "there is no column 'metod'; did you mean 'method'?",
    "learning_rate=1": "did you mean 'weak.train.learning_rate' or 'strong.train.learning_rate'?",
    "train.epochs=1": "did you mean 'weak.train.epochs' or 'strong.train.epochs'?",
    "zzzzzzzz=1": "columns are experiment, task, kind",
    "method": "write column=value, such as method=naive",
    "=naive": "write column=value, such as method=naive",
}


def test_a_condition_that_fits_nothing_lists_what_there_is(done: tuple[str, str], cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for command in (["results"], ["report", "--out", str(page)], ["analyse", "scores"]):
        for where, message in MISSES.items():
            status, out, err = cli(*command, "--store", done[1], "--where", where)
            assert (status, out) == (2, "")
            assert f"--where {where!r}" in err
            assert message in err
    assert not page.exists()


def test_a_condition_on_an_empty_store(cli: Cli, store: Store, tmp_path: Path) -> None:
    status, _, err = cli("results", "--store", str(store.root), "--where", "method=naive")
    assert (status, "there are no results here yet" in err) == (2, True)
    assert cli("results", "--store", str(store.root)) == (0, "no rows\n", "")


def test_a_file_that_cannot_be_written(done: tuple[str, str], cli: Cli, tmp_path: Path) -> None:
    for name, message in (
        ("t.pdf", "its suffix '.pdf' is none of .txt, .csv, .json, .tex, .md; choose one, or say --format"),
        ("t", "its suffix '' is none of"),
        ("none/t.csv", "cannot write the results to"),
    ):
        status, out, err = cli("results", "--store", done[1], "--out", str(tmp_path / name))
        assert (status, out) == (2, "")
        assert message in err
        assert not (tmp_path / name).exists()


def test_looking_after_the_store(done: tuple[str, str], cli: Cli) -> None:
    path, store = done
    status, out, _ = cli("store", "ls", "--store", store)
    assert status == 0
    assert len(out.splitlines()) == 40
    (key, *_) = rows(cli, store)
    _, why, _ = cli("store", "why", key["key"][:12], "--store", store)
    row, step = why.splitlines()
    text = "row of tiny: toy-xs -> toy-l, confidence, seed 0; ok; it rests on 11 steps, all in the store"
    assert row == f"{key['key'][:12]}  {text}"
    assert step.startswith(f"{key['key'][:12]}  step compare, made of ")
    assert "no key in" in cli("store", "why", "00000000", "--store", store)[2]
    _, out, _ = cli("store", "ls", "--store", store)
    assert [line.split()[1] for line in out.splitlines()].count("finetune") == 12

    _, out, _ = cli("store", "why", path, "--set", "sweep.seeds=[0, 1, 2]", "--store", store)
    assert out.strip() == "every step is in the store"
    _, out, _ = cli("store", "why", path, "--set", "strong.train.epochs=7", "--store", store)
    assert "train toy-l on labels of toy-xs: identity.train.epochs: 4 -> 7" in out
    assert cli("store", "rebuild", "--store", store)[1].strip() == "40 artefacts in the index"
    assert cli("store", "verify", "--store", store)[:2] == (0, "40 artefacts and 6 rows, all whole\n")

    # damage is named, and the next run mends it
    damaged = next(Path(store).glob("artefacts/*/*/model.safetensors"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    status, out, _ = cli("store", "verify", "--store", store)
    assert status == 1
    assert damaged.parent.name[:12] in out
    assert "model.safetensors does not match its checksum" in out
    assert "Computed 1 step, found 39 of 40" in cli("run", path, "--seeds", "0,1,2", "--store", store)[1]
    assert cli("store", "verify", "--store", store)[0] == 0

    # what no row needs goes
    next(Path(store).glob("results/*.json")).unlink()
    _, would, _ = cli("store", "gc", "--store", store, "--dry-run")
    assert would.startswith("would delete 3 artefacts, ")
    assert len(Store(store).keys()) == 40
    _, did, _ = cli("store", "gc", "--store", store)
    assert did == would.replace("would delete", "deleted")
    assert len(Store(store).keys()) == 37


def test_a_damaged_result_is_named_and_mended(done: tuple[str, str], cli: Cli) -> None:
    path, store = done
    for damaged in Path(store).glob("artefacts/*/*/test.parquet"):
        damaged.write_bytes(b"")
    status, _, err = cli("results", "--group", "--store", store)
    assert status == 2
    assert "test.parquet does not match its checksum; it was moved aside, run again to recompute it" in err
    assert "Traceback" not in err
    assert cli("store", "verify", "--store", store)[0] == 1
    assert cli("run", path, "--seeds", "0,1,2", "--store", store)[0] == 0
    assert cli("results", "--group", "--store", store)[0] == 0


def test_pgr_is_null_unless_the_verdict_is_ok(cli: Cli, toml: Toml, store: Store) -> None:
    path = toml(('"toy-xs"', '"toy-l"'), ("supervisor = 60", "supervisor = 200"), ("epochs = 2", "epochs = 8"))
    status, out, _ = cli("run", path, "--set", "method.name=naive", "--store", str(store.root))
    assert status == 0
    (row,) = rows(cli, str(store.root))
    assert row["verdict"] == "no-gap"
    assert (row["pgr"], row["pgr_low"], row["pgr_high"]) == (None, None, None)
    assert row["student_score"] > 0.5
    (group,) = rows(cli, str(store.root), "--group")
    assert (group["pgr"], group["pgr_low"], group["verdict"]) == (None, None, "no-gap")
    assert "PGR must not be read here (no-gap)" in out


def test_a_failing_step_fails_its_experiments_alone(cli: Cli, toml: Toml, store: Store) -> None:
    path = toml(("[sweep]", '[sweep]\n"strong.train.learning_rate" = [3e-2, 3e37]'))
    status, out, err = cli("run", path, "--store", str(store.root))
    assert status == 1
    assert "3 steps failed; what does not need them is done and kept:" in err
    assert err.count("the loss is") == 1, "what the table and the sentences tell is not told again"
    assert "train toy-l on labels of toy-xs (confidence_loss): the loss is" in err
    assert "train toy-l on ground truth: the loss is" in " ".join(out.split())
    assert "Traceback" not in err
    found = rows(cli, str(store.root))
    assert sorted(row["verdict"] == "failed" for row in found) == [False, False, True, True]
    assert all(row["pgr"] is None and row["student_score"] is None for row in found if row["verdict"] == "failed")
    assert all(("the loss is" in row["failure"]) == (row["verdict"] == "failed") for row in found)
    assert "with naive, strong.train.learning_rate 3e+37 failed: train toy-l" in out
    table = cli("results", "--store", str(store.root))[1].splitlines()
    assert sum("failed (1)" in line or "failed (2)" in line for line in table) == 2
    assert any(
        re.fullmatch(r"\(1\) train toy-l on .*: the loss is .*; try a smaller one, such as 3e\+36", line)
        for line in table
    )
    for one in rows(cli, str(store.root), "--group"):
        assert ("the loss is" in one["failure"]) == (one["verdict"] == "failed")
    assert len(rows(cli, str(store.root), "--group")) == 4


def test_a_run_of_many_is_told_in_few_sentences(cli: Cli, toml: Toml, store: Store) -> None:
    rates = ", ".join(f"{k}e-3" for k in range(1, 9))
    path = toml(("[sweep]", f'[sweep]\n"train.learning_rate" = [{rates}]'), ("epochs = 2", "epochs = 1"))
    status, out, _ = cli("run", path, "--store", str(store.root))
    assert status == 0
    assert out.count("toy-xs gets") == 0
    assert out.count("The table has 16 results, by verdict ") == 1
    listed = cli("results", "--group", "--store", str(store.root))[1]
    assert listed in out, "rows are in one order everywhere"


def test_a_reader_that_has_seen_enough_does_not_stop_a_run(toml: Toml, store: Store) -> None:
    program = shlex.join([sys.executable, "-m", "outgrow", "run", toml(), "--store", str(store.root)])
    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{program} 2>&1 | head -1"], capture_output=True, text=True)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
    assert (store.root / "report-tiny.html").read_text().endswith("</html>\n")


def test_a_request_that_nothing_can_come_of_exits_2(cli: Cli, toml: Toml, store: Store) -> None:
    path = toml(("test = 100", "test = 1000"))
    status, _, err = cli("run", path, "--store", str(store.root))
    assert status == 2
    assert "the split asks for 1,030 examples" in err
    assert "Traceback" not in err


def test_a_dry_run_shows_the_plan_and_leaves_no_trace(cli: Cli, toml: Toml, store: Store, tmp_path: Path) -> None:
    path, none = toml(), tmp_path / "none"
    before = sorted(os.listdir(tmp_path))
    status, out, _ = cli("run", path, "--seeds", "0,1", "--dry-run", "--store", str(none))
    assert status == 0
    assert "4 experiments, 27 unique steps, 27 of them to do" in out
    assert "Trainings one by one would be 12" in out
    assert sorted(os.listdir(tmp_path)) == before
    cli("run", path, "--dry-run", "--store", str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == before, "a folder that is no store must not become one"
    cli("run", path, "--set", "method.name=naive", "--store", str(store.root))
    _, out, _ = cli("run", path, "--dry-run", "--store", str(store.root))
    assert "2 experiments, 14 unique steps, 3 of them to do" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "toyy"],
            "no experiment 'toyy': neither a TOML file nor shipped; did you mean 'toy'? shipped are "
            f"{SHIPPED} (outgrow list",
        ),
        (["run", "toy", "--set", "method.name=confidense"], "unknown method 'confidense'; did you mean 'confidence'?"),
        (["run", "toy", "--set", "weak.model=toy-xxs"], "unknown model 'toy-xxs'; did you mean 'toy-xs'?"),
        (["run", "toy", "--executor", "seral"], "unknown executor 'seral'; did you mean 'serial'?"),
        (["run", "toy", "--device", "gpu"], "'gpu' is not one of 'auto', 'cpu', 'cuda', 'mps'"),
        (["run", "toy", "--seeds", "one"], "--seeds 'one': write whole numbers with commas between"),
        (["run", "toy", "--set", "trian.epochs=1"], "unknown key 'trian'; did you mean 'train'?"),
        (["run", "toy", "--set", 'method={name = "bootstrapping", sizes = ["x"]}'], "unknown model 'x'"),
        (["list", "nonsense"], "cannot list 'nonsense'; choose one of tasks, models, supervisors"),
        (["results"], "no store at 'outgrow-store'; `outgrow run quickstart --store outgrow-store` makes one"),
        (["report"], "no store at"),
        (["store", "ls"], "no store at"),
        (["store", "verify"], "no store at"),
        (["store", "why", "toy"], "no store at"),
        (["store", "gc"], "no store at"),
        (["store", "rebuild"], "no store at"),
        (["results", "--format", "xml"], "xml"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_wrong_request_exits_2_with_one_message(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = cli(*arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in out + err
    assert os.listdir(tmp_path) == []


def test_the_installed_command_exits_like_main(tmp_path: Path) -> None:
    """The same through a process of its own: nothing of Python shows."""
    program = Path(sys.executable).with_name("outgrow")
    done = subprocess.run([program, "run", "toyy"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no experiment 'toyy'")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["tasks", "models", "methods", "metrics", "experiments", "executors", "packs"])
def test_lists_describe_and_name_the_source(cli: Cli, kind: str) -> None:
    status, out, _ = cli("list", kind)
    assert status == 0
    lines = out.splitlines()
    registries: dict[str, Registry[Any]] = {
        "tasks": tasks,
        "models": models,
        "methods": methods,
        "metrics": metrics,
        "executors": executors,
    }
    expected = {kind: [entry.name for entry in registry] for kind, registry in registries.items()}
    expected |= {"experiments": list(shipped_experiments()), "packs": list(PACKS)}
    assert [line.split()[0] for line in lines] == expected[kind]
    assert len(lines) >= {"tasks": 40, "models": 39, "experiments": 11, "packs": 11}.get(kind, 2)
    for line in lines:
        _, about = line.split(maxsplit=1)
        assert about.endswith("]")
        assert len(about) > 20


def test_doctor(cli: Cli, store: Store) -> None:
    status, out, _ = cli("doctor", "--store", str(store.root))
    assert status == 0
    found = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert "cpu" in found["devices"]
    assert found["store"].startswith(f"{store.root}: writable")
    assert {"outgrow", "python", "torch", "memory"} <= found.keys()


def test_without_arguments_it_helps(cli: Cli) -> None:
    _, out, err = cli()
    for command in ("run", "results", "report", "list", "store", "doctor"):
        assert command in out + err


def test_a_disk_that_fills_on_the_way_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from outgrow import cli, sweep
    from outgrow.errors import StoreError

    def full(*arguments: object, **options: object) -> None:
        raise StoreError("the disk is full; what was finished is kept")

    monkeypatch.setattr(sweep, "run_experiments", full)
    monkeypatch.setattr(sys, "argv", ["outgrow", "run", "toy", "--store", str(tmp_path / "store")])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert "what was finished is kept" in capsys.readouterr().err


def test_mistakes_that_can_be_seen_at_once_are_told_at_once(cli: Cli, tmp_path: Path, toml: Toml) -> None:
    path, store = toml(), str(tmp_path / "none")
    for options, message in (
        (["--workers", "4"], "workers = 4: the executor 'serial' uses one process; add --executor processes"),
        (["--device", "mps"], "this machine has no device 'mps'; it has "),
        (["--device", "mps", "--dry-run"], "this machine has no device 'mps'; it has "),
        (["--set", "split.test=1000", "--dry-run"], "the split asks for 1,030 examples"),
        (["--set", "split.transfer=290", "--dry-run"], "besides test 100 and validation 30 there are 270"),
    ):
        status, _, err = cli("run", path, *options, "--store", store)
        assert (status, err.count("error: "), len(err.splitlines())) == (2, 1, 1)
        assert message in err
        assert not Path(store).exists()


def test_a_failed_run_leaves_the_good_report_and_no_rows(cli: Cli, toml: Toml, store: Store) -> None:
    path = toml(("[sweep]", '[sweep]\n"strong.train.learning_rate" = [3e-2, 3e-1]'))
    options = ("--set", "method=naive", "--store", str(store.root))
    assert cli("run", path, *options)[0] == 0
    report = store.root / "report-tiny-method=naive.html"
    good = report.read_bytes()
    found = len(rows(cli, str(store.root)))
    status, out, err = cli("run", path, *options, "--set", "task.n=20")
    assert (status, out) == (2, "")
    assert err.startswith("error: the split asks for 130 examples (test 100, validation 30), but the task has 20; ")
    assert len(err.splitlines()) == 1
    toml(("[sweep]", '[sweep]\n"strong.train.learning_rate" = [3e-2, 3e37]'))
    status, out, err = cli("run", path, *options)
    assert status == 1
    assert f"Report: {store.root / 'report-tiny-method=naive-incomplete.html'}" in out
    assert report.read_bytes() == good
    assert len(rows(cli, str(store.root))) == found + 1
    assert sorted(store.root.glob("report-*.html")) == [
        report.with_name("report-tiny-method=naive-incomplete.html"),
        report,
    ]


def test_a_busy_machine_is_told_what_helps(cli: Cli, toml: Toml, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (7.4, 7.0, 6.0))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    command = ("run", toml(), "--set", "method=naive", "--seeds", "0", "--store", str(store.root))
    busy = "note: this machine is busy (load 7 on 2 cores): "
    assert cli(*command)[2].startswith(busy)
    assert busy not in cli(*command)[2], "nothing is computed"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert busy not in cli(*command, "--seeds", "1")[2]
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "getloadavg", lambda: (1.4, 7.0, 6.0))
    assert busy not in cli(*command, "--seeds", "2")[2]


def test_a_page_of_many_settings_has_a_short_title(cli: Cli, toml: Toml, store: Store) -> None:
    given = ("method=naive", "sweep.strong.train.learning_rate=[0.01,0.02]", "task.noise=0.1")
    settings = [part for one in given for part in ("--set", one)]
    assert cli("run", toml(), *settings, "--seeds", "0", "--store", str(store.root))[0] == 0
    said = cli("compare", "naive", "naive", "--store", str(store.root))
    assert said == (2, "", "error: 'naive' is neither a file nor a condition; did you mean method=naive?\n")
    (page,) = store.root.glob("report-*.html")
    text = page.read_text(encoding="utf-8")
    assert "<h1>tiny (4 settings of its own)</h1>" in text
    assert "task.noise=0.1" in text


def test_what_is_told_above_is_not_told_again(cli: Cli, toml: Toml, store: Store) -> None:
    path = toml()
    options = ("--set", "method=naive", "--set", "weak.train.learning_rate=3e37", "--seeds", "0")
    status, out, err = cli("run", path, *options, "--store", str(store.root))
    assert status == 1
    assert "failed: train toy-xs on ground truth: the loss is" in " ".join(out.split())
    assert "1 step failed, as told above; what does not need it is done and kept" in err
    assert "the loss is" not in err


def test_a_seed_that_failed_is_no_seed_of_the_result(
    cli: Cli, toml: Toml, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Split.compute

    def compute(self: Split, context: Context, folder: Path) -> None:
        if self.seed == 1:
            raise StepFailed("nobody answers")
        whole(self, context, folder)

    monkeypatch.setattr(Split, "compute", compute)
    status, out, err = cli("run", toml(), "--set", "method=naive", "--seeds", "0,1", "--store", str(store.root))
    assert status == 1
    assert "1 of 2" in out
    assert "1 other seed failed" in " ".join(out.split())
    assert "nobody answers" in err, "no other place tells why"
    (group,) = json.loads(cli("results", "--store", str(store.root), "--group", "--format", "json")[1])
    assert (group["seeds"], group["failed_seeds"], len(group["keys"])) == ([0], [1], 1)
    (page,) = store.root.glob("report-*.html")
    assert "seed 0 (1 failed)" in page.read_text(encoding="utf-8")


def test_what_is_finished_is_shown_also_where_nothing_can_be_written(
    cli: Cli, toml: Toml, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("run", toml(), "--set", "method=naive", "--store", str(store.root))
    status, before, _ = cli(*command)
    assert status == 0
    first = before.split("Computed ")[0]
    there = sorted(store.root.rglob("*"))

    def no_lock(path: Path, **options: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def no_file(path: Path, *content: Any, what: str, **options: Any) -> Path:
        raise ConfigError(f"cannot write {what} to {str(path)!r}: Read-only; choose another file with --out")

    monkeypatch.setattr("outgrow.disk.write_whole", no_file)
    monkeypatch.setattr("outgrow.store.folder.steps.locked", no_lock)
    status, out, err = cli(*command)
    assert (status, out.split("Computed ")[0]) == (0, first)
    assert "Computed 0 steps, found " in out
    assert "note: cannot write the report to " in err
    assert f"`outgrow report --store={store.root} --out=report.html`" in err
    assert len(err.splitlines()) == 1
    assert sorted(store.root.rglob("*")) == there
    status, out, err = cli(*command, "--seeds", "7")
    assert status == 1
    assert err.startswith(f"error: cannot write to the store {str(store.root)!r}: Read-only file system")


def test_a_report_that_cannot_be_written_is_a_note(
    cli: Cli, toml: Toml, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store.root / "report-tiny-method=naive.html").mkdir()
    status, out, err = cli("run", toml(), "--set", "method=naive", "--store", str(store.root))
    assert status == 0
    assert "Computed 11 steps" in out
    assert err.startswith("note: cannot write the report to ")


def test_a_store_at_home_is_found_without_a_shell(
    cli: Cli, toml: Toml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert cli("run", toml(), "--set", "method=naive", "--store=~/mine")[0] == 0
    assert (tmp_path / "mine" / "report-tiny-method=naive.html").is_file()
    assert cli("run", toml(), "--set", "method=naive", "--store=~nobody-of-this-name")[0] == 0
    assert (tmp_path / "~nobody-of-this-name" / "results").is_dir()
    assert not (tmp_path / "~").exists()


def test_names_with_brackets_and_control_characters_are_shown_as_they_are(cli: Cli, toml: Toml, tmp_path: Path) -> None:
    path = Path(toml(name="exp [a] :smile: \x1b[31m; touch x"))
    store = tmp_path / "runs [v2][/b]"
    status, out, err = cli("run", str(path), "--set", "method=naive", "--store", str(store))
    assert (status, err) == (0, "")
    assert f"in the store {store}, " in out
    assert "exp [a] :smile: \\x1b[31m; touch x" in out
    assert "\x1b" not in out
    (report,) = store.glob("*.html")
    quoted = f"outgrow run &#x27;{tmp_path}/exp [a] :smile:"
    assert quoted in report.read_text()


def test_a_report_is_named_by_what_was_set() -> None:
    assert report_name("toy", [], whole=True) == "report-toy.html"
    assert report_name("toy", ["train.epochs=1", "seeds=0,1"], whole=True) == "report-toy-train.epochs=1-seeds=0,1.html"
    assert report_name("toy", ["task.path=a/b c"], whole=False) == "report-toy-task.path=a_b_c-incomplete.html"
    long = [report_name("x" * 300, ["a" * 80 + end], whole=True) for end in "bc"]
    assert long[0] != long[1]
    assert len(long[0]) < 130
