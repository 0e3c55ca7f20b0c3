"""How pooled results are told on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from outgrow.cli.display import console, group_table, sentences
from outgrow.experiment import Experiment
from outgrow.plan import make_plan
from outgrow.progress import Live
from outgrow.results.table import Bounded, Group, Interval


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.02, high=value + 0.02, n=3_000)


ACCURACY = Group(
    experiment="tiny", task="toy", kind="classification", weak="toy-xs", strong="toy-l", method="naive",
    metric="accuracy", seeds=[0, 1], n_supervisor=60, n_transfer=60, n_test=1_500, weak_cost=1.0, strong_cost=9.0,
    zero_shot=interval(0.3), weak_score=interval(0.6), student=interval(0.75), ceiling=interval(0.9),
    weak_label_accuracy=0.61, agreement=interval(0.7), agreement_when_right=interval(0.9),
    agreement_when_wrong=interval(0.4), pgr=Bounded(value=0.5, low=0.48, high=0.52, n=3_000),
    n_groups=800, design_effect=1.0, gain=interval(0.45), detectable=0.02, verdict="ok",
)  # fmt: skip
BRIER = replace(
    ACCURACY, metric="brier", share=False, larger_is_better=False, zero_shot=interval(1.2),
    gain=interval(-0.7), weak_score=interval(0.8),
    student=interval(0.5), ceiling=interval(0.2),
)  # fmt: skip


def test_accuracy_in_sentences() -> None:
    assert sentences(ACCURACY) == (
        "The weak supervisor toy-xs gets 60.0 % of the test examples right. Trained on its labels by 'naive', toy-l "
        "gets 75.0 %; trained on ground truth, its ceiling, 90.0 %. So it recovered 50 % of the gap (95 % interval 48 "
        "to 52 %, 2 seeds, 1,500 test examples). Untrained it got 30.0 %."
    )


def test_a_score_that_is_no_share_in_sentences() -> None:
    assert sentences(BRIER) == (
        "The weak supervisor toy-xs gets 0.800 in brier on the test examples (smaller is better). Trained on its "
        "labels by 'naive', toy-l gets 0.500; trained on ground truth, its ceiling, 0.200. So it recovered 50 % of the "
        "gap (95 % interval 48 to 52 %, 2 seeds, 1,500 test examples). Untrained it got 1.200."
    )


@pytest.mark.parametrize(
    ("group", "zero_shot", "end"),
    [
        (ACCURACY, 0.74, "Untrained it got 74.0 %, so whether it learned anything from its supervisor is not clear."),
        (ACCURACY, 0.85, "Untrained it got 85.0 %: its supervisor's errors made it worse than it was."),
        (BRIER, 0.51, "Untrained it got 0.510, so whether it learned anything from its supervisor is not clear."),
        (BRIER, 0.35, "Untrained it got 0.350: its supervisor's errors made it worse than it was."),
    ],
)
def test_what_the_model_could_do_untrained_is_weighed(group: Group, zero_shot: float, end: str) -> None:
    assert group.student is not None
    gain = interval(group.student.value - zero_shot)
    assert sentences(replace(group, zero_shot=interval(zero_shot), gain=gain)).endswith(end)


def test_a_withheld_pgr_and_a_failure_in_sentences() -> None:
    withheld = replace(BRIER, pgr=None, verdict="no-gap", why="there is none")
    assert sentences(withheld).endswith("PGR must not be read here (no-gap): there is none.")
    failed = replace(ACCURACY, student=None, verdict="failed", why="no disk")
    assert sentences(failed) == "toy-xs -> toy-l with naive failed: no disk"


def test_the_table_shows_scores_as_what_they_are() -> None:
    with console.capture() as capture:
        console.print(group_table([ACCURACY, BRIER, replace(ACCURACY, zero_shot=None)]))
    header, shares, numbers, missing = capture.get().splitlines()
    assert header.split()[:3] == ["weak", "strong", "method"]
    for text in ("60.0 %", "75.0 %", "90.0 %", "30.0 %", "0.50 (0.48 to 0.52)", "70.0 %"):
        assert text in shares
    for text in ("0.800", "0.500", "0.200", "1.200", "70.0 %"):
        assert text in numbers
    assert " - " in missing


def test_a_log_gets_a_line_of_progress_now_and_then(
    toy: Callable[..., list[Experiment]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(toy("train.epochs=1"), cached=set())
    step = plan.steps[plan.todo[0]]
    with Live(plan) as live:
        live.started(step)
        assert capsys.readouterr().err == "", "the first moments are nobody's business"
        monkeypatch.setattr("outgrow.progress.EVERY", 0.0)
        live.finished(step)
    said = capsys.readouterr().err
    assert re.fullmatch(rf"0:00:0\d  1/{len(plan.todo)} steps, a few seconds left: {re.escape(step.title)}\n", said)
