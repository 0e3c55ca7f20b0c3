"""Every metric against a hand computation, against scikit-learn, and against rows that are really repeated."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from outgrow.learning.predict import summarise
from outgrow.metrics.base import Metric, Predictions, metrics
from outgrow.results.verdicts import by_class_shares
from outgrow.tasks.base import Output

NAMES = [entry.name for entry in metrics]
CLASSES = [2, 5, 10]


def predictions(probabilities: np.ndarray, truth: np.ndarray) -> Predictions:
    """What is kept of the answers of a classifier."""
    output = Output(kind="classification", n_classes=probabilities.shape[1])
    return Predictions(**summarise(probabilities.astype(np.float32), truth, output))


def some(n_classes: int, n: int = 300, *, decimals: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a middling classifier, float32 [n, classes], some of them equal; and the truth, unbalanced."""
    rng = np.random.default_rng(0)
    truth = np.minimum(rng.integers(0, n_classes, n), rng.integers(0, n_classes, n))
    logits = rng.standard_normal((n, n_classes)).round(decimals)
    logits[np.arange(n), truth] += 1
    odds = np.exp(logits)
    return (odds / odds.sum(1, keepdims=True)).astype(np.float32), truth


def fitting(metric: Metric, n_classes: int) -> bool:
    return not metric.misfit("classification", n_classes)


def score(name: str, said: Predictions, weights: np.ndarray | None = None) -> float:
    """The score; with weights, of rows that are really repeated so often."""
    if weights is not None:
        rows = np.repeat(np.arange(len(said.truth)), weights.astype(int))
        said = Predictions(**{field.name: getattr(said, field.name)[rows] for field in fields(said)})
    return float(np.mean(metrics[name].values(said), dtype=np.float64))


def test_the_shipped_ones() -> None:
    found = {name: (metrics[name].larger_is_better, metrics[name].share) for name in NAMES}
    assert found == {
        "accuracy": (True, True),
        "auroc": (True, True),
        "brier": (False, False),
        "calibration_error": (False, True),
        "log_likelihood": (True, False),
        "macro_f1": (True, True),
        "top5_accuracy": (True, True),
        "truth_probability": (True, True),
    }


# By hand


THREE = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125], [0.0, 1.0, 0.0]])
TRUTH = np.array([0, 0, 1, 1])


def test_means_by_hand() -> None:
    said = predictions(THREE, TRUTH)
    assert said.predicted.tolist() == [0, 1, 0, 1]
    assert said.confidence.tolist() == [0.5, 0.5, 0.75, 1.0]
    assert said.positive_probability.tolist() == [0.25, 0.5, 0.125, 1.0]
    assert score("accuracy", said) == 0.5
    assert score("truth_probability", said) == (0.5 + 0.25 + 0.125 + 1) / 4
    assert score("log_likelihood", said) == pytest.approx(-(1 + 2 + 3 + 0) * np.log(2) / 4)
    squares = [0.25 + 2 / 16, 9 / 16 + 0.25 + 1 / 16, 9 / 16 + 49 / 64 + 1 / 64, 0]
    assert said.squared_error.tolist() == squares
    assert score("brier", said) == sum(squares) / 4


def test_a_tie_of_k_counts_1_in_k_and_an_abstention_nothing() -> None:
    tied = np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [1 / 3, 1 / 3, 1 / 3], [0, 0, 0]])
    said = predictions(tied, np.array([0, 1, 2, 2, 0]))
    assert metrics["accuracy"].values(said).tolist() == pytest.approx([0.5, 0.5, 0, 1 / 3, 0])
    pairs = predictions(np.array([[0.5, 0.5], [0.0, 0.0], [0.9, 0.1], [0.1, 0.9]]), np.array([0, 0, 0, 1]))
    assert score("auroc", pairs) == 1.0
    pairs = predictions(np.array([[0.5, 0.5], [0.0, 0.0], [0.5, 0.5]]), np.array([0, 0, 1]))
    assert score("auroc", pairs) == 0.5, "who says nothing is no more sure of a negative than of a positive"


def test_the_answer_of_the_class_shares_names_one_class() -> None:
    for truth in ([0, 0, 1, 1], [0, 1, 2], [0, 0, 1]):
        said = by_class_shares(np.array(truth))
        assert score("accuracy", said) == pytest.approx(truth.count(0) / len(truth))


def test_top5_by_hand() -> None:
    said = replace(predictions(THREE, TRUTH), rank=np.array([0, 1, 4, 5]))
    assert score("top5_accuracy", said) == 0.75


def test_a_probability_of_zero_has_a_logarithm() -> None:
    said = predictions(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1, 0]))
    assert score("log_likelihood", said) == pytest.approx(np.log(2.0**-23) / 2)


