"""The lead tells the truth about who labelled, and speaks of the whole experiment."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from pages import group, interval

from outgrow.config import read_experiments, to_tables
from outgrow.report import render
from outgrow.results.table import Bounded, Group


def lead_of(groups: list[Group]) -> str:
    page = render(groups, title="A study")
    text = page[page.find("<h2") : page.find("<figure")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", text)))


def weak(**table: Any) -> dict[str, Any]:
    return {"settings": {"weak": table}}


def bounded(value: float) -> Bounded:
    return Bounded(value=value, low=value - 0.1, high=value + 0.1, n=100)


def test_labels_of_a_file_are_nobodys_small_model() -> None:
    found = weak(model="labels", path="/home/me/crowd <2>.csv")
    page = render([group(weak="labels", n_supervisor=0, **found)], title="A study")
    text = lead_of([group(weak="labels", n_supervisor=0, **found)])
    assert "The weak labels of 100 examples of chess-puzzles were read from a file, crowd <2>.csv" in text
    assert "people or programs made them" in text
    assert "the labels of the file score" in text
    assert "small model" not in text
    assert "/home/me" not in text
    assert "crowd &lt;2&gt;.csv" in page
    assert "<dt>weak supervisor</dt><dd>the labels of the transfer examples that were read from a file" in page


@pytest.mark.parametrize(
    ("members", "rule", "words"),
    [
        (["toy-xs", "toy-xs", "toy-s"], "vote", ["2 times toy-xs and toy-s", "the rule vote", "models learned"]),
        (
            [{"model": "toy-xs", "train": {"epochs": 2}}, {"model": "labels", "path": "a/l.csv"}],
            {"name": "mean"},
            ["toy-xs and a file of labels, l.csv", "the rule mean", "models learned"],
        ),
        ([{"model": "labels", "path": "a"}, {"model": "labels", "path": "b"}], {"name": "vote"}, ["labels, a and a"]),
        (
            ["toy-m", {"model": "ensemble", "members": ["toy-xs", "toy-s"]}],
            "vote",
            ["toy-m and an ensemble (toy-xs and toy-s)"],
        ),
    ],
)
def test_an_ensemble_names_members_and_rule(members: list[Any], rule: Any, words: list[str]) -> None:
    text = lead_of([group(weak="vote of them", **weak(model="ensemble", members=members, rule=rule))])
    for one in words:
        assert one in text
    learns = any(one != "labels" and (not isinstance(one, dict) or one["model"] != "labels") for one in members)
    assert ("models learned" in text) == learns
    assert "small model" not in text


def test_a_model_that_supervises_as_it_is_learned_nothing() -> None:
    one = read_experiments("imagenet-dino")[0]
    text = lead_of([group(weak="alexnet", task="imagenet", settings=to_tables(one))])
    assert "alexnet, can do imagenet as it is" in text
    assert "learned imagenet from" not in text
    (other,) = read_experiments("toy", settings=["method.name=naive"], seeds=[0])
    text = lead_of([group(weak="toy-xs", task="toy", settings=to_tables(other))])
    assert "toy-xs, learned toy from 100 examples with true answers" in text


@pytest.mark.parametrize("table", [{}, {"model": "of-a-plug-in-that-is-not-here"}, {"model": ["odd"]}])
def test_unknown_supervisors_have_words_too(table: dict[str, Any]) -> None:
    text = lead_of([group(settings={"weak": table})])
    assert "labelled 100" in text


def test_a_sweep_over_data_is_spoken_of_as_a_whole() -> None:
    groups = [
        group(
            n_transfer=n, student=interval(n / 1_000), pgr=bounded(n / 1_000), why="",
            settings={"split": {"transfer": n}, "weak": {"model": "toy-xs"}},
        )
        for n in range(100, 900, 100)
    ]  # fmt: skip
    text = lead_of(groups)
    assert "labelled 100 to 800 examples" in text
    assert "There are 8 results" in text
    assert "transfer (8 values)" in text
    assert "0.45 in the median, from 0.10 to 0.80" in text
    assert "clearly better than its supervisor in 7 of these 8" in text
    assert "The highest is naive, transfer=800: 0.80" in text
    assert "in part luck" in text
    assert text.count("the student scores") <= 1


def test_one_result_among_many_that_can_be_read_is_named() -> None:
    groups = [
        group(
            settings={"split": {"transfer": n}},
            verdict="ok" if n == 3 else "chance",
            pgr=bounded(0.5) if n == 3 else None,
        )
        for n in range(9)
    ]
    text = lead_of(groups)
    assert "Verdicts: 8 chance, 1 ok" in text
    assert "The gap can be read in one, naive, transfer=3" in text
    assert "median" not in text


def test_many_cautions_are_counted() -> None:
    groups = [group(settings={"split": {"transfer": n}}, zero_shot=interval(0.6)) for n in range(9)]
    assert "scores worse than its model did before training in 9 results" in lead_of(groups)


def test_nothing_that_can_be_read_is_said() -> None:
    groups = [group(settings={"split": {"transfer": n}}, verdict="chance", pgr=None) for n in range(9)]
    text = lead_of(groups)
    assert "No PGR is given: the verdict is ok for none of them" in text
