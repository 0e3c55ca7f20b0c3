"""Several labellers as one: what is known of each rule, and limits in which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from outgrow.learning.labellers import calibrated, fuse, likelihood_of, posterior_of
from outgrow.learning.objective import Objective, WeakLabels
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.methods.transforms.em_posterior import EMPosterior
from outgrow.methods.transforms.inverse_entropy import InverseEntropy
from outgrow.methods.transforms.mean import Mean
from outgrow.methods.transforms.vote import Vote
from outgrow.tasks.base import Output


def weak(probabilities: np.ndarray, **more: object) -> WeakLabels:
    names = [f"row {i}" for i in range(probabilities.shape[1])]
    return WeakLabels(probabilities=probabilities.astype(np.float32), ids=names, groups=names, **more)  # type: ignore[arg-type]


def labelled(
    rng: np.random.Generator, truth: np.ndarray, accuracies: list[float], classes: int, *, speaks: float = 1.0
) -> np.ndarray:
    """Votes [labellers, n, classes] that are right so often, errors even over the other classes; or none."""
    votes = []
    for accuracy in accuracies:
        other = (truth + rng.integers(1, classes, len(truth))) % classes
        said = np.where(rng.random(len(truth)) < accuracy, truth, other)
        votes.append(np.eye(classes)[said] * (rng.random(len(truth)) < speaks)[:, None])
    return np.stack(votes)


@pytest.mark.parametrize("rule", [Mean(), InverseEntropy(), InverseEntropy(over="supervisors")])
@pytest.mark.parametrize("classes", [2, 4])
def test_supervisors_that_are_equal_are_one(rule: Mean | InverseEntropy, classes: int) -> None:
    one = np.random.default_rng(0).dirichlet(np.ones(classes), 30).astype(np.float32)
    one[3] = 0
    np.testing.assert_allclose(rule.apply(weak(np.stack([one] * 3)), seed=0).mean(), one, rtol=2e-7)
    hard = np.eye(classes, dtype=np.float32)[one.argmax(-1)] * one.any(-1, keepdims=True)
    assert (Vote().apply(weak(np.stack([one] * 3)), seed=0).mean() == hard).all()
    assert (rule.apply(weak(np.stack([hard] * 3)), seed=0).mean() == hard).all()


def test_inverse_entropy_follows_who_is_sure() -> None:
    votes = np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.01, 0.99], [0, 0]]])
    rows = InverseEntropy().apply(weak(votes), seed=0).mean()
    h = -(votes[:, 0] * np.log(votes[:, 0])).sum(-1)
    np.testing.assert_allclose(rows[0], (votes[:, 0] / h[:, None]).sum(0) / (1 / h).sum(), rtol=1e-5)
    np.testing.assert_allclose(rows[1], [0.9, 0.1], rtol=1e-6)  # the other abstains
    hard = np.array([[[1.0, 0.0]], [[0.2, 0.8]]])
    np.testing.assert_allclose(InverseEntropy().apply(weak(hard), seed=0).mean(), [[1, 0]], atol=1e-6)


@pytest.mark.parametrize(("classes", "speaks"), [(2, 1.0), (2, 0.6), (3, 0.6)])
def test_accuracies_of_labellers_are_found_and_the_posterior_is_their_log_odds(classes: int, speaks: float) -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(classes, 100_000, p=[0.6, *[0.4 / (classes - 1)] * (classes - 1)])
    votes = labelled(rng, truth, [0.9, 0.8, 0.7], classes, speaks=speaks)
    found = fuse(votes)
    np.testing.assert_allclose(found.accuracy, [0.9, 0.8, 0.7], atol=0.02 if classes > 2 or speaks < 1 else 0.01)
    np.testing.assert_allclose(found.shares, np.bincount(truth) / len(truth), atol=0.02)
    logs = np.log(found.shares) + sum(votes[m] @ np.log(found.confusion[m]).T for m in range(3))
    heard = votes.sum((0, 2)) > 0
    expected = np.exp(logs) / np.exp(logs).sum(1, keepdims=True)
    np.testing.assert_allclose(found.posterior[heard], expected[heard], atol=1e-3)
    assert (found.posterior[~heard] == 0).all()
    assert heard.all() == (speaks == 1)


@pytest.mark.parametrize("classes", [2, 4])
def test_labels_stay_as_they_are_where_nothing_shows_how_their_labeller_errs(classes: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, 1_000)
    votes = labelled(rng, truth, [0.8, 0.7, 0.75, 0.65, 0.85], classes)
    votes *= (rng.integers(0, 5, 1_000) == np.arange(5)[:, None])[..., None]  # one labels each row
    made = DawidSkene().apply(weak(votes), seed=0)
    np.testing.assert_array_equal(made.mean(), votes.sum(0))
    assert made.notes == (
        "the labels of 5 of 5 labellers stay as they are: nobody else labels a row of theirs, so that nothing shows "
        "how often they err",
    )
    assert np.isnan(fuse(votes).accuracy).all()
    known = DawidSkene().apply(weak(votes, truth=np.where(np.arange(1_000) < 500, truth, -1)), seed=0)
    assert known.notes == (), "where truth is known it shows"


def test_a_labeller_apart_changes_nothing_for_the_others() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    votes = labelled(rng, truth, [0.9, 0.7, 0.6, 0.8], 3)
    votes[3, :500], votes[:3, 500:] = 0, 0
    found, without = fuse(votes), fuse(votes[:3, :500])
    np.testing.assert_allclose(found.posterior[:500], without.posterior)
    np.testing.assert_allclose(found.accuracy[:3], without.accuracy)
    np.testing.assert_array_equal(found.posterior[500:], votes[3, 500:])


def test_few_rows_in_common_are_told() -> None:
    rng = np.random.default_rng(0)
    votes = labelled(rng, rng.integers(0, 2, 300), [0.8, 0.8, 0.8], 2)
    votes[2, 12:] = 0
    (note,) = DawidSkene().apply(weak(votes), seed=0).notes
    assert note.startswith("how 1 of 3 labellers err is judged by few rows that others label too, 12 at least")


def test_unsure_labellers_are_heard_by_what_they_find_most_probable() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2_000)
    hard = labelled(rng, truth, [0.7, 0.72, 0.68, 0.75, 0.7], 2)
    unsure = weak(0.44 + 0.12 * hard)  # each as unsure as a linear head is of a hard task
    right = {
        labels: float((DawidSkene(labels=labels).apply(unsure, seed=0).mean().argmax(1) == truth).mean())
        for labels in ("hard", "soft")
    }
    of_votes = DawidSkene().apply(weak(hard), seed=0).mean()
    assert right["hard"] == (of_votes.argmax(1) == truth).mean() > 0.8
    assert DawidSkene(labels="soft").apply(unsure, seed=0).mean().max() < 0.6, "shares of the unsure end even"
    assert DawidSkene().apply(weak(np.zeros((3, 4, 2))), seed=0).mean().sum() == 0


@pytest.mark.parametrize("rule", [Vote(), DawidSkene(), DawidSkene(labels="soft"), Mean(), InverseEntropy()])
def test_a_label_that_leaves_it_open_leans_to_no_class(rule: Vote | DawidSkene | Mean | InverseEntropy) -> None:
    """Classes called otherwise get the same labels, so an even label does not speak for the first one."""
    rng = np.random.default_rng(3)
    votes = labelled(rng, rng.integers(0, 2, 400), [0.8, 0.7, 0.6], 2)
    votes[1, ::3] = 0.5
    found, turned = (rule.apply(weak(own), seed=0).mean() for own in (votes, votes[..., ::-1]))
    np.testing.assert_allclose(found, turned[:, ::-1], atol=1e-5)
    open_ = np.array([[[1.0, 0.0]], [[0.5, 0.5]], [[0.0, 1.0]], [[0.5, 0.5]]])
    np.testing.assert_allclose(Vote().apply(weak(open_), seed=0).mean(), [[0.5, 0.5]])
    np.testing.assert_allclose(Vote().apply(weak(open_[1:3]), seed=0).mean(), [[0.0, 1.0]])


def test_equally_good_labellers_are_the_vote() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 20_000)
    votes = labelled(rng, truth, [0.8] * 5, 2)
    fused = DawidSkene().apply(weak(votes), seed=0).mean()
    assert (fused.argmax(-1) == Vote().apply(weak(votes), seed=0).mean().argmax(-1)).all()


@pytest.mark.parametrize("prior", [False, True])
def test_the_likelihood_never_falls(prior: bool) -> None:
    rng = np.random.default_rng(2)
    votes = rng.dirichlet(np.full(3, 0.4), (4, 300))
    votes[1, :200] = 0
    truth = np.where(np.arange(300) < 20, rng.integers(0, 3, 300), -1)
    given = rng.dirichlet(np.ones(3), 300) if prior else None
    found = fuse(votes, prior=given, truth=truth)
    steps = np.diff(found.likelihood)
    assert len(steps) > 5
    assert steps.min() > -1e-8
    np.testing.assert_allclose(found.posterior[:20], np.eye(3)[truth[:20]])
    np.testing.assert_allclose(found.confusion.sum(-1), 1)


def test_rows_of_known_class_tell_a_labeller_who_is_always_wrong() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 2_000)
    votes = labelled(rng, truth, [0.1], 2)
    checked = np.where(np.arange(2_000) < 200, truth, -1)
    found = DawidSkene().apply(weak(votes, truth=checked), seed=0).mean()
    assert (found.argmax(-1) == truth).mean() > 0.88
    assert (DawidSkene().apply(weak(votes), seed=0).mean() == votes[0]).all()  # alone it is believed


def test_with_a_prior_the_channel_of_one_labeller_is_found() -> None:
    """Where the prior is calibrated; a labeller that knows nothing leaves it as it is, a certain one decides."""
    rng = np.random.default_rng(4)
    p = rng.beta(2, 2, 20_000)
    truth = (rng.random(20_000) < p).astype(np.int64)
    prior = np.stack([1 - p, p], 1)
    says = np.where(truth == 1, rng.random(20_000) < 0.85, rng.random(20_000) < 0.3).astype(np.int64)
    found = fuse(np.eye(2)[says][None], prior=prior)
    np.testing.assert_allclose(found.confusion[0], [[0.7, 0.3], [0.15, 0.85]], atol=0.02)
    logs = np.log(prior) + np.log(np.array([[0.7, 0.3], [0.15, 0.85]]).T[says])
    optimum = (logs.argmax(1) == truth).mean()
    assert (found.posterior.argmax(1) == truth).mean() > optimum - 0.005
    assert optimum > max((says == truth).mean(), (prior.argmax(1) == truth).mean()) + 0.01
    nothing = fuse(np.eye(2)[rng.integers(0, 2, 20_000)][None], prior=prior)
    np.testing.assert_allclose(nothing.posterior, prior, atol=0.03)
    certain = fuse(np.eye(2)[says][None], prior=np.eye(2)[truth])
    np.testing.assert_allclose(certain.posterior, np.eye(2)[truth], atol=1e-6)


def test_a_uniform_prior_and_a_symmetric_channel_leave_the_labels_as_likely_as_they_are_right() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 50_000)
    votes = labelled(rng, truth, [0.8, 0.8, 0.8], 2)
    found = fuse(votes[:1], prior=np.full((50_000, 2), 0.5), truth=np.where(np.arange(50_000) < 40_000, truth, -1))
    np.testing.assert_allclose(found.posterior[40_000:].max(1), 0.8, atol=0.01)


def points(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    features = rng.standard_normal((n, 8))
    truth = (features[:, 0] * 2 + rng.logistic(size=n) * 0.5 > 0).astype(np.int64)
    return features.astype(np.float16), truth


def test_features_tell_what_two_labellers_leave_open() -> None:
    rng = np.random.default_rng(6)
    features, truth = points(rng, 2_000)
    votes = labelled(rng, truth, [0.75, 0.65], 2, speaks=0.8)
    labels = weak(votes, features=lambda: features)
    found = EMPosterior().apply(labels, seed=0)
    heard = votes.sum((0, 2)) > 0
    right = (found.mean().argmax(-1) == truth)[heard].mean()
    assert right > (DawidSkene().apply(labels, seed=0).mean().argmax(-1) == truth)[heard].mean() + 0.02
    assert found.notes == ()


@pytest.mark.parametrize("features", [None, np.random.default_rng(0).standard_normal((500, 20)).astype(np.float16)])
def test_without_a_prior_nothing_is_made_up_and_it_is_told(features: np.ndarray | None) -> None:
    rng = np.random.default_rng(7)
    votes = labelled(rng, rng.integers(0, 2, 500), [0.8, 0.7, 0.6], 2)
    labels = weak(votes, features=None if features is None else lambda: features)
    lesson = Objective(transforms=(EMPosterior(),)).lesson(labels, seed=0)
    assert (lesson.targets == DawidSkene().apply(labels, seed=0).mean()).all()
    assert len(lesson.notes) == 1
    assert lesson.notes[0].startswith("em_posterior did what dawid_skene does: ")


def test_folds_keep_groups_together_and_are_about_equally_large() -> None:
    rng = np.random.default_rng(8)
    groups = [f"group {i}" for i in rng.integers(0, 200, 1_000)]
    found = folds_of(groups, seed=0)
    assert np.bincount(found).max() - np.bincount(found).min() <= 10
    assert len({(group, fold) for group, fold in zip(groups, found, strict=True)}) == len(set(groups))
    order = rng.permutation(1_000)
    again = folds_of([groups[i] for i in order], seed=0)
    assert np.bincount(again).tolist() == np.bincount(found).tolist()
    assert (found != folds_of(groups, seed=1)).any()


@pytest.mark.parametrize("kind", ["classification", "preference"])
def test_out_of_fold_answers_have_not_seen_the_row(kind: str) -> None:
    """Labels drawn at random are right half of the time out of fold, and a rule in the features is found."""
    rng = np.random.default_rng(9)
    features, truth = points(rng, 600)
    if kind == "preference":
        features = np.stack([np.zeros_like(features), features], 1)
    noise = rng.integers(0, 2, 600)
    lessons = [
        Objective().lesson(weak(np.eye(2)[y][None]), seed=0)
        for y in (truth, noise)
    ]  # fmt: skip
    output = Output(kind=kind, n_classes=2)  # type: ignore[arg-type]
    folds = folds_of([str(i) for i in range(600)], seed=0)
    found = out_of_fold(features, lessons, output, l2=[0.001, 0.1], folds=folds)
    assert found.shape == (2, 2, 600, 2)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)
    assert (found[0].argmax(-1) == truth).mean() > 0.85
    assert abs((found[1].argmax(-1) == noise).mean() - 0.5) < 0.07
    apart = [[lessons[0]] * 4 + [lessons[1]]]
    mixed = out_of_fold(features, apart, output, l2=[0.1], folds=folds)[0, 0]
    np.testing.assert_allclose(mixed[folds < 4], found[0, 1, folds < 4], atol=1e-3)
    np.testing.assert_allclose(mixed[folds == 4], found[1, 1, folds == 4], atol=1e-3)


def test_a_head_that_is_too_unsure_is_sharpened_until_the_labels_are_likely() -> None:
    """Answers that are the truth's probabilities, smoothed and shifted, come back."""
    rng = np.random.default_rng(10)
    logit = rng.normal(0, 2, 20_000)
    p = 1 / (1 + np.exp(-logit))
    truth = (rng.random(20_000) < p).astype(np.int64)
    votes = labelled(rng, truth, [0.8, 0.7], 2)
    confusion = np.array([[[0.8, 0.2], [0.2, 0.8]], [[0.7, 0.3], [0.3, 0.7]]])
    unsure = 1 / (1 + np.exp(-(logit * 0.3 - 0.4)))
    answers = np.stack([1 - unsure, unsure], 1)
    found = calibrated(answers, votes, confusion)
    assert np.abs(found[:, 1] - p).mean() < 0.02
    assert likelihood_of(votes, confusion, found) > likelihood_of(votes, confusion, answers) + 0.005
    best = posterior_of(votes, confusion, np.stack([1 - p, p], 1)).argmax(1) == truth
    assert (posterior_of(votes, confusion, found).argmax(1) == truth).mean() > best.mean() - 0.003
