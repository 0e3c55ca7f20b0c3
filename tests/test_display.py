"""How pooled results are told on the command line."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outgrow.cli.display import console, group_table, listing, plan_table, say
from outgrow.cli.sentences import EACH, EXPERIMENTS, sentences, summary
from outgrow.experiment import Experiment
from outgrow.plan import make_plan
from outgrow.progress import Live
from outgrow.results.layout import width_of
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
    same, header, shares, missing, numbers = capture.get().splitlines()
    assert same == "In all rows: weak toy-xs; strong toy-l; method naive; seeds 2."
    assert header.split()[:3] == ["metric", "weak", "score"]
    for text in ("60.0 %", "75.0 %", "90.0 %", "30.0 %", "0.50 (0.48 to 0.52)", "70.0 %"):
        assert text in shares
    for text in ("0.800", "0.500", "0.200", "1.200", "70.0 %"):
        assert text in numbers
    assert " - " in missing


LABELS: dict[str, Any] = {"weak": {"model": "labels", "path": "/data/votes.csv"}}


def test_people_are_no_model_in_sentences() -> None:
    assert sentences(replace(ACCURACY, weak="labels", settings=LABELS)).startswith(
        "The weak labels in votes.csv, given by people or a program, get 60.0 % of the test examples right. Trained on "
        "these labels by 'naive', toy-l gets 75.0 %; trained on ground truth, its ceiling, 90.0 %. "
    )
    several = {"weak": {"model": "ensemble", "members": ["toy-xs", "toy-s"]}}
    assert sentences(replace(ACCURACY, weak="vote of toy-xs, toy-s", settings=several)).startswith(
        "The weak supervisor, an ensemble (vote of toy-xs, toy-s), gets 60.0 % of the test examples right. "
    )


def test_what_trains_nothing_is_not_said_to_be_trained() -> None:
    shown = sentences(replace(ACCURACY, method="few_shot", settings={"method": {"name": "few_shot"}, **LABELS}))
    assert "With some of these labels as examples in the prompt ('few_shot'), toy-l gets 75.0 %; with true" in shown
    assert "rained on" not in shown


def test_a_score_that_does_not_exist_is_no_failure() -> None:
    shown = sentences(replace(ACCURACY, ceiling=None, pgr=None, verdict="undefined", why="there are no two classes"))
    assert "its ceiling, no score. PGR must not be read here (undefined): there are no two classes." in shown
    assert "failed" not in shown


def many(n: int, **changes: Any) -> list[Group]:
    return [
        replace(
            ACCURACY, settings={"task": {"noise": i / 100}}, keys=[f"{i:064x}"],
            pgr=Bounded(value=i / 100, low=0.0, high=0.9, n=9), **changes,
        )
        for i in range(n)
    ]  # fmt: skip


def test_many_results_are_told_in_few_sentences() -> None:
    assert summary(many(EACH)) == [sentences(one) for one in many(EACH)]
    (told,) = summary([*reversed(many(50)), replace(many(51)[50], pgr=None, verdict="no-gap")])
    assert told.startswith("The table has 51 results, by verdict 50 ok, 1 no-gap. Most of the gap was recovered by ")
    assert "toy-xs -> toy-l with naive, task.noise 0.49: PGR 0.49 (0.00 to 0.90), weak 60.0 %, student 75.0 %" in told
    assert "Least of the gap was recovered by toy-xs -> toy-l with naive, task.noise 0.0: PGR 0.00" in told


def test_the_widest_gap_is_told_one_by_one() -> None:
    ladder = [replace(ACCURACY, strong=f"toy-{k}", strong_cost=10.0 + k, keys=[f"{k:064x}"]) for k in range(9)]
    first, second = summary(ladder)
    assert first == sentences(ladder[-1])
    assert "The sentences above are about the smallest supervisor with the largest student." in second


def test_many_experiments_and_failures_are_told_in_few_sentences() -> None:
    none: dict[str, Any] = {"student": None, "verdict": "failed", "why": "the disk is full"}
    told = summary([*many(40, **none), replace(ACCURACY, experiment="a", keys=["f" * 64])])
    assert told[0] == "a: " + sentences(ACCURACY)
    assert told[1:] == [
        "tiny: toy-xs -> toy-l with naive, task.noise 0.0, and 39 more like it, failed: the disk is full"
    ]
    several = [replace(ACCURACY, experiment=f"e{i:02}", keys=[f"{i:064x}"]) for i in range(EXPERIMENTS + 9)]
    told = summary(several)
    assert len(told) == EXPERIMENTS + 1
    assert told[-1] == "9 more experiments in the table: e06, e07, e08, e09, e10, e11, ..."


def printed(show: Callable[[], None], width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    with console.capture() as capture:
        show()
    return capture.get()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_sentences_are_cut_at_words(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sentences(ACCURACY)
    lines = printed(lambda: say(text), width, monkeypatch).splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(line.strip() for line in lines) == text
    path = "/a/" + "long/" * 40 + "[path].html"
    assert path in printed(lambda: say(f"Report: {path}"), width, monkeypatch), "a path stays whole, to be copied"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_listings_fit(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        (("short", "1 MB"), "word " * 30),
        (("a-longer-name", "20 MB"), "x"),
        (("\x1b[31m", ""), "[/b] 日本語 " * 9),
    ]
    shown = printed(lambda: listing(rows, right=(1,)), width, monkeypatch)
    assert max(map(width_of, shown.splitlines())) <= width
    assert "\x1b" not in shown
    assert shown.split() == [
        word for cells, text in rows for word in (*cells, *text.split()) if word.isprintable()
    ] or ("\\x1b[31m" in shown)
    assert shown.count("word") == 30


def test_a_file_gets_a_row_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    with console.capture() as capture:
        console.print(group_table(many(3, method="m" * 300)))
        say("word " * 100)
    assert len(capture.get().splitlines()) == 2 + 3 + 1


def test_square_brackets_stay(toy: Callable[..., list[Experiment]]) -> None:
    with console.capture() as capture:
        console.print(group_table([replace(ACCURACY, method="[/b] [v2]"), ACCURACY]))
        console.print(plan_table(make_plan(toy(), cached=set())))
        say("runs [v2]/a[/b] :smile:")
        console.print("runs [v2]/a[/b]")
    shown = capture.get()
    assert "[/b] [v2]  " in shown
    assert "runs [v2]/a[/b] :smile:\nruns [v2]/a[/b]\n" in shown
    assert re.search(r"^finetune +4 +0 +4$", shown, re.MULTILINE)


def test_a_reader_that_has_seen_enough_stops_nothing() -> None:
    """`| head -1` closes the pipe; what comes after the table is done all the same, in silence."""
    script = """
import sys
from outgrow.cli.display import console, say
for _ in range(20_000):
    say("a line of a long table")
print("to nowhere")
print("this too", file=sys.stderr)
open(sys.argv[1], "w").write("report")
"""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "report")
        command = shlex.join([sys.executable, "-c", script, str(made)])
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{command} 2>&1 | head -1"], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "a line of a long table\n", "")
        assert made.read_text() == "report"


@pytest.mark.parametrize("call", ["say('a')", "give('a')", "console.print(plan_table(Plan()))"])
def test_a_full_disk_is_told_once(call: str) -> None:
    script = """
import sys
from outgrow.cli.display import console, give, plan_table, say
from outgrow.errors import ConfigError
Plan = lambda: type("Plan", (), {"count": lambda self: {"a": (1, 0)}})()
try:
    CALL
except ConfigError as error:
    print(error, file=sys.stderr)
    print("more")
    sys.exit(2)
"""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script.replace("CALL", call)], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr == "what was found cannot be written to stdout: No space left on device\n"


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
