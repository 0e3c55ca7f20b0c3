"""PGR, its interval and its verdict, on answers whose truth is known; and what a comparison writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from outgrow.config import expand
from outgrow.errors import ConfigError, DataError, StoreError
from outgrow.executors.base import compute
from outgrow.experiment import Experiment, run
from outgrow.metrics.base import Metric, Predictions, metrics
from outgrow.models.base import Extractor, Model
from outgrow.results import evaluation
from outgrow.results.answers import Answers, read_answers
from outgrow.results.evaluation import evaluate, pgr
from outgrow.results.pooling import pool
from outgrow.results.recording import record
from outgrow.results.records import read_records
from outgrow.results.table import Evaluation, Interval
from outgrow.spec import spec
from outgrow.steps import Comparison, Context, Steps, walk_unique
from outgrow.steps.truth import even
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

ROLES = ("weak", "student", "ceiling")


def said(truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray | None = None) -> Predictions:
    """One seed's predictions; `probability` is that of class 1, else all are sure of themselves."""
    probability = (predicted == 1).astype(float) if probability is None else probability
    of_truth = np.where(truth == 1, probability, 1 - probability)
    return Predictions(
        predicted=predicted,
        truth=truth,
        rank=(predicted != truth).astype(int),
        truth_probability=of_truth,
        confidence=np.maximum(probability, 1 - probability),
        positive_probability=probability,
        squared_error=2 * (1 - of_truth) ** 2,
    )


def answers(
    right: dict[str, np.ndarray],
    *,
    groups: np.ndarray | None = None,
    predicted: dict[str, np.ndarray] | None = None,
    metric: str = "accuracy",
) -> Answers:
    """Answers of two classes, of which `right` ([seeds, n] of 0 and 1) are right; the classes take turns."""
    n = right["weak"].shape[1]
    truth = np.arange(n) % 2
    predicted = predicted or {role: np.where(values == 1, truth, 1 - truth) for role, values in right.items()}
    return Answers(
        metric=metrics[metric],
        said={role: [said(truth, row) for row in values] for role, values in predicted.items()},
        groups=np.arange(n) if groups is None else groups,
    )


def right_of(one: Answers, role: str) -> np.ndarray:
    right: np.ndarray = (one.predicted(role) == one.truth).astype(int)
    return right


def simulate(
    rng: np.random.Generator, n: int, *, weak: float, student: float, ceiling: float, seeds: int = 1
) -> Answers:
    """Answers that are right with the given probabilities; an example that is easy for one role is easy for all."""
    luck = rng.random((seeds, n))
    return answers({role: (luck < p).astype(int) for role, p in zip(ROLES, (weak, student, ceiling), strict=True)})


def test_golden_pgr() -> None:
    assert pgr(weak=0.5, student=0.65, ceiling=0.75) == pytest.approx(0.6)
    assert pgr(weak=0.5, student=0.45, ceiling=0.75) == pytest.approx(-0.2)
    assert pgr(weak=0.5, student=0.8, ceiling=0.75) == pytest.approx(1.2)


def test_scores_and_pgr_are_those_counted() -> None:
    """600, 750 and 900 of 1000 right."""
    right = {role: (np.arange(1000) < k).astype(int)[None] for role, k in zip(ROLES, (600, 750, 900), strict=True)}
    found = evaluate(answers(right))
    assert {role: found.scores[role].value for role in ROLES} == {"weak": 0.6, "student": 0.75, "ceiling": 0.9}
    assert found.verdict == "ok"
    assert found.pgr is not None
    assert found.pgr.value == pytest.approx(pgr(weak=0.6, student=0.75, ceiling=0.9))
    assert found.pgr.low < 0.5 < found.pgr.high
    assert found.scores["weak"].n == 1000


def test_gaps_are_pooled_over_seeds_before_the_ratio_is_taken() -> None:
    """Half of the seeds recover 50 of 50, half 0 of 150: pooled 0.25, where the mean of ratios would be 0.5."""
    ends = {"weak": (800, 700) * 10, "student": (850, 700) * 10, "ceiling": (850, 850) * 10}
    right = {role: np.stack([(np.arange(1000) < k).astype(int) for k in both]) for role, both in ends.items()}
    found = evaluate(answers(right))
    assert found.pgr is not None
    assert found.pgr.value == pytest.approx(0.25)


