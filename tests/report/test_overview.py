"""A page of too many results shows some of them, not chosen by what came out, and says what it leaves out."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from html import unescape

import pytest
from pages import group, parse

from outgrow.report import chosen, overview, render
from outgrow.report.chosen import PART, STUDIES, WHOLE
from outgrow.results.table import Group

MODELS = ("chess-xs", "chess-s", "chess-m", "chess-l", "chess-xl")


def study(task: str, n: int, *, experiment: str = "large") -> list[Group]:
    """Results of one task: five models on the strongest by two methods, and the rest by learning rates."""
    rates = range(-(-n // 10))
    found = [
        group(
            experiment=experiment, task=task, weak=weak, method=method,
            settings={"method": {"name": method}, "strong": {"train": {"learning_rate": 1 + rate}}},
        )
        for weak in MODELS for method in ("naive", "confidence") for rate in rates
    ]  # fmt: skip
    return [replace(one, keys=[f"{i:064x}" for _ in one.seeds]) for i, one in enumerate(found)][:n]


@pytest.fixture(scope="module")
def many() -> list[Group]:
    """Seven studies of 200 results each."""
    return [one for task in "abcdefg" for one in study(task, 200)]


@pytest.fixture(scope="module")
def page(many: list[Group]) -> str:
    return render(many, title="All of them")


def test_few_results_are_all_shown() -> None:
    some = study("a", WHOLE)
    assert chosen.chosen(some) == chosen.Chosen(groups=some)
    assert overview.overview(chosen.chosen(some), "outgrow report") == ""


def test_what_is_left_out_is_told(page: str) -> None:
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "There are 1,400 results in 7 studies. This page shows 40 of them: the first 4 studies" in text
    assert "None was chosen by what came out." in text
    assert "outgrow report --store here --where=experiment=large --where=task=e --where=metric=accuracy" in text
    assert "outgrow results --group --store here --out results.csv" in text
    assert re.findall(r'<h2 id="study-\d">large: (.), accuracy', page) == list("abcd")
    for task, shown in zip("abcdefg", [10, 10, 10, 10, 0, 0, 0], strict=True):
        assert f"large: {task}, accuracy</th><td>200</td><td>200</td><td>{shown}</td>" in page


def test_the_page_is_small_and_whole(page: str) -> None:
    assert len(page.encode()) < 5_000_000
    tags = parse(page)
    assert tags.scripts == 0
    assert page.count("<h1") == page.count("</h1>") == 1


def test_nothing_is_chosen_by_what_came_out(many: list[Group]) -> None:
    shuffled, random_ = list(many), random.Random(0)
    outcomes = [(one.pgr, one.student, one.verdict) for one in many]
    random_.shuffle(outcomes)
    shuffled = [
        replace(one, pgr=pgr, student=student, verdict=random_.choice(["ok", "failed"]))
        for one, (pgr, student, _) in zip(many, outcomes, strict=True)
    ]
    before, after = chosen.chosen(many), chosen.chosen(shuffled)
    assert [(one.task, one.keys) for one in before.groups] == [(one.task, one.keys) for one in after.groups]
    assert before.shown == after.shown


def test_a_study_of_too_many_methods_is_spread_evenly() -> None:
    some = [replace(one, method=f"method {i}") for i, one in enumerate(study("a", 1_000))]
    found = chosen.chosen(some)
    assert list(found.shown.values()) == [PART] == [len(found.groups)]
    places = [int(one.method.split()[1]) for one in found.groups]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 990)
    text = overview.overview(found, "")
    assert "994 more methods without a column" in text
    assert "--where=task=a" in text


def test_very_many_studies_are_counted() -> None:
    some = [one for i in range(70) for one in study(f"task {i:03}", 10)]
    found = chosen.chosen(some)
    assert len(found.shown) == STUDIES
    assert "Of 10 studies more this table says nothing." in overview.overview(found, "outgrow report")


def test_names_from_outside_are_escaped() -> None:
    some = [replace(one, method="<i>", experiment="<b>") for one in study("<script>", WHOLE + 1)]
    text = overview.overview(chosen.chosen(some), "outgrow report --store 'a b'")
    assert "<script>" not in text
    assert "<i>" not in text
    assert "&#x27;--where=task=&lt;script&gt;&#x27;" in text or "&#39;--where=task=&lt;script&gt;&#39;" in text
