"""The supervisor api as a value: what its keys know, what it refuses, and the labels that it gives."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from endpoints import Endpoint, plain, right, says

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
from outgrow.tasks.base import Output

Cli = Callable[..., tuple[int, str, str]]


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


@pytest.mark.parametrize("words", [["yes", "no"], ["Yes!", "no"], ["yes", "maybe"], ["bad", "NO"]])
def test_words_of_the_tasks_own_classes_stand_in_its_order(
    words: list[str], study: Callable[..., str], endpoint: Endpoint, store: Store, cli: Cli
) -> None:
    """Else every label would be turned round."""
    file = study()
    with pytest.raises(ConfigError, match=r"where the task has '\w+', and the task calls another class '\w+'; "):
        run_experiments([one_of(file, f"weak.classes={words}")], store)
    status, _, err = cli("run", file, "--set", f"weak.classes={words}", "--dry-run")
    assert status == 2
    assert "write the words in the order of the task's classes, no, yes" in err
    assert endpoint.asked == []


@pytest.mark.parametrize("words", [["no", "yes"], ["No", "YES"], ["no", "good"], ["bad", "good"]])
def test_words_in_the_tasks_order_may_be_its_own(
    words: list[str], study: Callable[..., str], endpoint: Endpoint
) -> None:
    output = Output(kind="classification", n_classes=2, class_names=("no", "yes"))
    told = Api(url=endpoint.url, served_model="small", classes=tuple(words)).foretell([], output)
    assert "would be asked 0 prompts" in told


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
