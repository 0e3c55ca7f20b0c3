"""Claims on the page: one table of verdicts, and their panels folded away."""

from __future__ import annotations

from collections.abc import Callable

from outgrow.analyses.base import Panel
from outgrow.analyses.bases.claim import panel
from outgrow.analyses.bases.finding import Above, Below, Finding
from outgrow.experiment import Experiment
from outgrow.report import render
from outgrow.report.claims import claims
from outgrow.results.pooling import pool
from outgrow.store import Store
from outgrow.sweep import run_experiments


def at(low: float, high: float, **more: object) -> Finding:
    given = {"about": "the <b>mean</b>", "predicted": Above(0), "claim": 3, "says": "PGR rises & falls"} | more
    return Finding(value=(low + high) / 2, low=low, high=high, seeds=3, n=900, **given)  # type: ignore[arg-type]


def test_every_finding_has_a_row_with_its_verdict_and_words_are_escaped() -> None:
    findings = [at(0.1, 0.3), at(-0.3, -0.1), at(-0.1, 0.2, predicted=Below(0))]
    page = claims([panel("Claim 3", "How it was made.", findings)], "study <1>")
    assert page.count("<strong>holds</strong>") == page.count("<strong>fails here</strong>") == 1
    assert page.count("<strong>undecided</strong>") == 1
    assert "of 3 findings, 1 agree, 1 disagree, 1 are undecided" in page
    assert "&lt;b&gt;mean&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<details>" in page
    assert "times as many" in page


def test_without_findings_there_is_no_heading() -> None:
    assert claims([], "study") == ""
    assert claims([Panel(title="t", words="w.", columns=("a",))], "study") == ""


def test_a_page_gathers_claims_behind_the_figures(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    groups = pool(store, run_experiments(toy("task.n=1500", "split.test=600", seeds=[0, 1, 2]), store).records)
    page = render(groups, title="t", store=store)
    assert page.count("What this says of published claims") == 1
    assert page.index("<h3>Along training</h3>") < page.index("What this says") < page.index("<h3>All results</h3>")
    assert "no method helps everywhere" in page
    assert "What this says" not in render(groups, title="t")