def holds(interval: Interval, value: float) -> bool:
    low, high = interval.ends
    return low <= value <= high


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    covered = {"pgr": 0, "student": 0, "agreement": 0}
    simulations = 150
    for _ in range(simulations):
        found = evaluate(simulate(rng, 400, weak=0.66, student=0.78, ceiling=0.9))
        assert found.pgr is not None
        covered["pgr"] += holds(found.pgr, 0.5)
        covered["student"] += holds(found.scores["student"], 0.78)
        covered["agreement"] += holds(found.agreement, 0.88)
    for name, times in covered.items():
        assert 0.88 <= times / simulations <= 0.99, name


def graded(
    rng: np.random.Generator, n: int, *, seeds: int = 1, metric: str = "brier", sharp: tuple[float, ...] = (1, 2, 4)
) -> Answers:
    """Two classes; each role sees one noisy hint per example, through noise of its own, and knows how noisy it is."""
    truth = np.arange(n) % 2
    roles = dict.fromkeys(ROLES, 0.0) | dict(zip(ROLES, sharp, strict=False))
    made: dict[str, list[Predictions]] = {role: [] for role in roles}
    for _ in range(seeds):
        for role, strength in roles.items():
            odds = strength * (2 * truth - 1) + np.sqrt(2 * strength) * rng.standard_normal(n)  # log odds, calibrated
            probability = 1 / (1 + np.exp(-odds))
            made[role].append(said(truth, (probability > 0.5).astype(int), probability))
    return Answers(metric=metrics[metric], said=made, groups=np.arange(n))


def rows_of(one: Predictions, rows: np.ndarray) -> Predictions:
    return Predictions(**{name: value[rows] for name, value in vars(one).items()})


@pytest.mark.parametrize("metric", ["accuracy", "brier", "auroc", "macro_f1", "calibration_error", "log_likelihood"])
@pytest.mark.parametrize("size", [1, 4])
def test_errors_are_those_of_the_jackknife(metric: str, size: int) -> None:
    """A group left out moves the score by its influence, so both tell the same standard error."""
    one = graded(np.random.default_rng(0), 400, metric=metric, sharp=(0.5, 1, 4))
    groups = np.arange(400) // size
    found = evaluate(replace(one, groups=groups))
    (said,) = one.said["student"]
    without = [one.metric.values(rows_of(said, np.flatnonzero(groups != group))).mean() for group in np.unique(groups)]
    n = len(without)
    error = np.sqrt((n - 1) / n * ((without - np.mean(without)) ** 2).sum())
    score = found.scores["student"]
    assert score.value == pytest.approx(one.metric.values(said).mean())
    assert width(score) / 2 == pytest.approx(1.97 * error, rel=0.06 if metric != "calibration_error" else 0.3)


@pytest.mark.parametrize("metric", ["brier", "auroc", "log_likelihood"])
def test_intervals_of_other_metrics_cover_the_truth(metric: str) -> None:
    much = graded(np.random.default_rng(99), 400_000, metric=metric)
    scores = {role: float(much.metric.values(much.said[role][0]).mean()) for role in ROLES}
    rng = np.random.default_rng(0)
    covered = {"pgr": 0, "student": 0}
    simulations = 150
    for _ in range(simulations):
        found = evaluate(graded(rng, 300, metric=metric))
        assert found.pgr is not None
        covered["pgr"] += holds(found.pgr, pgr(**scores))
        covered["student"] += holds(found.scores["student"], scores["student"])
    for name, times in covered.items():
        assert 0.88 <= times / simulations <= 0.99, name


def width(interval: Interval | None) -> float:
    assert interval is not None
    low, high = interval.ends
    return high - low


def test_roles_are_compared_as_pairs() -> None:
    """That one example is easy for all roles narrows their difference, unless the answers are shuffled apart."""
    paired = simulate(np.random.default_rng(0), 1000, weak=0.6, student=0.75, ceiling=0.9)
    rng = np.random.default_rng(1)
    shuffled = answers({role: rng.permutation(right_of(paired, role)[0])[None] for role in ROLES})
    together, apart = evaluate(paired), evaluate(shuffled)
    assert together.scores["student"].value == apart.scores["student"].value
    assert width(together.pgr) < 0.8 * width(apart.pgr)