def test_macro_f1_by_hand() -> None:
    """Class 0: precision 2/3, recall 2/2, F1 4/5. Class 1: 1/1, 1/3, 1/2. Class 2 is said once and never true: 0."""
    truth, said = np.array([0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 2])
    found = predictions(np.eye(4)[said], truth)
    assert score("macro_f1", found) == pytest.approx((4 / 5 + 1 / 2 + 0) / 3)
    without = score("macro_f1", found, np.array([1.0, 1, 1, 1, 0]))  # class 2 occurs no more
    assert without == pytest.approx((2 * 2 / (2 + 3) + 2 * 1 / (2 + 1)) / 2)


def test_auroc_by_hand() -> None:
    """Positives at 0.9, 0.5, 0.2 and negatives at 0.5, 0.1: of six pairs four are in order and one is a tie."""
    chance, truth = np.array([0.9, 0.5, 0.2, 0.5, 0.1]), np.array([1, 1, 1, 0, 0])
    said = predictions(np.stack([1 - chance, chance], 1), truth)
    assert score("auroc", said) == pytest.approx(4.5 / 6)
    weights = np.array([1.0, 0, 3, 2, 1])  # pairs: 0.9 against 2 + 1 negatives, all won; 0.2 three times, 1 of 3 won
    assert score("auroc", said, weights) == pytest.approx((3 + 3) / 12)


@pytest.mark.parametrize("kept", [0, 1])
def test_auroc_of_one_class_is_undefined(kept: int) -> None:
    said = predictions(*some(2))
    assert np.isfinite(score("auroc", said))
    assert np.isnan(score("auroc", said, (said.truth == kept).astype(float)))


def test_auroc_orders_very_small_probabilities() -> None:
    """1 - p(0) would be 0 for all of them."""
    chance = np.array([1e-12, 1e-20, 1e-11, 1e-9])
    said = predictions(np.stack([1 - chance, chance], 1), np.array([0, 0, 1, 1]))
    assert score("auroc", said) == 1


def test_calibration_error_by_hand() -> None:
    """Bins are 1/15 wide: 0.68 and 0.72 share (10/15, 11/15], 0.74 and 0.99 have one each."""
    confidence = np.array([0.68, 0.72, 0.74, 0.99], np.float32)
    right = np.array([True, False, True, False])
    said = predictions(np.stack([confidence, 1 - confidence], 1), np.where(right, 0, 1))
    expected = (abs(0.68 + 0.72 - 1) + abs(0.74 - 1) + abs(0.99 - 0)) / 4
    assert score("calibration_error", said) == pytest.approx(expected, rel=1e-6)


def test_calibration_error_of_the_ends() -> None:
    sure = predictions(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 0]))
    assert score("calibration_error", sure) == 0
    assert score("calibration_error", replace(sure, confidence=np.zeros(2, np.float32))) == 1


def test_a_calibrated_classifier_has_little_calibration_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 40_000)
    truth = (rng.random(40_000) > confidence).astype(int)
    said = predictions(np.stack([confidence, 1 - confidence], 1), truth)
    assert score("calibration_error", said) < 0.01
    assert score("calibration_error", replace(said, confidence=said.confidence**3)) > 0.1


# scikit-learn


