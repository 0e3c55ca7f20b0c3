"""Forward and backward correction: errors from known rows, the identity, and what is unbiased."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from losses import batch_of

from outgrow.errors import ConfigError
from outgrow.learning.channel import estimated, symmetric, told, unbiased
from outgrow.learning.heads import Head, Student, train_together
from outgrow.learning.lbfgs import solve
from outgrow.learning.losses import CrossEntropy, cross_entropy
from outgrow.learning.objective import Lesson, Objective, Selection, WeakLabels
from outgrow.learning.probe import log_shares
from outgrow.methods.composition import compose
from outgrow.methods.confidence import Confidence
from outgrow.methods.losses.forward_correction import ForwardCorrection
from outgrow.methods.transforms.backward_correction import BackwardCorrection
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.methods.transforms.harden import Harden
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

CPU = torch.device("cpu")


class _Half(Selection):
    """Every second row."""

    name = "half"

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        return np.asarray(np.arange(len(weak.ids)) % 2 == 0, float)


def noisy(
    rng: np.random.Generator, n: int, channel: np.ndarray, *, known: int = 0
) -> tuple[WeakLabels, np.ndarray, np.ndarray]:
    """Hard labels that err by a channel, their truth, and features that tell it."""
    classes = len(channel)
    truth = rng.integers(0, classes, n)
    said = (rng.random(n)[:, None] > channel[truth].cumsum(1)[:, :-1]).sum(1)
    features = (2 * np.eye(classes)[truth] + rng.standard_normal((n, classes))).astype(np.float16)
    ids = [f"row {i}" for i in range(n)]
    weak = WeakLabels(
        probabilities=np.eye(classes, dtype=np.float32)[said][None], ids=ids, groups=ids,
        truth=np.where(np.arange(n) < known, truth, -1) if known else None,
    )  # fmt: skip
    return weak, np.asarray(truth), features


CHANNEL = np.array([[0.7, 0.2, 0.1], [0.05, 0.8, 0.15], [0.25, 0.05, 0.7]])


@pytest.mark.parametrize("soft", [False, True])
def test_errors_are_found_from_known_rows(soft: bool) -> None:
    weak, truth, _ = noisy(np.random.default_rng(0), 40_000, CHANNEL)
    said = weak.mean()
    if soft:  # the mean of soft labels
        said = 0.6 * said + 0.4 * CHANNEL[truth].astype(np.float32)
    np.testing.assert_allclose(estimated(said, truth), CHANNEL, atol=0.015)
    nobody = estimated(said, np.full(40_000, -1))
    assert np.array_equal(nobody, np.eye(3))
    few = estimated(said, np.where((np.arange(40_000) < 50) & (truth != 2), truth, -1))
    np.testing.assert_allclose(few.sum(1), 1)
    assert few[2, 2] == pytest.approx((few[0, 0] + few[1, 1]) / 2, abs=0.15), "a class that is not seen errs as all do"
    right = estimated(np.eye(3)[truth], truth)
    assert np.array_equal(right, np.eye(3))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_over_the_errors_the_corrected_loss_is_that_of_the_truth(classes: int) -> None:
    rng = np.random.default_rng(1)
    channel = 0.6 * np.eye(classes) + 0.4 * rng.dirichlet(np.ones(classes), classes)
    corrected = np.eye(classes) @ np.linalg.inv(channel)
    np.testing.assert_allclose(corrected.sum(1), 1)
    assert (corrected < 0).any()
    logits = torch.from_numpy(rng.standard_normal((5, classes)))
    costs = torch.stack([
        cross_entropy(logits, torch.from_numpy(corrected[[label] * 5])) for label in range(classes)
    ], 1)  # fmt: skip
    clean = -logits.log_softmax(-1)
    for row in range(5):
        np.testing.assert_allclose(channel @ costs[row].numpy(), clean[row].numpy(), rtol=1e-9)


def test_corrected_labels_are_on_average_the_truth() -> None:
    weak, truth, _ = noisy(np.random.default_rng(2), 60_000, CHANNEL)
    found = unbiased(weak.mean(), CHANNEL)
    for label in range(3):
        np.testing.assert_allclose(found[truth == label].mean(0), np.eye(3)[label], atol=0.02)


def test_the_identity_changes_nothing() -> None:
    weak, _, features = noisy(np.random.default_rng(3), 300, CHANNEL)
    naive = Objective().lesson(weak, seed=0)
    backward = Objective(transforms=(BackwardCorrection(flip=0),)).lesson(weak, seed=0)
    assert np.array_equal(backward.targets, naive.targets)
    assert np.array_equal(backward.weights, naive.weights)
    forward = Objective(loss=ForwardCorrection(flip=0)).lesson(weak, seed=0)
    assert np.array_equal(forward.targets, naive.targets)
    logits = torch.from_numpy(np.random.default_rng(4).standard_normal((300, 3)).astype(np.float32)).requires_grad_()
    batch = batch_of(logits, torch.from_numpy(naive.targets))
    values = [lesson.loss.start(None)(batch) for lesson in (naive, forward)]
    gradients = [torch.autograd.grad(value, logits)[0] for value in values]
    torch.testing.assert_close(values[0], values[1])
    torch.testing.assert_close(gradients[0], gradients[1])
    spec = TrainSpec(epochs=3, learning_rate=0.03)
    heads = train_together(features, [taught(one) for one in (naive, forward)], spec, OUTPUT, device=CPU)
    torch.testing.assert_close(weight_of(heads[0]), weight_of(heads[1]), atol=1e-5, rtol=1e-4)


OUTPUT = Output(kind="classification", n_classes=3)


def taught(lesson: Lesson, *, l2: float = 0.001) -> Student:
    return Student(
        rows=np.arange(len(lesson.targets)), targets=torch.from_numpy(lesson.targets),
        weights=torch.from_numpy(lesson.weights), loss=lesson.loss, seed=0, l2=l2,
    )  # fmt: skip


def weight_of(head: object) -> torch.Tensor:
    assert isinstance(head, Head)
    return head.weight


def test_the_forward_loss_is_its_formula_and_plain_where_truth_is_known() -> None:
    rng = np.random.default_rng(5)
    said, truth = np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 2, -1])
    logits = torch.from_numpy(rng.standard_normal((4, 3))).requires_grad_()
    targets = torch.from_numpy(rng.dirichlet(np.ones(3), 4))
    f, own = logits.softmax(-1), cross_entropy(logits, targets)

    def expected(matrix: np.ndarray) -> torch.Tensor:
        return -(targets * (f @ torch.from_numpy(matrix)).log()).sum(-1)

    given = ForwardCorrection(flip=0.3).fitted(lambda: said, np.full(4, -1)).start(None)(batch_of(logits, targets))
    torch.testing.assert_close(given, expected(symmetric(0.3, 3)).mean(), rtol=1e-6, atol=1e-6)
    said = np.eye(3)[[0, 1, 0, 0]]
    some = ForwardCorrection().fitted(lambda: said, truth)
    assert some.rowwise
    assert not some.convex
    wanted = torch.cat([own[:3], expected(estimated(said, truth))[3:]]).mean()
    torch.testing.assert_close(some.start(None)(batch_of(logits, targets)), wanted, rtol=1e-6, atol=1e-6)
    every = ForwardCorrection().fitted(lambda: said, np.array([0, 1, 2, 1]))
    torch.testing.assert_close(every.start(None)(batch_of(logits, targets)), own.mean())


def test_heads_are_better_where_labels_err_by_class_alone() -> None:
    """Where one class is mostly called another, naive learning follows; both corrections do not."""
    channel = np.array([[0.4, 0.6, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    weak, _, features = noisy(np.random.default_rng(6), 3_000, channel, known=300)
    _, answer, shown = noisy(np.random.default_rng(7), 3_000, channel)
    found: dict[str, float] = {}
    spec = TrainSpec(epochs=20, learning_rate=0.01)
    for name, objective in {
        "naive": Objective(),
        "backward": Objective(transforms=(BackwardCorrection(),)),
        "forward": Objective(loss=ForwardCorrection()),
    }.items():
        lesson = objective.lesson(weak if name != "naive" else replace(weak, truth=None), seed=0)
        (head,) = (
            train_together(features, [taught(lesson)], spec, OUTPUT, device=CPU)
            if name == "forward"
            else solve(features, [taught(lesson)], OUTPUT, device=CPU)
        )
        assert isinstance(head, Head)
        logits = torch.from_numpy(shown).float() @ head.weight.T + head.bias
        found[name] = float((logits.argmax(1).numpy() == answer).mean())
    assert found["backward"] > found["naive"] + 0.05
    assert found["forward"] > found["naive"] + 0.05


@pytest.mark.parametrize("kind", ["classification", "preference"])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_solver_copes_with_labels_below_zero(kind: Literal["classification", "preference"], classes: int) -> None:
    """Its optimum has the derivative zero, wherever the targets lie."""
    if kind == "preference" and classes > 2:
        pytest.skip("pairs have two classes")
    rng = np.random.default_rng(8)
    weak, _, features = noisy(rng, 800, symmetric(0.25, classes))
    if kind == "preference":
        features = np.stack([np.zeros_like(features), features], 1)
    lesson = Objective(transforms=(BackwardCorrection(flip=0.25),)).lesson(weak, seed=0)
    assert (lesson.targets < 0).any()
    output = Output(kind=kind, n_classes=classes)
    (head,) = solve(features, [taught(lesson, l2=0.1)], output, device=CPU)
    assert isinstance(head, Head)
    assert head.notes == ()
    weight, bias = head.weight.double().requires_grad_(), head.bias.double().requires_grad_()
    x = torch.from_numpy(features).double()
    logits = (x @ weight.T).squeeze(-1) if kind == "preference" else x @ weight.T + bias
    strength = 0.1 if kind == "preference" else 0.1 * 2 / classes
    value = cross_entropy(logits, torch.from_numpy(lesson.targets).double()).mean()
    value = value + strength / 2 * weight.square().sum()
    wanted = [weight] if kind == "preference" else [weight, bias]
    for gradient in torch.autograd.grad(value, wanted):
        assert gradient.abs().max() < 2e-3


def test_first_biases_are_numbers_where_a_class_weighs_less_than_nothing() -> None:
    found = log_shares(torch.tensor([[1.5, -0.5], [1.6, -0.6]]), torch.ones(2))
    assert bool(torch.isfinite(found).all())
    assert found[0] > found[1]


def test_what_cannot_be_corrected_is_refused_with_the_cure() -> None:
    weak, _, _ = noisy(np.random.default_rng(9), 200, CHANNEL)
    with pytest.raises(ValueError, match=r"hardly depend on the true class \(condition number"):
        Objective(transforms=(BackwardCorrection(flip=2 / 3),)).lesson(weak, seed=0)
    lopsided = replace(
        weak, probabilities=np.array([[[0.95, 0.05]] * 50], np.float32), ids=["x"] * 50, groups=["x"] * 50
    )
    with pytest.raises(ValueError, match=r"leave class 1 a share of -.*forward_correction"):
        Objective(transforms=(BackwardCorrection(flip=0.3),)).lesson(lopsided, seed=0)


def test_labels_below_zero_go_with_the_cross_entropy_alone() -> None:
    objective = compose([BackwardCorrection(), Confidence()]).objective()
    assert "'backward_correction' gives labels below zero, which 'confidence_loss' cannot learn" in objective.misfit(
        "classification"
    )
    assert compose([BackwardCorrection()]).objective().misfit("classification") == ""
    for one in (BackwardCorrection(), ForwardCorrection()):
        assert "is for classification and preference tasks" in compose([one]).objective().misfit("generation")
    with pytest.raises(ConfigError, match="each bring a loss"):
        compose([ForwardCorrection(), Confidence()])


def test_forward_judges_errors_of_the_labels_as_they_are_learned_without_truth() -> None:
    """A transform that puts the truth into known rows would make labels look free of errors."""
    weak, *_ = noisy(np.random.default_rng(10), 2_000, CHANNEL, known=1_000)
    for transforms in ((), (Harden(),), (DawidSkene(),)):
        lesson = Objective(transforms=transforms, loss=ForwardCorrection()).lesson(weak, seed=0)
        np.testing.assert_allclose(lesson.loss.channel, CHANNEL, atol=0.06)  # type: ignore[attr-defined]
        assert lesson.loss.known.sum() == 1_000  # type: ignore[attr-defined]
        assert any("labels are taken to be right, judged by 1,000 rows of known truth" in one for one in lesson.notes)
    kept = Objective(selections=(_Half(),), loss=ForwardCorrection()).lesson(weak, seed=0)
    assert len(kept.loss.known) == len(kept.kept) == 1_000  # type: ignore[attr-defined]
    assert Objective().lesson(weak, seed=0).loss == CrossEntropy()


def test_a_note_tells_how_often_labels_are_taken_to_be_right() -> None:
    note = "labels are taken to be right, judged by 30 rows of known truth, in 73.3% of rows of each class on average "
    assert told(CHANNEL, 30) == note + "(70.0% to 80.0% by true class)"
    assert "as was said" in told(np.eye(2), 0)
