"""The report: one well-formed page that needs nothing from outside, for one pair and for a whole ladder."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from pages import COSTS, group, interval, ladder, one_pair, parse

from outgrow.report import render
from outgrow.results.table import Bounded, CurvePoint, Group


@pytest.mark.parametrize("groups", [one_pair(), ladder()], ids=["one pair", "ladder"])
def test_page_is_well_formed_and_self_contained(groups: list[Group]) -> None:
    page = render(groups, title="A study")
    tags = parse(page)
    assert tags.scripts == 0
    assert all(not link.startswith(("http", "//", "file")) for link in tags.loads)
    assert not re.search(r"url\(|@import", page)
    figures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(figures) >= 4
    for figure in figures:
        ElementTree.fromstring(figure.replace("&nbsp;", " "))


@pytest.mark.parametrize("groups", [one_pair(), ladder()], ids=["one pair", "ladder"])
def test_page_has_every_figure_and_number(groups: list[Group]) -> None:
    page = render(groups, title="A study")
    for heading in ("erformance gap recovered", "greement", "raining", "All results", "outgrow report --store here"):
        assert heading in page
    assert "37.0" in page  # student
    assert "55.0" in page  # ceiling
    assert "0.58" in page  # PGR
    for key in groups[0].keys:
        assert key in page


def test_a_withheld_pgr_is_no_number() -> None:
    page = render([group(pgr=None, verdict="no-gap", why="gap too small")], title="A study")
    assert "no-gap" in page
    assert "0.58" not in page
    assert "recovers" not in page


def test_a_student_below_zero_shot_is_said() -> None:
    above = render([group()], title="A study")
    below = render([group(zero_shot=interval(0.45))], title="A study")
    assert 'class="caution"' in below
    assert 'class="caution"' not in above


def test_failed_roles_are_dashes() -> None:
    empty: dict[str, Any] = dict.fromkeys(
        ("zero_shot", "weak_score", "student", "ceiling", "weak_label_accuracy", "agreement",
         "agreement_when_right", "agreement_when_wrong", "pgr")
    )  # fmt: skip
    failed = group(verdict="failed", why="no disk", curves={}, **empty)
    page = render([failed], title="A study", failures=["train chess-xl: no disk"])
    parse(page)
    assert "—" in page
    assert "train chess-xl: no disk" in page


def brier(**changes: Any) -> Group:
    """A result scored by what is no share, and smaller where it is better."""
    scores = {"zero_shot": 1.25, "weak_score": 0.8, "student": 0.63, "ceiling": 0.33}
    fields: dict[str, Any] = {"metric": "brier", "share": False, "larger_is_better": False}
    return group(**fields | {role: interval(value) for role, value in scores.items()} | changes)


@pytest.mark.parametrize("groups", [[brier()], [brier(weak=a, strong="chess-xl") for a in COSTS] + [
    brier(weak="chess-xs", strong="chess-s")]], ids=["one pair", "ladder"])  # fmt: skip
def test_a_score_that_is_no_share_is_shown_as_a_number(groups: list[Group]) -> None:
    page = render(groups, title="A study")
    parse(page)
    assert "0.630 [0.610, 0.650]" in page
    assert "Brier score, smaller is better, 2 seeds" in page
    assert "Scores are Brier score on the test examples, smaller is better." in page
    for wrong in ("63.0\u202f%", "80.0\u202f%", "125.0", "120\u202f%", "33.0\u202f%"):
        assert wrong not in page
    assert "40.0\u202f%" in page  # agreement is a share whatever the metric


def test_a_ladder_says_which_way_is_better() -> None:
    above, below = ([make(weak="chess-xs", strong=b) for b in COSTS] for make in (group, brier))
    assert "above its supervisor's bar, a student does better" in unescape(render(above, title="A study"))
    assert "below its supervisor's bar, a student does better" in unescape(render(below, title="A study"))


@pytest.mark.parametrize(
    ("zero_shot", "caution"),
    [(1.25, ""), (0.62, "not clearly better than its model was before training"), (0.4, "the training did harm")],
)
def test_where_smaller_is_better_zero_shot_should_be_larger(zero_shot: float, caution: str) -> None:
    page = render([brier(zero_shot=interval(zero_shot))], title="A study")
    assert ('class="caution"' in page) == bool(caution)
    assert caution in page


def test_negative_scores_have_a_true_minus() -> None:
    scores = {"zero_shot": -2.5, "weak_score": -1.9, "student": -1.5, "ceiling": -0.7}
    found: dict[str, Any] = {role: interval(value) for role, value in scores.items()}
    page = render([group(metric="log_likelihood", share=False, **found)], title="A study")
    assert "\u22121.500 [\u22121.520, \u22121.480]" in page
    assert "-1.5" not in page
    assert "Log likelihood of each role" in page


def test_every_verdict_is_explained() -> None:
    page = render([group()], title="A study")
    for verdict in ("ok", "no-gap", "collapsed", "chance", "undefined", "failed"):
        assert f"<dt><code>{verdict}</code></dt>" in page


def test_outside_text_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    page = render(
        [
            group(
                experiment=evil,
                task=evil,
                weak=evil,
                strong=evil,
                method=evil,
                settings={"task": {"name": evil}},
                why=evil,
            )
        ],
        title=evil,
        failures=[evil],
    )
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert parse(page).scripts == 0


def test_no_results() -> None:
    page = render([], title="Nothing")
    parse(page)
    assert "outgrow run quickstart" in page


def test_the_same_results_give_the_same_page() -> None:
    assert render(ladder(), title="A study") == render(ladder(), title="A study")


ROLES = ("zero_shot", "weak_score", "student", "ceiling", "weak_label_accuracy", "agreement",
         "agreement_when_right", "agreement_when_wrong", "pgr")  # fmt: skip


@pytest.mark.parametrize("missing", ROLES)
def test_any_score_may_be_missing_in_a_ladder(missing: str) -> None:
    page = render([replace(g, **{missing: None}) for g in ladder()], title="A study")  # type: ignore[arg-type]
    parse(page)
    assert "None" not in page
    assert "nan" not in page


def test_a_ladder_in_which_everything_failed_still_has_a_page() -> None:
    nothing = dict.fromkeys(ROLES)
    page = render([replace(g, verdict="failed", curves={}, **nothing) for g in ladder()], title="A study")  # type: ignore[arg-type]
    parse(page)
    assert page.count("there is no student score") == 2


def test_a_withheld_pgr_is_a_cross_and_says_why() -> None:
    page = render(ladder(), title="A study")
    assert page.count("no PGR, no-gap (no gap)") == 2 * len(COSTS)
    assert ">no PGR</text>" in page


def test_several_supervisors_of_one_student_get_a_panel_each() -> None:
    page = render([group(weak="chess-xs"), group(weak="chess-s", weak_score=interval(0.2))], title="A study")
    assert page.count("chess-s → chess-xl</text>") == 3
    assert page.count("chess-xs → chess-xl</text>") == 3


def test_results_that_differ_in_a_setting_alone_are_told_apart() -> None:
    page = render([group(settings={"split": {"transfer": n, "test": 3_000}}) for n in (100, 200)], title="A study")
    assert "naive, transfer=100" in page
    assert "naive, transfer=200" in page
    assert "test=" not in page


def test_a_supervisor_without_a_cost_and_a_pgr_below_zero_can_be_drawn() -> None:
    outside = [replace(g, weak_cost=0.0, pgr=Bounded(value=-3.5, low=-9.0, high=-0.2, n=10)) for g in ladder()]
    page = render(outside, title="A study")
    parse(page)
    assert "worse than its supervisor" in page
    assert "go on beyond it" in page


def test_each_experiment_has_its_own_section() -> None:
    page = render([group(experiment="first"), group(experiment="second")], title="Both")
    parse(page)
    assert "first: chess-puzzles, accuracy" in page
    assert "second: chess-puzzles, accuracy" in page


def test_the_training_loss_is_told_where_it_is_known() -> None:
    points = [
        CurvePoint(progress=p / 2, accuracy=0.5, agreement=None, n=30, loss=None if p == 0 else 0.7 - p / 10)
        for p in range(3)
    ]
    known, unknown = (render([group(curves={"student": curve})], title="A study") for curve in (points, points[:1]))
    assert "Its training loss went from 0.600 to 0.500." in known
    assert "training loss" not in unknown


EVIL = "\"'><img src=x onerror=a>&lt;\x00\x1b]]>{}\udce9\u202e`$(id)"


def test_text_from_outside_is_text_wherever_it_comes_from() -> None:
    """In every field of a result, its settings, provenance, notes of its rows, and in names of failed steps."""
    words = dict.fromkeys(("experiment", "task", "weak", "strong", "method", "why"), EVIL)
    table = {"model": "labels", "path": f"folder/{EVIL}", EVIL: [EVIL, {EVIL: EVIL}]}
    settings = {"task": {"name": EVIL}, "weak": table, EVIL: EVIL}
    ensemble = {"weak": {"model": "ensemble", "members": [EVIL, table], "rule": EVIL}}
    groups = [
        group(**words, verdict="ok", settings=settings, provenance={EVIL: EVIL, "command": EVIL}, keys=[EVIL, EVIL]),
        group(**words, verdict="no-gap", pgr=None, settings=ensemble),
        group(**words, verdict=EVIL, pgr=None, settings={"weak": {"model": EVIL}}),
        *(group(**words, settings={"train": {EVIL: k}}) for k in range(9)),
    ]
    page = render(groups, title=EVIL, failures=[EVIL])
    page.encode("utf-8")
    tags = parse(page)
    assert tags.names <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "h1", "h2", "h3", "p",
        "ul", "li", "a", "em", "strong", "code", "pre", "span", "small", "br", "dl", "dt", "dd", "div", "figure",
        "figcaption", "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "g", "line",
        "polyline", "polygon", "circle", "text",
    }  # fmt: skip
    assert not [name for name in tags.attributes if name.startswith("on") or name in ("src", "style")]
    assert "\x00" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page, "marks that turn the direction of writing are spelt"
    for figure in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(figure)
