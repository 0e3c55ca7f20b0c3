"""An endpoint as the supervisor of whole studies: asked once, before anything is trained, and told about."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import endpoints
import numpy as np
import pytest
from endpoints import KEY, Asked, Endpoint, Reply, plain, right, says

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError, DataError, EndpointFailed
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.runtime import Runtime
from outgrow.steps import Ask, Context, NewRows, Steps
from outgrow.store import Store
from outgrow.supervisors.api import Api
from outgrow.sweep import run_experiments

Cli = Callable[..., tuple[int, str, str]]
MODEL = str(Path(endpoints.__file__).with_name("bag_of_words.py"))
WORDS = ("film", "plot", "songs", "scenes", "cast")
STUDY = """
split = {{ supervisor = 0, transfer = 40, validation = 10, test = 40, pool = 60 }}
strong = {{ model = "bag-of-words" }}
train = {{ epochs = 4, evaluations = 2 }}
method = "naive"
[task]
name = "{task}"
path = "{path}"
{columns}
[weak]
model = "api"
url = "{url}"
served_model = "small"
key_env = "OUTGROW_TEST_KEY"
price_in = 2.0
price_out = 10.0
{weak}
"""


@pytest.fixture
def study(endpoint: Endpoint, clean: None, tmp_path: Path) -> Callable[..., str]:
    """Writes a table and an experiment whose supervisor is the server, and returns the file."""
    from outgrow.registry import import_file

    import_file(MODEL)
    endpoint.play = plain

    def write(*, weak: str = 'classes = ["bad", "good"]\nprompt = "{text}?"', pairs: bool = False) -> str:
        path = tmp_path / ("pairs.jsonl" if pairs else "rows.csv")
        ends = [f"{a} and {b} {i}" for i in range(6 if pairs else 3) for a in WORDS for b in WORDS]
        if pairs:
            lines = [json.dumps({"good": f"a good {end}", "bad": f"a bad {end}"}) for end in ends]
            columns = 'kind = "preference"\nchosen = "good"\nrejected = "bad"'
        else:
            lines = ["text,label", *(line for end in ends for line in (f"a good {end},yes", f"a bad {end},no"))]
            columns = 'text = "text"\nlabel = "label"'
        path.write_text("\n".join(lines))
        file, task = tmp_path / "study.toml", "jsonl" if pairs else "csv"
        file.write_text(STUDY.format(task=task, path=path, columns=columns, url=endpoint.url, weak=weak))
        return str(file)

    return write


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


def one_of(file: str, *settings: str) -> Experiment:
    (one,) = expand(tomllib.loads(Path(file).read_text()), name="asked", settings=settings)
    return one


def test_abstentions_are_told_and_new_rows_are_answered(
    study: Callable[..., str], endpoint: Endpoint, store: Store
) -> None:
    hm = says("hm", {"hm": 1.0, "haw": 1e-9})
    endpoint.play = lambda asked, n: hm if "film and" in asked.prompt else plain(asked, n)
    one = one_of(study())
    assert not run_experiments([one], store).failures
    by = experiment.run(one, Steps()).weak.by
    assert isinstance(by, Ask)
    context = Context(store, Runtime(device="cpu"))
    data, part = by.split.read(context), by.split.part("test")
    silent = ["film and" in data.inputs[row] for row in data.rows(part)]
    assert 0 < sum(silent) < 40
    np.testing.assert_array_equal(by.votes(context, part).sum((0, 2)) == 0, silent)
    notes = by.notes(context)
    assert any(f"{sum(silent)} of 40 examples of test, which count as wrong answers" in note for note in notes)
    asked = len(endpoint.asked)
    new = NewRows(inputs=np.array(["good!", data.inputs[data.rows(part)[0]]], dtype=object), output=data.output)
    found = by.answers(context, new)
    assert found.shape == (2, 2)
    assert found[0, 1] == 1
    assert len(endpoint.asked) == asked + 1


def test_keys_know_the_question_and_nothing_of_how_it_is_asked(study: Callable[..., str]) -> None:
    file = study()
    key = experiment.run(one_of(file), Steps()).key
    for same in (
        "concurrency=1",
        "timeout=9.5",
        "requests_per_minute=7",
        "price_in=1",
        "key_env=OTHER",
        "insecure=true",
    ):
        assert experiment.run(one_of(file, f"weak.{same}"), Steps()).key == key, same
    for other in ("url=https://x.example/v1", "served_model=large", "prompt='{text}!'", "answers=2", "seed=1",
                  "temperature=0.5", "max_tokens=3", "top_logprobs=5", "classes=['b','g']"):  # fmt: skip
        assert experiment.run(one_of(file, f"weak.{other}"), Steps()).key != key, other
    one = one_of(file)
    assert read(to_toml(one), name=one.name) == one


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("weak.url='http://host.example/v1'", r"weak\.url = .*unencrypted"),
        ("weak.served_model=' '", "served_model is empty"),
        ("weak.prompt='{texts}'", r"\{texts\} cannot stand in it"),
        ("weak.prompt='what?'", r"\{text\} must be in it"),
        ("weak.classes=['a','A']", r"is 'a' in other letters"),
        ("weak.key_env='sk-abc'", "the key itself must not stand in an experiment"),
        ("weak.answers=0", r"weak\.answers = 0"),
        ("weak.top_logprobs=21", r"weak\.top_logprobs = 21"),
        ("weak.concurrency=0", r"weak\.concurrency = 0"),
    ],
)
def test_what_cannot_be_asked_is_told_when_it_is_planned(setting: str, message: str, study: Callable[..., str]) -> None:
    file = study()
    with pytest.raises(ConfigError, match=message):
        experiment.run(one_of(file, setting), Steps())


def test_words_must_fit_the_classes(study: Callable[..., str], store: Store, cli: Cli) -> None:
    file = study()
    with pytest.raises(ConfigError, match=r"classes = \['a', 'b', 'c'\]: the task has 2 classes, no, yes; name"):
        run_experiments([one_of(file, "weak.classes=['a','b','c']")], store)
    status, _, err = cli("run", file, "--set", "weak.classes=['a','b','c']", "--dry-run")
    assert status == 2
    assert "name the word of each" in err


def test_only_texts_can_be_asked_about(document: dict[str, Any], endpoint: Endpoint, store: Store) -> None:
    document = {**document, "weak": {"model": "api", "url": endpoint.url, "served_model": "small"}, "method": "naive"}
    document.pop("sweep")
    (one,) = expand(document, name="numbers")
    with pytest.raises((ConfigError, DataError), match="reads texts, and this task's rows are numbers"):
        run_experiments([one], store)
    assert endpoint.asked == []


def test_votes_of_a_study_are_soft_labels(study: Callable[..., str], endpoint: Endpoint, store: Store) -> None:
    endpoint.play = lambda asked, n: says("bad" if asked.turn == 2 else right(asked))
    one = one_of(study(), "weak.answers=4")
    assert not run_experiments([one], store).failures
    by = experiment.run(one, Steps()).weak.by
    votes = by.votes(Context(store, Runtime(device="cpu")), by.split.part("transfer"))  # type: ignore[attr-defined]
    assert set(np.unique(votes)) == {0.0, 0.25, 0.75, 1.0}


def test_files_cannot_be_asked_about() -> None:
    task = SimpleNamespace(name="pictures", kind="classification", located=lambda inputs: inputs)
    data: Any = SimpleNamespace(dataset=SimpleNamespace(task=task))
    with pytest.raises(ConfigError, match="'api: small' reads texts, and the task 'pictures' has files"):
        Api(url="https://host.example/v1", served_model="small").predictor(Steps(), data, seed=0)


@pytest.mark.parametrize("error", [None, EndpointFailed("gone")])
def test_of_processes_that_train_together_the_first_asks(
    error: Exception | None,
    study: Callable[..., str],
    endpoint: Endpoint,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others get its answers, or its error."""
    one = one_of(study())
    by = experiment.run(one, Steps()).weak.by
    assert isinstance(by, Ask)
    told = np.zeros((1, 90, 2), np.float32), ["as the first says"]
    others = SimpleNamespace(rank=1, gather=lambda mine: [(told, error), mine])
    monkeypatch.setattr("outgrow.steps.asked.team", lambda: others)
    context = Context(store, Runtime(device="cpu"))
    for step in (by.split.dataset, by.split):
        compute(step, store, context)
    data = by.split.read(context)
    if error is None:
        assert by.look(context, data, np.arange(90)) == told
    else:
        with pytest.raises(EndpointFailed, match="gone"):
            by.look(context, data, np.arange(90))
    assert endpoint.asked == []


def test_an_endpoint_can_be_a_member_of_an_ensemble(
    study: Callable[..., str], endpoint: Endpoint, store: Store
) -> None:
    api = {"url": endpoint.url, "classes": ["bad", "good"], "model": "api"}
    document = tomllib.loads(Path(study()).read_text())
    document["weak"] = {"model": "ensemble", "members": [{**api, "served_model": name} for name in ("one", "two")]}
    (one,) = expand(document, name="both")
    assert not run_experiments([one], store).failures
    assert {asked.body["model"] for asked in endpoint.asked} == {"one", "two"}
    assert len(endpoint.asked) == 180