def test_examples_of_a_group_count_together() -> None:
    """Rows that repeat each other four times say no more than one of them: intervals are twice as wide."""
    once = simulate(np.random.default_rng(0), 500, weak=0.6, student=0.75, ceiling=0.9)
    right = {role: right_of(once, role).repeat(4, axis=1) for role in ROLES}
    apart, grouped = evaluate(answers(right)), evaluate(answers(right, groups=np.arange(2000) // 4))
    assert grouped.scores["weak"].value == apart.scores["weak"].value
    assert width(grouped.scores["weak"]) == pytest.approx(2 * width(apart.scores["weak"]), rel=0.15)
    assert width(grouped.pgr) == pytest.approx(2 * width(apart.pgr), rel=0.15)
    assert (grouped.n_groups, apart.n_groups) == (500, 2000)
    assert grouped.design_effect == pytest.approx(4, rel=0.02)
    assert apart.design_effect == 1


@pytest.mark.parametrize("n_groups", [1, 2])
def test_one_or_two_groups_give_no_certainty(n_groups: int) -> None:
    one = simulate(np.random.default_rng(0), 400, weak=0.6, student=0.75, ceiling=0.9, seeds=3)
    found = evaluate(replace(one, groups=np.arange(400) % n_groups))
    assert (found.verdict, found.pgr, found.n_groups) == ("few-groups", None, n_groups)
    assert {(score.low, score.high) for score in found.scores.values()} == {(None, None)}
    assert found.agreement.low is None


@pytest.mark.parametrize(("n_groups", "n_seeds"), [(3, 1), (5, 3), (10, 10)])
def test_few_groups_do_not_make_a_gap_of_nothing(n_groups: int, n_seeds: int) -> None:
    """Roles that are equally good, but differ by what they make of a group, are rarely told apart."""
    rng = np.random.default_rng(n_groups)
    groups, fine = np.arange(300) % n_groups, 0
    for _ in range(200):
        luck = rng.standard_normal((3, n_seeds, 300)) + rng.standard_normal((3, 1, n_groups))[..., groups]
        right = dict(zip(ROLES, (luck < 1.1).astype(int), strict=True))
        fine += evaluate(answers(right, groups=groups)).verdict == "ok"
    assert fine <= 12  # 2.5 % of 200 are 5


def test_seeds_that_differ_widen_the_interval() -> None:
    def right(*counts: int) -> np.ndarray:
        return np.stack([np.arange(1000) < count for count in counts]).astype(int)

    same = {"weak": right(600, 600, 600), "student": right(750, 750, 750), "ceiling": right(900, 900, 900)}
    spread = same | {"student": right(650, 750, 850)}
    assert width(evaluate(answers(spread)).pgr) > 1.5 * width(evaluate(answers(same)).pgr)


# Verdicts


@pytest.mark.parametrize(
    ("weak", "student", "ceiling", "verdict", "why"),
    [
        (0.6, 0.75, 0.9, "ok", ""),
        (0.8, 0.8, 0.8, "no-gap", "the strong ceiling is not clearly above the weak supervisor"),
        (0.8, 0.8, 0.7, "no-gap", "the strong ceiling is not clearly above the weak supervisor"),
        (
            0.5,
            0.7,
            0.9,
            "chance",
            r"the weak supervisor is not clearly above chance \(\d+.\d%; the class shares",
        ),
        (0.7, 0.5, 0.9, "chance", r"the student is not clearly above chance \("),
        (0.7, 0.3, 0.9, "chance", r"the student is below chance \("),
        (0.5, 0.7, 0.3, "chance", r"the strong ceiling is below chance \("),
        (0.7, 0.7, 0.5, "chance", r"the strong ceiling is not clearly above chance \("),
    ],
)
def test_pgr_is_a_number_only_if_the_verdict_is_ok(
    weak: float, student: float, ceiling: float, verdict: str, why: str
) -> None:
    found = evaluate(simulate(np.random.default_rng(1), 400, weak=weak, student=student, ceiling=ceiling))
    assert found.verdict == verdict
    assert (found.pgr is not None) == (verdict == "ok")
    assert re.match(why, found.why)
    assert bool(found.why) == (verdict != "ok")


def test_a_gap_within_chance_is_none() -> None:
    """The ceiling is right on five examples more, and wrong on two that the supervisor has right."""
    weak = (np.arange(400) >= 80).astype(int)
    ceiling = weak.copy()
    ceiling[:5], ceiling[-2:] = 1, 0
    found = evaluate(answers({"weak": weak[None], "student": weak[None], "ceiling": ceiling[None]}))
    assert found.verdict == "no-gap"
    assert re.search(r"\(gap \+0\.\d%, 95 % from -", found.why)
    ceiling[-2:] = 1
    assert evaluate(answers({"weak": weak[None], "student": weak[None], "ceiling": ceiling[None]})).verdict == "ok"


@pytest.mark.parametrize(
    ("role", "name"), [("weak", "weak supervisor"), ("student", "student"), ("ceiling", "strong ceiling")]
)
def test_a_role_that_predicts_one_class_in_any_seed_has_collapsed(role: str, name: str) -> None:
    one = simulate(np.random.default_rng(0), 400, weak=0.6, student=0.75, ceiling=0.9, seeds=2)
    one.said[role][1].predicted[:] = 1
    found = evaluate(one)
    assert (found.verdict, found.pgr) == ("collapsed", None)
    assert found.why == f"the {name} predicts one class for every test example"


def test_where_smaller_is_better_a_gap_is_a_smaller_score() -> None:
    """A Brier score here is twice the share of wrong answers, so PGR is that of accuracy."""
    ends = dict(zip(ROLES, (600, 750, 900), strict=True))
    right = {role: (np.arange(1000) < k).astype(int)[None] for role, k in ends.items()}
    found, accuracy = evaluate(answers(right, metric="brier")), evaluate(answers(right))
    assert {role: found.scores[role].value for role in ROLES} == pytest.approx(
        {"weak": 0.8, "student": 0.5, "ceiling": 0.2}
    )
    assert found.verdict == "ok"
    assert found.pgr is not None
    assert accuracy.pgr is not None
    for end in ("value", "low", "high"):
        assert getattr(found.pgr, end) == pytest.approx(getattr(accuracy.pgr, end), rel=1e-5)
    backwards = evaluate(answers({**right, "weak": right["ceiling"], "ceiling": right["weak"]}, metric="brier"))
    assert (backwards.verdict, backwards.pgr) == ("no-gap", None)
    assert re.fullmatch(
        r"the strong ceiling is not clearly below the weak supervisor \(gap -0.6, 95 % from -0.6\d* to -0.5\d*\)",
        backwards.why,
    )


def test_chance_goes_by_accuracy_where_the_metric_is_of_sureness() -> None:
    one = simulate(np.random.default_rng(1), 400, weak=0.5, student=0.7, ceiling=0.9)
    for metric in ("brier", "log_likelihood", "calibration_error"):
        found = evaluate(replace(one, metric=metrics[metric]))
        assert found.verdict == "chance"
        assert re.match(r"the weak supervisor is not clearly above chance \(\d+.\d%; the class shares", found.why)
    one.said["ceiling"][0].predicted[:] = 0
    assert evaluate(replace(one, metric=metrics["auroc"])).verdict == "collapsed"


def test_rare_classes_do_not_hide_an_auroc() -> None:
    """Nobody beats always naming the frequent class, of 83 %, but all put rows in the right order."""
    rng = np.random.default_rng(0)
    truth = (np.arange(1_000) < 170).astype(int)
    made = {}
    for role, sharp in zip(ROLES, (1.0, 1.5, 3.0), strict=True):
        odds = sharp * (2 * truth - 1) * 0.7 + rng.standard_normal(1_000) + 0.5
        made[role] = [said(truth, (odds > 0).astype(int), 1 / (1 + np.exp(-odds)))]
    one = Answers(metric=metrics["auroc"], said=made, groups=np.arange(1_000))
    assert evaluate(one).verdict == "ok"
    found = evaluate(replace(one, metric=metrics["accuracy"]))
    assert found.verdict == "chance"
    assert "the class shares alone give 83.0%" in found.why
    assert "the weak supervisor is below chance" in found.why


def test_a_score_that_does_not_exist() -> None:
    one = simulate(np.random.default_rng(0), 400, weak=0.6, student=0.75, ceiling=0.9, seeds=2)
    nothing = Metric(values=lambda predictions: np.full(len(predictions.truth), np.nan))
    found = evaluate(replace(one, metric=nothing))
    assert (found.verdict, found.scores, found.pgr) == ("undefined", {}, None)
    without = one.said["student"][1]
    metric = Metric(values=lambda said: np.full(400, np.nan if said is without else 0.5))
    found = evaluate(replace(one, metric=metric))
    assert (found.verdict, set(found.scores)) == ("undefined", {"weak", "ceiling"})
    assert found.why == "the student has no such score on these test examples"


def test_zero_shot_is_scored_with_the_others() -> None:
    one = simulate(np.random.default_rng(0), 400, weak=0.6, student=0.75, ceiling=0.9)
    more = replace(one, said=one.said | {"zero_shot": one.said["weak"]})
    assert evaluate(more).scores["zero_shot"] == evaluate(one).scores["weak"]
    assert evaluate(more).pgr == evaluate(one).pgr
    gain = evaluate(more).gain
    assert gain is not None
    assert gain.value == pytest.approx(evaluate(one).scores["student"].value - evaluate(one).scores["weak"].value)
    assert evaluate(one).gain is None


# Agreement


def test_agreement_by_hand() -> None:
    """Ten examples; the supervisor is right on six; the student agrees on five of these and on one of the others."""
    truth = np.arange(10) % 2
    weak = np.where(np.arange(10) < 6, truth, 1 - truth)
    student = weak.copy()
    student[[0, 6, 7, 8]] = 1 - student[[0, 6, 7, 8]]
    predicted = {"weak": weak[None], "student": student[None], "ceiling": truth[None]}
    right = {role: (said == truth).astype(int) for role, said in predicted.items()}
    found = evaluate(answers(right, predicted=predicted))
    assert found.agreement.value == pytest.approx(6 / 10)
    assert found.agreement_when_right is not None
    assert found.agreement_when_wrong is not None
    assert found.agreement_when_right.value == pytest.approx(5 / 6)
    assert (found.agreement_when_right.n, found.agreement_when_wrong.n) == (6, 4)
    assert found.agreement_when_wrong.value == pytest.approx(1 / 4)


@pytest.mark.parametrize("first", [0, 1])
def test_ties_agree_by_half(first: int) -> None:
    """Whichever class a tie is filed under: sides that know nothing agree on half of the examples."""
    truth = np.arange(8) % 2
    tie = replace(said(truth, np.full(8, first), np.full(8, 0.5)), rank=np.ones(8, int))
    sure = said(truth, np.where(np.arange(8) < 4, truth, 1 - truth))
    for weak, student, right, wrong in [(tie, tie, 0.5, 0.5), (tie, sure, 0.5, 0.5), (sure, tie, 0.5, 0.5)]:
        roles = {"weak": [weak], "student": [student], "ceiling": [said(truth, truth)]}
        found = evaluate(Answers(metric=metrics["accuracy"], said=roles, groups=np.arange(8)))
        assert found.agreement.value == pytest.approx(0.5)
        assert found.agreement_when_right is not None
        assert found.agreement_when_wrong is not None
        assert found.agreement_when_right.value == pytest.approx(right)
        assert found.agreement_when_wrong.value == pytest.approx(wrong)
        assert found.agreement_when_right.n + found.agreement_when_wrong.n == 8


def test_a_faultless_supervisor_is_never_wrong() -> None:
    right = {role: np.ones((1, 50), int) for role in ROLES}
    found = evaluate(answers(right))
    assert found.agreement_when_wrong is None
    assert found.agreement_when_right is not None
    assert found.agreement_when_right.value == 1
    none = evaluate(answers({**right, "weak": np.zeros((1, 50), int)}))
    assert none.agreement_when_right is None


def test_what_a_curve_counts_of_ties() -> None:
    answers = np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5], [0, 0, 0], [1 / 3, 1 / 3, 1 / 3]], np.float32)
    expected = np.array([[0.5, 0.5, 0], [0, 0, 1], [0, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(even(answers), expected)


# What a comparison writes, and what is read of it


Toy = Callable[..., list[Experiment]]


def compared(one: Experiment, store: Store) -> Comparison:
    result = run(one, Steps())
    context = Context(store)
    for step in walk_unique(result):
        compute(step, store, context)
    return result


def test_predictions_come_back_as_they_were(toy: Toy, store: Store) -> None:
    (one,) = toy("method.name=naive", "metric=brier")
    result = compared(one, store)
    found = read_answers(store, [result.key], metric=metrics["brier"])
    for role, scored in {"weak": result.weak, "student": result.student, "ceiling": result.ceiling}.items():
        expected = scored.read(Context(store))
        for name, value in vars(found.said[role][0]).items():
            np.testing.assert_array_equal(value, getattr(expected, name))
    (kept,) = [record(store, one, result)]
    assert kept.evaluation == evaluate(found)
    assert kept.row.weak_score == found.said["weak"][0].squared_error.mean(dtype=np.float64)
    assert read_records(store) == [kept]
    (group,) = pool(store, [kept])
    assert (group.share, group.larger_is_better) == (False, False)
    assert group.weak_score == kept.evaluation.scores["weak"]


def test_a_group_of_one_seed_is_not_evaluated_again(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    swept = run_experiments(toy("sweep.seeds=[0, 1]"), store)
    calls: list[int] = []

    def counted(one: Answers) -> Evaluation:
        calls.append(len(one.said["weak"]))
        return evaluate(one)

    monkeypatch.setattr(evaluation, "evaluate", counted)
    alone = pool(store, [one for one in swept.records if one.row.seed == 0])
    assert (len(alone), calls) == (2, [])
    assert len(pool(store, swept.records)) == 2
    assert calls == [2, 2]


def test_rows_and_artefacts_of_an_older_version(toy: Toy, store: Store) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (one,) = toy("method.name=naive")
    record(store, one, compared(one, store))
    (path,) = (store.root / "results").glob("*.json")
    fields = json.loads(path.read_text())
    del fields["checksum"]
    path.write_text(json.dumps(fields))
    with pytest.raises(StoreError, match="is a results row of an older version of outgrow; delete it and run"):
        read_records(store)
    columns = {"id": ["a"], "group": ["a"], "truth": [1], "weak_predicted": [1], "weak_score": [1.0]}
    with store.write(key="ab" * 32, step="compare", identity={}, inputs={}, versions={}) as folder:
        pq.write_table(pa.table(columns), folder / "test.parquet")
    with pytest.raises(StoreError, match="is of an older version of outgrow; run its experiment again"):
        read_answers(store, ["ab" * 32], metric=metrics["accuracy"])


def test_a_metric_that_cannot_score_so_many_classes(toy: Toy, store: Store) -> None:
    (one,) = toy("method.name=naive", "metric=auroc", "task.classes=3")
    message = r"^the metric 'auroc' does not fit the task 'toy': it is for 2 classes, not 3; choose another \(outgrow"
    with pytest.raises(DataError, match=message):
        compared(one, store)


def test_a_metric_that_cannot_score_such_tasks(document: dict[str, Any]) -> None:
    document["task"] = {"name": "chess-text"}
    document["metric"] = "brier"
    document["weak"] = document["strong"] = {"model": "smollm2-135m"}
    with pytest.raises(ConfigError, match=r"'brier' does not fit the task 'chess-text': it scores .* not generation"):
        expand(document, name="tiny")


@spec
class Cut(Extractor):
    """A frozen network that has something to tell of its inputs."""

    def identity(self) -> dict[str, Any]:
        return {"family": "cut"}

    @property
    def cost(self) -> float:
        return 50.0

    def build(self, output: Output, *, start: Any = None) -> Any:
        from torch import Tensor

        from outgrow.learning.network import Network

        class Telling(Network):
            def forward(self, x: Tensor) -> Tensor:
                return x[:, 3]

            def notes(self, rows: object) -> list[str]:
                return ["9 texts were cut"]

        return Telling()


@spec
class FrozenCut(Model):
    name: str = "frozen-cut"

    @property
    def cost(self) -> float:
        return 100.0

    def identity(self) -> dict[str, Any]:
        return {"family": "frozen-cut"}

    def extractor(self) -> Extractor:
        return Cut()


def test_what_the_extraction_of_features_tells_is_passed_on(toy: Toy, store: Store) -> None:
    (one,) = toy("method.name=naive")
    plain = record(store, one, compared(one, store))
    assert "9 texts were cut" not in plain.notes
    frozen = replace(one, strong=replace(one.strong, model=FrozenCut()))
    notes = record(store, frozen, compared(frozen, store)).notes
    assert notes.count("9 texts were cut") == 1
