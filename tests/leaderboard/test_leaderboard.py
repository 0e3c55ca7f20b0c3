"""All methods against `naive` in several settings: who enters, how they stand, and what the page says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from outgrow.cli import app
from outgrow.errors import ConfigError, UnknownName
from outgrow.leaderboard import settings as places
from outgrow.leaderboard.board import Board, board
from outgrow.leaderboard.entrants import NAIVE, entrants
from outgrow.leaderboard.page import headline, markdown
from outgrow.leaderboard.settings import SETTINGS, Setting, chosen
from outgrow.leaderboard.standing import Against, helped, interquartile_mean, overall
from outgrow.plan import make_plan
from outgrow.results.compare import difference, student_scores
from outgrow.results.records import read_records
from outgrow.results.table import Group
from outgrow.store import Store
from outgrow.sweep import run_experiments

SMALL = (
    "split.supervisor=60", "split.transfer=60", "split.validation=30", "split.test=100", "train.epochs=2",
    "train.evaluations=2",
)  # fmt: skip
TOY = Setting(name="toy", experiment="toy", overrides=SMALL)
HARD = Setting(name="hard", experiment="toy", overrides=(*SMALL, "strong.model=toy-m"), hard=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("board"))
    store.create()
    return store


@pytest.fixture(scope="module")
def found(store: Store) -> Board:
    entered = entrants([TOY, HARD], seeds=3, only=frozenset({"confidence", "filter", "mean", "harden"}))
    run_experiments(entered.experiments(), store)
    return board(entered, store, seeds=3)


def test_shipped_settings_have_the_seeds_and_one_method_each() -> None:
    assert [one.name for one in SETTINGS] == ["chess", "text", "text-5", "reward", "vision", "digits"]
    for one in SETTINGS:
        experiments = one.experiments(4)
        assert [each.seed for each in experiments] == [0, 1, 2, 3]
        assert len({each.method for each in experiments}) == 1
    assert chosen("") == list(SETTINGS)
    assert [one.name for one in chosen("text, chess,text")] == ["text", "chess"]
    with pytest.raises(UnknownName, match="there is no setting 'tex'; did you mean 'text'"):
        chosen("tex")


def test_what_makes_no_sense_is_absent_with_the_reason() -> None:
    entered = entrants([TOY], seeds=1)
    assert entered.names[0] == NAIVE
    assert len(entered.entries) > 5
    assert "causal language model" in entered.absent["toy", "few_shot"]
    assert entered.absent["toy", "cross_entropy"] == "it does there what naive does"
    there = {one.name for one in entered.entries}
    assert not there & {name for _, name in entered.absent}
    with pytest.raises(ConfigError, match="there is no method 'confidnce'"):
        entrants([TOY], seeds=1, only=frozenset({"confidnce"}))


def test_what_does_not_fit_the_rows_of_a_setting_is_absent_before_anything_is_run() -> None:
    (digits,) = chosen("digits")
    entered = entrants([digits], seeds=1, only=frozenset({"ccs", "pca", "harden"}))
    assert {one.name for one in entered.entries} == {NAIVE, "harden"}
    assert entered.absent["digits", "ccs"] == "it makes pairs of two answers, and there are 10 classes"


def test_methods_that_learn_from_truth_enter_with_the_budget() -> None:
    names = frozenset({"gt_only", "weak_then_gt", "gt_mix", "trust", "forward_correction", "backward_correction"})
    entered = entrants([TOY, HARD], seeds=1, only=names, budget=20)
    assert {one.name for one in entered.entries} == {NAIVE, *names}
    assert not entered.absent
    for one in entered.entries:
        assert [each.n_ground_truth for each in one.experiments] == [0 if one.name == NAIVE else 20]
    assert all("n_ground_truth" in why for why in entrants([TOY], seeds=1, only=names, budget=61).absent.values())


def test_hard_labels_stay_hard_with_every_method() -> None:
    entered = entrants([HARD], seeds=1, only=frozenset({"confidence", "reweight"}))
    labels = {one.name: one.experiments[0].method for one in entered.entries}
    assert labels["naive"].label == "naive(labels=hard)"
    assert "labels=hard" in labels["confidence"].label
    assert labels["reweight"].label == "harden + reweight"


def test_differences_are_those_of_compare_and_corrected_over_the_whole_board(store: Store, found: Board) -> None:
    (standing,) = [one for one in found.standings if one.name == "confidence"]
    own = {}
    for name in ("naive", "confidence"):
        records = [one for one in read_records(store) if one.row.method == name and one.row.strong == "toy-l"]
        assert len(records) == 3
        own[name] = student_scores(store, records, name)
    expected = difference(own["naive"], own["confidence"])
    assert standing.differences["toy"].estimate == expected.estimate
    assert found.comparisons == sum(len(one.differences) for one in found.standings)
    assert set(found.naive) == {"toy", "hard"}


def test_who_answers_as_naive_does_is_absent(found: Board) -> None:
    assert found.absent["hard", "harden"] in (
        "its students answer there as those of naive do", "it does there what naive does"
    )  # fmt: skip
    assert "makes one of several supervisors" in found.absent["toy", "mean"]
    assert "mean" not in {one.name for one in found.standings}


def test_the_shortcut_stands_beside_the_methods_and_is_none(
    store: Store, found: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "surface of texts" in found.absent["toy", "shortcut"]
    entered = entrants([TOY], seeds=3, only=frozenset({"confidence"}))
    seeds: list[int] = []

    def always_right(store: Store, group: Group) -> dict[int, np.ndarray]:
        seeds.extend(group.seeds)
        return {seed: np.ones(group.n_test) for seed in group.seeds}

    monkeypatch.setattr("outgrow.leaderboard.shortcut.shortcut_scores", always_right)
    both = board(entered, store, seeds=3)
    assert seeds == [0, 1, 2]
    (rule,) = [one for one in both.standings if not one.is_method]
    naive = both.naive["toy"].student
    assert naive is not None
    assert rule.differences["toy"].estimate.value == pytest.approx(1 - naive.value)
    assert (rule.label, rule.cost) == ("shortcut (all true)", 0.0)
    page = markdown(both, command="outgrow leaderboard")
    assert page.count("| shortcut (all true) |") == page.count("* *shortcut (all true)*") == 1
    assert "shortcut" not in " ".join(headline(both))
    assert "shortcut (all true)" not in markdown(found, command="outgrow leaderboard")


def test_rows_of_another_study_with_the_same_results_do_not_come_between(store: Store, found: Board) -> None:
    entered = entrants([TOY], seeds=3, only=frozenset({"confidence"}))
    for seed, name in ((0, "aaa"), (1, "zzz"), (2, "mine")):  # wherever they are among the rows
        again = [replace(one, name=name) for one in entered.experiments() if one.seed == seed]
        assert run_experiments(again, store).computed == 0
    assert {one.row.experiment for one in read_records(store)} == {"toy", "aaa", "zzz", "mine"}
    both = board(entered, store, seeds=3)
    assert "toy" in both.naive
    assert {one.name for one in both.standings} == {"confidence"}


def test_another_method_computes_only_its_own_steps(store: Store, found: Board) -> None:
    more = entrants([TOY], seeds=3, only=frozenset({"confidence", "reweight"}))
    plan = make_plan(more.experiments(), cached=store.keys())
    trained = [step for step in (plan.steps[key] for key in plan.todo) if step.name == "finetune"]
    assert len(trained) == 3
    assert len(plan.todo) == 9  # train, score, compare, by three seeds
    unfinished = board(more, store, seeds=3)
    assert "not finished" in unfinished.absent["toy", "reweight"]


def test_the_page_says_what_helps_and_who_is_not_there(found: Board) -> None:
    page = markdown(found, command="outgrow leaderboard --seeds=3")
    assert "`outgrow leaderboard --seeds=3` makes this page" in page
    widths = {line.count("|") for line in page.splitlines() if line.startswith(("| method | of", "| confidence |"))}
    assert len(widths) == 1
    assert "## Who is not there" in page
    assert all(line in page for line in headline(found))


def test_where_nothing_helps_the_page_says_so(found: Board) -> None:
    none = replace(found, standings=[replace(one, better=[], worse=[]) for one in found.standings])
    assert "toy: nothing helps." in headline(none)
    assert "No method is clearly better than naive in every setting." in headline(none)


@pytest.mark.parametrize(("n", "expected"), [(8, 3.5), (4, 1.5), (1, 0.0), (6, 2.5)])
def test_the_interquartile_mean_of_numbers(n: int, expected: float) -> None:
    assert interquartile_mean(np.arange(n)[::-1]) == pytest.approx(expected)


def test_the_interquartile_mean_leaves_out_the_ends() -> None:
    assert interquartile_mean(np.array([-1e9, 1, 2, 1e9])) == pytest.approx(1.5)
    assert interquartile_mean(np.array([0.0, 1, 2, 3, 100, 100])) == pytest.approx((0.5 * 1 + 2 + 3 + 0.5 * 100) / 3)


def against(means: list[float], *, seeds: int = 6, n: int = 200) -> list[Against]:
    rng = np.random.default_rng(0)
    return [Against(more=mean + 0.01 * rng.standard_normal((seeds, n)), gap=0.5, groups=np.arange(n)) for mean in means]


def test_over_settings_shares_of_the_gap_are_averaged() -> None:
    one = overall(against([0.1, 0.1, 0.1]))
    assert one.share.value == pytest.approx(0.2, abs=0.01)
    assert one.improvement == 1
    assert one.cells == 18
    assert one.ends is not None
    assert 0.75 < one.ends[0] < 1
    assert one.ends[1] == pytest.approx(1)
    level = overall([Against(more=np.zeros((3, 50)), gap=0.1, groups=np.arange(50))])
    assert (level.share.value, level.share.error, level.improvement) == (0, 0, 0.5)
    single = overall(against([0.1], seeds=1))
    assert single.share.low is None
    assert single.ends is None


def test_rows_that_seeds_share_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    shared = rng.standard_normal(100)
    same = Against(more=np.broadcast_to(shared, (10, 100)), gap=1, groups=np.arange(100))
    assert overall([same]).share.error == pytest.approx(shared.std(ddof=1) / 10, rel=0.1)


def test_only_corrected_p_below_the_level_counts(found: Board) -> None:
    differences = {name: one.estimate for name, one in found.standings[0].differences.items()}
    assert helped(differences, dict.fromkeys(differences, 0.2)) == ([], [])
    better, worse = helped(differences, dict.fromkeys(differences, 0.01))
    assert len(better) + len(worse) == len([one for one in differences.values() if one.value])


def test_the_command_runs_goes_on_and_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SETTINGS", (TOY,))
    page, store = tmp_path / "board.md", tmp_path / "store"
    command = ["leaderboard", "--methods=confidence", "--seeds=2", f"--store={store}", f"--out={page}"]
    dry = CliRunner().invoke(app, [*command, "--dry-run"], catch_exceptions=False)
    assert "2 methods in 1 setting by 2 seeds" in dry.output
    assert not store.exists()
    first = CliRunner().invoke(app, command, catch_exceptions=False)
    assert first.exit_code == 0
    assert "confidence" in first.output
    assert "`outgrow leaderboard --methods=confidence --seeds=2` makes this page" in page.read_text()
    again = CliRunner().invoke(app, command, catch_exceptions=False)
    assert "0 of" in again.output
    for wrong, says in ((["--out=page.html"], "Markdown"), (["--settings=nowhere"], "no setting 'nowhere'")):
        with pytest.raises(ConfigError, match=says):
            CliRunner().invoke(app, [*command, *wrong], catch_exceptions=False)
