"""An endpoint as the supervisor of whole studies: asked once, before anything is trained, and told about."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import endpoints
import pytest
from endpoints import KEY, Asked, Endpoint, Reply, plain, says

MODEL = str(Path(endpoints.__file__).with_name("bag_of_words.py"))
Cli = Callable[..., tuple[int, str, str]]


def rows(cli: Cli, store: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("results", "--format", "json", "--store", str(store))[1])
    return found


def test_a_study_with_an_endpoint(study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path) -> None:
    file, store = study(), tmp_path / "store"
    status, out, err = cli("run", file, "--store", str(store), "--seeds", "0")
    assert status == 0, err
    assert len(endpoint.asked) == 90
    assert (
        "small: 90 prompts, 90 answers asked for now and 0 kept from before; 1,800 tokens in and 90 out, which"
        in " ".join(out.split())
    )
    assert "10.0% of the probability lay outside the classes" in " ".join(out.split())
    (row,) = rows(cli, store)
    assert row["weak_score"] == row["weak_label_accuracy"] == 1
    assert row["weak"] == "api: small"
    status, _, err = cli("run", file, "--store", str(store), "--seeds", "0,1,2")
    assert status == 0, err
    assert len(endpoint.asked) == len({asked.prompt for asked in endpoint.asked}) <= 110, "pool, validation and test"
    before = len(endpoint.asked)
    assert cli("run", file, "--store", str(tmp_path / "another"), "--seeds", "0,1,2")[0] == 0
    assert cli("run", file, "--store", str(store), "--seeds", "0,1,2", "--fresh")[0] == 0
    assert len(endpoint.asked) == before
    assert_nowhere(tmp_path)


def assert_nowhere(folder: Path) -> None:
    """No file holds the key: artefacts, manifests, rows, pages, the index, and kept answers."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert KEY.encode() not in path.read_bytes(), path


def test_a_dry_run_asks_nothing(study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path) -> None:
    status, out, err = cli("run", study(), "--store", str(tmp_path / "store"), "--seeds", "0,1", "--dry-run")
    told = " ".join(out.split())
    assert status == 0, err
    assert endpoint.asked == []
    assert f"note: api: small: {endpoint.url} would be asked" in told
    prompts = int(told.split("would be asked ")[1].split()[0])
    assert 90 < prompts <= 110
    assert "3 times" not in told
    assert "5 times that where it gives no log-probabilities" in told
    assert "variable 'OUTGROW_TEST_KEY'" in told
    status, out, err = cli("run", study(), "--store", str(tmp_path / "store"), "--seeds", "0,1")
    assert status == 0, err
    assert len(endpoint.asked) == prompts
    _, out, _ = cli("run", study(), "--store", str(tmp_path / "new"), "--seeds", "0,1", "--dry-run")
    told = " ".join(out.split())
    assert "would be asked 0 prompts for 'small', about 0 tokens in and at most 0 out, which cost about 0; " in told
    assert f"; {prompts} prompts are answered already" in told


def test_pairs_are_asked_about_in_both_orders(
    study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path
) -> None:
    def play(asked: Asked, n: int) -> Reply:
        first = asked.prompt.index("a good") < asked.prompt.index("a bad")
        return says("First", {"First": 0.8, "Second": 0.2} if first else {"First": 0.6, "Second": 0.4})

    endpoint.play = play
    status, out, err = cli("run", study(weak="", pairs=True), "--store", str(tmp_path / "store"), "--seeds", "0")
    assert status == 0, err
    assert len(endpoint.asked) == 180
    assert "90 of 90 pairs are answered otherwise when the candidates change places" in " ".join(out.split())
    (row,) = rows(cli, tmp_path / "store")
    assert row["weak_score"] == 1  # the mean of both orders knows better than its liking for the first


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (Reply({"error": KEY}, 401), 2, "does not take the key of the environment variable 'OUTGROW_TEST_KEY' (401)"),
        (Reply({"error": KEY}, 500), 1, " prompts so far came to nothing, such as this: http://127.0.0.1:"),
        (says("Hello!"), 2, "the answers to 20 of 20 prompts fit no class, such as 'Hello!'"),
    ],
)
def test_an_endpoint_that_fails_ends_the_run_before_anything_is_trained(
    reply: Reply, status: int, message: str, study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path
) -> None:
    endpoint.play = lambda asked, n: reply
    code, out, err = cli("run", study(), "--store", str(tmp_path / "store"), "--seeds", "0")
    assert code == status
    assert err.startswith("error: "), err
    assert message in err
    assert "Traceback" not in err
    kept = {path.parent.name: json.loads(path.read_text())["step"] for path in tmp_path.rglob("manifest.json")}
    assert set(kept.values()) == {"examples", "split"}
    assert KEY not in out + err
    assert_unkept(tmp_path)


def assert_unkept(folder: Path) -> None:
    assert not any(KEY.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_key_that_is_not_there_is_told_before_anything_is_asked(
    study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OUTGROW_TEST_KEY")
    code, _, err = cli("run", study(), "--store", str(tmp_path / "store"))
    assert code == 2
    assert "error: the environment variable 'OUTGROW_TEST_KEY' is not set" in err
    assert endpoint.asked == []


def test_a_run_that_was_killed_goes_on_where_it_was(
    study: Callable[..., str], endpoint: Endpoint, cli: Cli, tmp_path: Path
) -> None:
    reached = endpoint.free.__class__()

    def play(asked: Asked, n: int) -> Reply:
        if n >= 30:
            reached.set()
            endpoint.free.wait()
        return plain(asked, n)

    endpoint.play = play
    file, store = study(), str(tmp_path / "store")
    command = [sys.executable, "-m", "outgrow", "--import", MODEL, "run", file, "--store", store]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*command, "--seeds", "0"], env=environment, stderr=subprocess.PIPE) as run:
        assert reached.wait(120)
        run.send_signal(signal.SIGKILL)
    endpoint.play = plain
    first = {asked.prompt for asked in endpoint.asked[:30]}
    endpoint.asked.clear()
    assert cli("run", file, "--store", store, "--seeds", "0")[0] == 0
    again = {asked.prompt for asked in endpoint.asked} & first
    assert len(again) <= 4, "only what had been sent and not yet kept"
    assert 90 - 30 <= len(endpoint.asked) <= 90 - 30 + 4
