"""Estimators within scikit-learn's tools, and what audited rows, weights and seeds do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from outgrow import WeakToStrongClassifier, WeakToStrongRewardModel
from outgrow.errors import ConfigError
from outgrow.methods.losses.base import losses

NAIVE: dict[str, Any] = {"method": "naive", "l2": 0.05}


def data(n: int = 300, *, seed: int = 0, noise: float = 0.25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers [n, 6] in units of their own, truth [n], and labels of three annotators [n, 3], -1 for none."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 6)) + 1.5 * truth[:, None] * np.array([1, 1, 0, 0, 0, 0])
    weak = np.where(rng.random((n, 3)) < noise, 1 - truth[:, None], truth[:, None])
    weak[rng.random((n, 3)) < 0.2] = -1
    return x * np.array([1, 100, 1, 1, 1e-6, 1]) + 5, truth, weak


def test_it_outgrows_its_annotators() -> None:
    x, truth, weak = data(600)
    made = WeakToStrongClassifier(**NAIVE).fit(x[:400], weak[:400])
    assert made.score(x[400:], truth[400:]) > 0.8
    assert made.classes_.tolist() == [0, 1]
    assert made.labellers_ == ["labeller 1", "labeller 2", "labeller 3"]
    assert made.method_["name"] == "naive"
    assert any("taken for none" in note for note in made.notes_)
    proba = made.predict_proba(x[:5])
    np.testing.assert_allclose(proba.sum(1), 1)
    assert made.coef_.shape == (2, 6)
    np.testing.assert_allclose(
        proba[:, 1], 1 / (1 + np.exp(-x[:5] @ np.diff(made.coef_, axis=0)[0] - np.diff(made.intercept_)[0]))
    )


def test_weak_labels_in_any_form_make_the_same_classifier() -> None:
    x, _, weak = data(80)
    weak = np.abs(weak)
    mean = np.stack([1 - weak.mean(1), weak.mean(1)], 1)
    made = [
        WeakToStrongClassifier(**NAIVE, labels=how).fit(x, y).predict_proba(x)
        for how, y in [
            ("auto", weak), ("auto", mean), ("probabilities", weak.mean(1)),
            ("auto", np.stack([1 - weak, weak], -1).astype(float)),
        ]
    ]  # fmt: skip
    for other in made[1:]:
        np.testing.assert_allclose(other, made[0], atol=2e-4)
    assert np.array_equal(WeakToStrongClassifier(**NAIVE).fit(x, weak_labels=weak).predict_proba(x), made[0])


def test_the_order_of_rows_and_repeats_in_place_of_weights_change_nothing() -> None:
    x, truth, _ = data(90)
    rng = np.random.default_rng(1)
    counts, order = rng.integers(0, 4, 90), rng.permutation(90)
    weighted = WeakToStrongClassifier(**NAIVE).fit(x[order], truth[order], sample_weight=counts[order])
    repeated = WeakToStrongClassifier(**NAIVE).fit(x.repeat(counts, 0), truth.repeat(counts))
    assert np.array_equal(weighted.coef_, repeated.coef_)
    assert weighted.out_of_fold_ is not None
    assert np.isnan(weighted.out_of_fold_).any(1).tolist() == (counts[order] == 0).tolist()


def test_audited_rows_are_learned_from_up_to_the_budget_and_the_others_check() -> None:
    x, truth, weak = data(400, noise=0.45)
    audited = np.where(np.arange(400) < 100, truth, -1)
    for budget, learned in ((None, 50), (0, 0), (80, 80), (100, 100)):
        made = WeakToStrongClassifier(**NAIVE, budget=budget).fit(x, weak, audited=audited)
        assert len(made.learned_) == learned
        assert sorted([*made.learned_, *made.checking_]) == list(range(100))
        assert (made.accuracy_ is None) == (learned == 100)
    half = WeakToStrongClassifier(**NAIVE).fit(x, weak, audited=dict(enumerate(truth[:100].tolist())))
    assert half.accuracy_ is not None
    assert half.accuracy_.n == 50
    assert half.accuracy_.low < half.accuracy_.value < half.accuracy_.high
    changed = audited.copy()
    changed[half.checking_] = 1 - truth[half.checking_]
    again = WeakToStrongClassifier(**NAIVE).fit(x, weak, audited=changed)
    assert np.array_equal(again.coef_, half.coef_), "rows that check were learned from"
    assert again.accuracy_ is not None
    assert again.accuracy_.value < half.accuracy_.value
    taught = WeakToStrongClassifier(**NAIVE, budget=100).fit(x, weak, audited=audited)
    none = WeakToStrongClassifier(**NAIVE).fit(x, weak)
    assert not np.array_equal(taught.coef_, none.coef_)
    with pytest.raises(ConfigError, match="budget = 101: how many audited rows may be learned from, 0 to 100 here"):
        WeakToStrongClassifier(budget=101).fit(x, weak, audited=audited)


@pytest.mark.parametrize("method", ["gt_mix", "trust", "forward_correction", "backward_correction"])
def test_methods_with_a_budget_learn_from_audited_rows(method: str) -> None:
    x, truth, weak = data(300, noise=0.3)
    audited = np.where(np.arange(300) < 100, truth, -1)
    made = WeakToStrongClassifier(method=method, l2=0.1, budget=60).fit(x, weak, audited=audited)
    assert made.score(x, truth) > 0.65
    order = np.random.default_rng(1).permutation(300)
    turned = WeakToStrongClassifier(method=method, l2=0.1, budget=60).fit(x[order], weak[order], audited=audited[order])
    np.testing.assert_allclose(turned.coef_, made.coef_, atol=1e-6)


def test_audited_rows_that_are_alike_are_counted() -> None:
    x, _, weak = data(60)
    x[1] = x[0]
    for seed in range(2):
        made = WeakToStrongClassifier(**NAIVE, budget=1, random_state=seed).fit(x, weak, audited={0: 1, 1: 1})
        assert (len(made.learned_), len(made.checking_)) == (1, 0)
        assert any("1 audited row like one that is learned from" in note for note in made.notes_)


def test_audited_rows_go_along_with_a_split() -> None:
    x, truth, weak = data(120)
    audited = np.where(np.arange(120) < 60, truth, -1)
    with config_context(enable_metadata_routing=True):
        made = WeakToStrongClassifier(**NAIVE).set_fit_request(audited=True)
        found = cross_validate(made, x, weak, cv=2, params={"audited": audited}, return_estimator=True)
    assert [len(one.learned_) + len(one.checking_) for one in found["estimator"]] == [0, 60]


def test_a_dictionary_of_rows_does_not_go_along_with_a_split() -> None:
    x, truth, weak = data(60)
    with config_context(enable_metadata_routing=True):
        made = WeakToStrongClassifier(**NAIVE).set_fit_request(audited=True)
        with pytest.raises(ValueError, match="give an array with a truth or None for each row of X"):
            cross_validate(made, x, weak, cv=2, params={"audited": {0: int(truth[0])}}, error_score="raise")


@pytest.mark.parametrize("scale", [1e-170, 1e160, 2.0**-40])
@pytest.mark.parametrize("weight", [1.0, 1e308, 1e-320])
def test_units_of_features_and_of_weights_change_nothing(scale: float, weight: float) -> None:
    x, truth, _ = data(60)
    made = WeakToStrongClassifier(**NAIVE).fit(x * scale, truth, sample_weight=np.full(60, weight))
    found = WeakToStrongClassifier(**NAIVE).fit(x, truth).predict_proba(x)
    np.testing.assert_allclose(made.predict_proba(x * scale), found, atol=1e-5)


@pytest.mark.parametrize("method", ["auto", "naive", ["vote", "harden"]])
def test_ties_are_counted(method: Any) -> None:
    x, truth, _ = data(60)
    second = np.where(np.arange(60) < 25, 1 - truth, truth)
    made = WeakToStrongClassifier(method=method).fit(x, np.stack([truth, second], 1), audited={0: 1, 1: 1})
    assert [one for one in made.notes_ if one.startswith("24 rows whose labels are for several classes alike")]
    assert not any("alike" in one for one in WeakToStrongClassifier(method=method).fit(x, truth).notes_)


def test_classes_that_no_label_names_are_told() -> None:
    x, truth, _ = data(60)
    made = WeakToStrongClassifier(**NAIVE, classes=[0, 1, 2]).fit(x, truth)
    assert made.notes_ == ["no weak label is one of [2]: the model can hardly learn such a class"]
    assert made.predict_proba(x)[:, 2].max() < 0.05


def test_whole_numbers_among_objects_stay_whole() -> None:
    x, truth, _ = data(60)
    made = WeakToStrongClassifier(**NAIVE).fit(x, truth.astype(object))
    assert made.predict(x).dtype.kind == "i"
    with pytest.raises(ValueError, match="texts in one place and numbers in another, such as '"):
        made.score(x, truth.astype(str))


def test_within_the_tools_of_scikit_learn() -> None:
    x, truth, weak = data(120)
    made = make_pipeline(StandardScaler(), WeakToStrongClassifier(**NAIVE))
    scores = cross_val_score(made, x, truth, cv=3)
    assert scores.min() > 0.7
    assert cross_val_score(made, x, weak, cv=3).min() > 0.5, "agreement with the annotators of rows held out"
    grid = {
        "weaktostrongclassifier__l2": [1e-3, 10.0],
        "weaktostrongclassifier__method": ["naive", ["filter", "confidence"]],
    }
    found = GridSearchCV(made, grid, cv=2).fit(x, weak)
    assert len(found.cv_results_["params"]) == 4
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert found.predict(x).shape == (120,)
    copy = clone(found.best_estimator_)
    assert copy.get_params()["weaktostrongclassifier__l2"] == found.best_params_["weaktostrongclassifier__l2"]


LOSSES = sorted(entry.name for entry in losses)


@pytest.mark.parametrize("method", ["auto", *LOSSES])
def test_every_loss_trains_a_head(method: str) -> None:
    assert len(LOSSES) >= 2
    x, truth, weak = data(150)
    known = {i: int(truth[i]) for i in range(40)} if method == "forward_correction" else None
    for made in (WeakToStrongClassifier(method=method), WeakToStrongRewardModel(method=method)):
        assert made.fit(x - 5, weak, audited=known).score(x - 5, truth) > 0.65
        assert made.out_of_fold_ is not None
        assert made.out_of_fold_.shape == (150, 2)
        assert made.reasons_


def test_seeds() -> None:
    x, _, weak = data(60)

    def of(seed: Any) -> np.ndarray:
        made = WeakToStrongClassifier(method="confidence", l2=0.1, random_state=seed).fit(x, weak)
        return np.asarray(made.coef_)

    assert np.array_equal(of(0), of(0))
    assert not np.array_equal(of(0), of(1))
    assert np.array_equal(of(np.random.RandomState(3)), of(np.random.RandomState(3)))
    assert not np.array_equal(of(None), of(None))


@pytest.mark.parametrize("seed", range(5))
def test_features_that_never_change_or_are_copies_do_no_harm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 4)) * [1.0, 1e5, 1.0, 1.0]
    x[:, 2], x[:, 3] = 7.0, 3 * x[:, 0]
    truth = (x[:, 0] + rng.normal(size=40) > 0).astype(int)
    made = WeakToStrongClassifier(**NAIVE).fit(x, truth)
    assert np.abs(made.coef_[:, 2]).max() < 1e-3
    np.testing.assert_allclose(made.coef_[:, 0], 3 * made.coef_[:, 3], rtol=1e-2)
    constant = np.stack([np.zeros(40), x[:, 0]], 1)
    found = WeakToStrongRewardModel(**NAIVE).fit(constant, truth).coef_
    assert abs(found[0]) < 1e-6 < found[1]


def test_few_rows_are_learned_from_without_a_choice() -> None:
    x, truth, _ = data(12)
    made = WeakToStrongClassifier().fit(x, truth)
    assert made.choice_ is None
    assert made.out_of_fold_ is None
    assert made.accuracy_ is None
    assert made.reasons_ == ["12 labelled rows that differ: at least 20 are needed to choose by evidence"]


def test_score_by_labels_of_any_form() -> None:
    x, truth, _ = data(40)
    made = WeakToStrongClassifier(**NAIVE).fit(x, truth)
    said = made.predict(x)
    assert made.score(x, said) == 1.0
    assert made.score(x, 1 - said) == 0.0
    assert made.score(x, np.stack([said, 1 - said, said], 1)) == 1.0
    assert (
        WeakToStrongClassifier(**NAIVE, labels="annotators")
        .fit(x, truth[:, None])
        .score(x, np.stack([said, 1 - said], 1))
        == 0.5
    )
    soft = WeakToStrongClassifier(**NAIVE).fit(x, np.stack([1 - truth, truth], 1) * 0.8 + 0.1)
    assert soft.score(x, soft.predict(x)) == 1.0, "classes by which one that learned from probabilities is scored"
    assert soft.score(x[:1], np.eye(2)[soft.predict(x[:1])]) == 1.0, "one row of probabilities, all 0 and 1"
    holes = said.astype(object)
    holes[:39] = None
    assert made.score(x, holes) == 1.0
    assert made.score(x, np.full(40, 7)) == 0.0
    assert made.score(x, np.where(np.arange(40) < 10, said, 1 - said), sample_weight=np.arange(40) < 20) == 0.5


def test_rewards_are_antisymmetric() -> None:
    rng = np.random.default_rng(0)
    pairs, truth = rng.normal(size=(200, 2, 5)), np.empty(200, int)
    goodness = pairs @ np.array([1, -2, 0, 0, 0.5])
    truth = (goodness[:, 1] > goodness[:, 0]).astype(int)
    made = WeakToStrongRewardModel(**NAIVE).fit(pairs, np.array(["first", "second"])[truth])
    assert made.classes_.tolist() == ["first", "second"]
    assert made.score(pairs, np.array(["first", "second"])[truth]) > 0.9
    proba = made.predict_proba(pairs)
    np.testing.assert_allclose(made.predict_proba(pairs[:, ::-1]), proba[:, ::-1])
    np.testing.assert_allclose(made.predict_proba(pairs[:, 1] - pairs[:, 0]), proba)
    reward = made.reward(pairs.reshape(-1, 5)).reshape(-1, 2)
    np.testing.assert_allclose(1 / (1 + np.exp(reward[:, 0] - reward[:, 1])), proba[:, 1])
    assert np.corrcoef(reward.reshape(-1), goodness.reshape(-1))[0, 1] > 0.95
    swapped = WeakToStrongRewardModel(**NAIVE).fit(pairs[:, ::-1], np.array(["second", "first"])[truth])
    np.testing.assert_allclose(swapped.coef_, made.coef_, rtol=1e-3)
    with pytest.raises(ValueError, match="pairs of features have two candidates"):
        made.predict(rng.normal(size=(5, 3, 5)))


def test_texts_through_a_model(tiny: Callable[..., Path]) -> None:
    texts = tiny_models.texts(60)
    truth = np.array(["good" in text for text in texts])
    model = {"model": "transformer", "path": str(tiny("bert")), "max_length": 64}
    made = WeakToStrongClassifier(model=model, method="naive", l2=1e-3).fit(texts.tolist(), truth)
    assert made.score(texts, truth) > 0.8
    assert made.student_.columns == {"text": "text"}
    assert not hasattr(made, "coef_")
    for X, message in (
        ([1.5, 2.5], "reads texts"),
        (["a", None], "row 1 of X is None"),
        ([["a", "b"]], r"\[n\]"),
        ([], "no rows"),
    ):
        with pytest.raises(ValueError, match=message):
            made.predict(X)
    pairs = texts.reshape(30, 2)
    better = np.array(["good" in two for _, two in pairs])
    reward = WeakToStrongRewardModel(model=model, **NAIVE).fit(pairs, better)
    found = reward.reward(texts)
    assert found.shape == (60,)
    proba = reward.predict_proba(pairs.tolist())
    np.testing.assert_allclose(1 / (1 + np.exp(found[::2] - found[1::2])), proba[:, 1], rtol=1e-4)
    np.testing.assert_allclose(reward.reward(texts[:3]), found[:3], rtol=1e-3)


def test_rows_without_a_text_are_left_out_and_counted(tiny: Callable[..., Path]) -> None:
    texts = tiny_models.texts(60).tolist()
    truth = np.array(["good" in text for text in texts])
    model = {"model": "transformer", "path": str(tiny("bert")), "max_length": 64}
    made = WeakToStrongClassifier(model=model, **NAIVE).fit(texts, truth)
    more = WeakToStrongClassifier(model=model, **NAIVE).fit([*texts, "", " \n"], [*truth, True, True])
    assert more.notes_ == [*made.notes_, "2 rows of X with nothing in it: left out of the training"]
    np.testing.assert_allclose(more.predict_proba(texts), made.predict_proba(texts), atol=1e-6)
    pairs = [*zip(texts[::2], texts[1::2], strict=True), ("a", "a"), ("a", "")]
    better = [*("good" in two for _, two in pairs)]
    reward = WeakToStrongRewardModel(model=model, **NAIVE).fit(pairs, better)
    assert any(one.startswith("2 rows of X with nothing in it") for one in reward.notes_), reward.notes_
    with pytest.raises(ValueError, match="half a surrogate pair"):
        made.predict(["half \udc4d"])


def test_images_through_a_model() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (40, 8, 8, 3)).astype(np.uint8)
    bright = np.arange(40) % 2
    images[bright == 1] += 50
    made = WeakToStrongClassifier(model="pixels", **NAIVE).fit(images, bright)
    assert made.score(images, bright) == 1.0
    assert made.student_.columns == {"image": "image"}
    with pytest.raises(ValueError, match="does not fit X: it cannot learn preference tasks"):
        WeakToStrongRewardModel(model="pixels", **NAIVE).fit(np.array([["/a", "/b"], ["/c", "/d"]]), [0, 1])
