"""Every dataset of the hub, read from rows of our own in its own schema: texts, labels, groups, and offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from truths import truth_of

from outgrow.errors import DataError
from outgrow.registry import Entry
from outgrow.spec import canonical
from outgrow.tasks.anthropic_hh import AnthropicHH
from outgrow.tasks.base import Task, tasks
from outgrow.tasks.sources import hub
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.rows import key

FIXTURES = {path.stem: path for path in (Path(__file__).parent / "fixtures").glob("*.json")}
PAPERS_22 = (
    *("boolq", "cosmos-qa", "dream", "ethics-justice", "ethics-deontology", "ethics-virtue", "ethics-utilitarianism"),
    *("anli-r2", "cola", "sst2", "hellaswag", "mc-taco", "openbookqa", "paws", "quail", "piqa", "quartz", "sciq"),
    *("social-i-qa", "multirc", "wic", "twitter-sentiment"),
)
DATASETS: list[Entry[type[Task]]] = [entry for entry in tasks if issubclass(entry.value, HubTask)]
NAMES = [entry.name for entry in DATASETS]


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIXTURES[name].read_text(encoding="utf-8"))
    return found


def test_the_papers_datasets_and_two_more_are_there() -> None:
    assert len(PAPERS_22) == 22
    assert set(NAMES) == {*PAPERS_22, "amazon-polarity"}
    assert set(FIXTURES) == {*NAMES, "anthropic-hh"}
    for entry in DATASETS:
        assert f"hub dataset {entry.value.repo}" in entry.source  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_texts_labels_and_groups(name: str, hub_cache: Callable[..., str]) -> None:
    given = fixture(name)
    task = tasks[name]()
    assert isinstance(task, HubTask)
    assert (task.repo, task.config) == (given["repo"], given["config"])
    assert set(task.splits) == set(given["splits"])
    commit = hub_cache(given["repo"], given["config"], given["splits"])
    assert task.identity() == {"name": name, "balance": True, "limit": 0, "fingerprint": commit}
    found = task.load()
    text_to_label = dict(zip(found.inputs.tolist(), truth_of(found).tolist(), strict=True))
    for text, label in given["expected"].items():
        assert text_to_label[text] == label, found.inputs.tolist()
    if given["labels"]:
        assert np.bincount(truth_of(found)).tolist() == given["labels"]
    if given["groups"]:
        assert len(set(found.groups)) == given["groups"]
    assert task.kind == "classification"
    assert found.n_classes == len(found.class_names) == 2
    assert len(found.ids) == len(set(found.ids)) >= 2
    assert found.inputs.dtype == object


@pytest.mark.parametrize("name", NAMES)
def test_a_group_stays_together_within_its_question(name: str, hub_cache: Callable[..., str]) -> None:
    given = fixture(name)
    hub_cache(given["repo"], given["config"], given["splits"])
    found = tasks[name]().load()
    answered = [text.rsplit(mark, 1)[0] for text in found.inputs for mark in (" A: ", "\nAnswer: ") if mark in text]
    for question in answered:
        groups = {group for text, group in zip(found.inputs, found.groups, strict=True) if text.startswith(question)}
        assert len(groups) == 1


def test_utilitarianism_is_a_comparison_in_an_order_drawn_by_a_hash(hub_cache: Callable[..., str]) -> None:
    given = fixture("ethics-utilitarianism")
    hub_cache(given["repo"], given["config"], given["splits"])
    found = tasks["ethics-utilitarianism"](balance=False).load()  # type: ignore[call-arg]
    assert found.class_names == ("first", "second")
    assert len(found.ids) == 4
    assert len(set(found.groups)) == 3  # two begin with the same sentence
    written = dict(zip(found.inputs.tolist(), truth_of(found).tolist(), strict=True))
    for rows in given["splits"].values():
        for row in rows:
            ways = [(row["activity"], row["baseline"]), (row["baseline"], row["activity"])]
            texts = [f"Which is more pleasant?\n1) {one}\n2) {two}" for one, two in ways]
            [(text, label)] = [(text, label) for label, text in enumerate(texts) if text in written]
            assert written[text] == label


def test_the_virtue_classes_are_balanced_since_most_traits_are_wrong(hub_cache: Callable[..., str]) -> None:
    given = fixture("ethics-virtue")
    hub_cache(given["repo"], given["config"], given["splits"])
    assert np.bincount(truth_of(tasks["ethics-virtue"](balance=False).load())).tolist() == [3, 1]  # type: ignore[call-arg]
    assert tasks["ethics-virtue"]().load().notes == ["dropped 2 rows to balance the classes"]


def test_cosmos_qa_leaves_out_none_of_the_above(hub_cache: Callable[..., str]) -> None:
    given = fixture("cosmos-qa")
    hub_cache(given["repo"], given["config"], given["splits"])
    texts = "\n".join(tasks["cosmos-qa"]().load().inputs)
    assert "None of the above" in json.dumps(given["splits"])
    assert "None of the above" not in texts
    assert "Why go to the bakery?" not in texts


def test_hh_gives_pairs_of_whole_dialogues(hub_cache: Callable[..., str]) -> None:
    given = fixture("anthropic-hh")
    commit = hub_cache(given["repo"], given["config"], given["splits"])
    task = AnthropicHH()
    assert task.kind == "preference"
    assert task.identity() == {"name": "anthropic-hh", "limit": 0, "fingerprint": commit}
    found = task.load()
    assert found.inputs.shape == (3, 2)
    better = {both[label] for both, label in zip(found.inputs, truth_of(found), strict=True)}
    assert better == {row["chosen"].strip() for rows in given["splits"].values() for row in rows}
    assert "Human: How do I fold a map?\n\nAssistant: Along its old creases." in better
    assert found.groups[0] == found.groups[1] == key("Human: How do I fold a map?")
    assert found.groups[2] != found.groups[0]


@pytest.mark.parametrize("name", [*NAMES, "anthropic-hh"])
def test_without_hub_and_cache_the_cure_is_named(name: str, hub_cache: Callable[..., str]) -> None:
    task = tasks[name]()
    for call in (task.identity, task.load):
        with pytest.raises(DataError, match=r"not in the cache, and the hub cannot be reached.*outgrow list packs"):
            call()


def test_rows_of_another_form_are_an_error_that_says_so(hub_cache: Callable[..., str]) -> None:
    given = fixture("hellaswag")
    given["splits"]["validation"][0]["label"] = "?"
    hub_cache(given["repo"], given["config"], given["splits"])
    with pytest.raises(DataError, match="dataset Rowan/hellaswag has another form than task 'hellaswag' expects"):
        tasks["hellaswag"]().load()
    for rows in given["splits"].values():
        for row in rows:
            row["choices"] = row.pop("endings")
    hub_cache(given["repo"], given["config"], given["splits"])
    hub._commit.cache_clear()
    with pytest.raises(DataError, match=r"Rowan/hellaswag has no column 'endings'.*its columns are .*choices"):
        tasks["hellaswag"]().load()


def test_fields_change_the_identity_and_paths_are_not_in_it(hub_cache: Callable[..., str], tmp_path: Path) -> None:
    given = fixture("sciq")
    hub_cache(given["repo"], given["config"], given["splits"])
    ones = [tasks["sciq"](**options) for options in ({}, {"limit": 4}, {"balance": False})]
    assert len({canonical(one) for one in ones}) == 3
    assert not any(str(tmp_path) in canonical(one) for one in ones)
    assert len(ones[1].load().ids) == 4