@pytest.mark.parametrize("n_classes", CLASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_as_scikit_learn_has_it(n_classes: int, weighted: bool) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    probabilities, truth = some(n_classes, decimals=1 if n_classes == 2 else 9)  # it knows no ties
    said = predictions(probabilities, truth)
    weights = np.random.default_rng(1).integers(0, 4, len(truth)).astype(float) if weighted else np.ones(len(truth))
    labels = list(range(n_classes))
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(1, keepdims=True)
    one_hot = np.eye(n_classes)[truth]
    first_and_last = said.predicted, n_classes - 1 - probabilities[:, ::-1].argmax(1)  # of equals
    expected = {
        "accuracy": np.mean([sk.accuracy_score(truth, one, sample_weight=weights) for one in first_and_last]),
        "macro_f1": sk.f1_score(
            np.tile(truth, 2), np.concatenate(first_and_last), average="macro", sample_weight=np.tile(weights, 2)
        ),
        "log_likelihood": -sk.log_loss(truth, exact, sample_weight=weights, labels=labels),
        "brier": sum(
            sk.brier_score_loss(one_hot[:, k], exact[:, k], sample_weight=weights) for k in range(n_classes)
        ),
    }  # fmt: skip
    if n_classes == 2:
        expected["auroc"] = sk.roc_auc_score(truth, probabilities[:, 1], sample_weight=weights)
    if n_classes > 5:
        expected["top5_accuracy"] = sk.top_k_accuracy_score(truth, exact, k=5, sample_weight=weights, labels=labels)
    for name, value in expected.items():
        assert score(name, said, weights) == pytest.approx(value, rel=1e-5), name


# What all hold to


@pytest.mark.parametrize("n_classes", CLASSES)
@pytest.mark.parametrize("name", NAMES)
def test_influence_is_what_one_row_more_would_change(name: str, n_classes: int) -> None:
    """A row that stands there once more moves the score by its influence over n, up to terms of order 1 / n^2."""
    metric = metrics[name]
    if not fitting(metric, n_classes):
        pytest.skip(f"not for {n_classes} classes")
    said = predictions(*some(n_classes, 2_000))
    n = len(said.truth)
    values = metric.values(said)
    assert values.shape == (n,)
    before = score(name, said)
    moved, expected = [], []
    for row in np.random.default_rng(0).choice(n, 40, replace=False):
        counts = np.ones(n)
        counts[row] = 2
        moved.append(score(name, said, counts) - before)
        expected.append((values[row] - before) / (n + 1))
    assert np.ptp(expected) > 0
    off = np.abs(np.subtract(moved, expected)) > 20 / n**2 * np.abs(values - before).max()
    assert off.sum() <= (2 if name == "calibration_error" else 0)  # rows of a bin that goes over from too sure to not


@pytest.mark.parametrize("n_classes", CLASSES)
@pytest.mark.parametrize("name", NAMES)
def test_the_perfect_answer_is_best(name: str, n_classes: int) -> None:
    metric = metrics[name]
    if not fitting(metric, n_classes):
        pytest.skip(f"not for {n_classes} classes")
    probabilities, truth = some(n_classes)
    best = score(name, predictions(np.eye(n_classes)[truth], truth))
    other = score(name, predictions(probabilities, truth))
    assert best == {"brier": 0, "calibration_error": 0, "log_likelihood": 0}.get(name, 1)
    assert best > other if metric.larger_is_better else best < other
    assert 0 <= other <= 1 or not metric.share


def test_texts_are_scored_by_being_right() -> None:
    texts = np.array(["e4", "d4", "nonsense", "e4"], dtype=object)
    output = Output(kind="generation", n_classes=2, class_names=("e4", "d4"))
    said = Predictions(**summarise(texts, np.array([0, 0, 0, 0]), output))
    able = {name for name in NAMES if not metrics[name].misfit("generation", 2)}
    assert able == {"accuracy", "truth_probability"}
    assert {score(name, said) for name in able} == {0.5}
    for field in ("confidence", "positive_probability", "squared_error"):
        assert np.isnan(getattr(said, field)).all()


@pytest.mark.parametrize(
    ("name", "kind", "n_classes", "message"),
    [
        ("accuracy", "generation", 900, ""),
        ("accuracy", "classification", 1, ""),
        ("auroc", "preference", 2, ""),
        ("auroc", "classification", None, ""),
        ("auroc", "classification", 10, "is for 2 classes, not 10"),
        ("auroc", "classification", 1, "needs 2 classes or more, not 1"),
        ("top5_accuracy", "classification", 6, ""),
        ("top5_accuracy", "classification", 5, "needs 6 classes or more, not 5"),
        ("top5_accuracy", "preference", None, "scores classification tasks, not preference"),
        ("brier", "generation", 3, "scores classification and preference tasks, not generation"),
    ],
)
def test_a_task_that_a_metric_cannot_score(name: str, kind: str, n_classes: int | None, message: str) -> None:
    assert metrics[name].misfit(kind, n_classes) == message  # type: ignore[arg-type]


@pytest.mark.parametrize("first", [0, 1])
def test_ties_of_two_classes_do_not_go_to_the_first_in_macro_f1(first: int) -> None:
    """Whatever the order of the classes: half of each tie is said of each."""
    answers, truth = np.array([[0.5, 0.5], [0.9, 0.1], [0.5, 0.5], [0.2, 0.8]]), np.array([0, 0, 1, 1])
    if first:
        answers, truth = answers[:, ::-1], 1 - truth
    assert score("macro_f1", predictions(answers, truth)) == pytest.approx(0.75)  # hits 1.5 of 2 said and 2 true
    silent = predictions(np.array([[0.0, 0], [0.9, 0.1], [0.2, 0.8]]), np.array([0, 0, 1]))
    assert score("macro_f1", silent) == pytest.approx((2 / 3 + 1 + 0) / 3)
    always = predictions(np.full((10, 2), 0.5), np.arange(10) % 2)
    assert score("macro_f1", always) == pytest.approx(0.5)


def test_ties_of_more_classes_count_as_in_accuracy_in_macro_f1() -> None:
    answers = np.array([[0.4, 0.4, 0.2], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    found = score("macro_f1", predictions(answers, np.array([1, 0, 1, 2])))
    assert found == pytest.approx((2 / 2.5 + 2 * 1.5 / (2 + 1.5) + 1) / 3)
