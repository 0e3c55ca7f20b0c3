"""The f-divergence family: gradients by formula and by differences, limits, and where each is least."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from losses import batch_of
from torch import Tensor

from outgrow.learning import divergences
from outgrow.learning.losses import CrossEntropy, Loss
from outgrow.methods.losses.alpha import AlphaDivergence
from outgrow.methods.losses.gce import GeneralisedCrossEntropy
from outgrow.methods.losses.js import JensenShannon
from outgrow.methods.losses.reverse_ce import ReverseCE
from outgrow.methods.losses.reverse_kl import ReverseKL
from outgrow.methods.losses.total_variation import TotalVariation

Slope = Callable[[Tensor, Tensor], Tensor]

FAMILY: list[tuple[Loss, Slope]] = [  # each with dD / df_k
    (ReverseKL(), lambda f, w: (f / divergences.clipped(w)).log() + 1),
    (ReverseCE(), lambda f, w: -divergences.clipped(w).log()),
    (JensenShannon(), lambda f, w: 0.5 * (2 * f / (f + w)).log()),
    (AlphaDivergence(a=0.3), lambda f, w: -((w / f) ** 0.3) / 0.3),
    (AlphaDivergence(), lambda f, w: -((w / f) ** 0.5) / 0.5),
    (TotalVariation(), lambda f, w: 0.5 * (f - w).sign()),
    (GeneralisedCrossEntropy(), lambda f, w: -w * f**-0.3),
    (CrossEntropy(), lambda f, w: -w / f),
]
DIVERGENCES = [loss for loss, _ in FAMILY[:1] + FAMILY[2:6]]  # those that are least at f = w


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Logits, and labels with no probability below the clip, in float64."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=generator, dtype=torch.float64)
    labels = torch.randn(rows, classes, generator=generator, dtype=torch.float64).softmax(-1)
    return 2 * logits, divergences.clipped(labels)


def value(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    return loss.start(labels)(batch_of(logits, labels, weights=torch.ones(len(logits), dtype=logits.dtype)))


def gradient(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Of the loss of each row, as if it were alone."""
    own = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad(value(loss, own, labels), own)
    return found * len(logits)


def test_the_family_is_whole() -> None:
    assert len(FAMILY) == 8
    assert len(DIVERGENCES) == 5
    assert all(loss.rowwise for loss, _ in FAMILY)
    assert [loss.name for loss, _ in FAMILY if loss.convex] == ["cross_entropy"]


@pytest.mark.parametrize(("loss", "slope"), FAMILY, ids=[loss.label for loss, _ in FAMILY])
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("hard", [False, True])
def test_gradients_follow_the_rule(loss: Loss, slope: Slope, classes: int, hard: bool) -> None:
    """dD / dz_k = f_k (g_k - sum_j f_j g_j), by formula and by central differences."""
    logits, labels = drawn(6, classes)
    if hard:
        labels = torch.eye(classes, dtype=torch.float64)[labels.argmax(-1)]
    own = logits.softmax(-1)
    g = slope(own, labels)
    expected = own * (g - (own * g).sum(-1, keepdim=True))
    found = gradient(loss, logits, labels)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-8)
    step = 1e-6
    for k in range(classes):
        move = torch.zeros(classes, dtype=torch.float64)
        move[k] = step
        for i in range(len(logits)):
            up, down = (value(loss, logits[[i]] + sign * move, labels[[i]]) for sign in (1, -1))
            assert float((up - down) / (2 * step)) == pytest.approx(float(found[i, k]), abs=2e-8)


@pytest.mark.parametrize("loss", DIVERGENCES, ids=lambda one: one.label)
@pytest.mark.parametrize("classes", [2, 5])
def test_a_divergence_is_zero_where_the_student_says_the_label_and_nowhere_else(loss: Loss, classes: int) -> None:
    logits, labels = drawn(20, classes)
    assert float(value(loss, labels.log(), labels)) == pytest.approx(0, abs=1e-12)
    if loss != TotalVariation():  # its gradient goes by signs, and there by those of rounding
        assert gradient(loss, labels.log(), labels).abs().max() < 1e-12
    far = (logits.softmax(-1) - labels).abs().sum(-1) > 0.1
    assert far.sum() > 15
    for i in torch.nonzero(far).flatten().tolist():
        assert float(value(loss, logits[[i]], labels[[i]])) > 1e-4
    even = torch.zeros(1, classes, dtype=torch.float64)
    assert gradient(loss, even, even.softmax(-1)).abs().max() < 1e-12


def test_reverse_ce_alone_moves_a_student_that_says_the_label_and_hardens_it() -> None:
    _, labels = drawn(20, 3)
    assert (gradient(ReverseCE(), labels.log(), labels).abs().amax(-1) > 1e-3).all()
    even = torch.full((1, 3), 1 / 3, dtype=torch.float64)
    assert gradient(ReverseCE(), drawn(1, 3)[0], even).abs().max() < 1e-12
    label = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
    ends = {}
    for loss in (ReverseKL(), ReverseCE()):
        logits = torch.zeros(1, 3, dtype=torch.float64)
        for _ in range(20_000):
            own = logits.softmax(-1)
            g = (own / label).log() if loss == ReverseKL() else -label.log()
            logits = logits - 0.5 * own * (g - (own * g).sum())
        ends[loss.name] = logits.softmax(-1)
    torch.testing.assert_close(ends["reverse_kl"], label, atol=1e-6, rtol=0)
    assert float(ends["reverse_ce"][0, 0]) > 0.999


def test_alpha_leads_from_reverse_to_forward_kl() -> None:
    logits, labels = drawn(50, 4)
    logits = logits / 2
    forward = float(value(CrossEntropy(), logits, labels) - value(CrossEntropy(), labels.log(), labels))
    backward = float(value(ReverseKL(), logits, labels))
    assert abs(forward - backward) > 0.01
    assert float(value(AlphaDivergence(a=0.999), logits, labels)) == pytest.approx(forward, abs=1e-3)
    assert float(value(AlphaDivergence(a=0.001), logits, labels)) == pytest.approx(backward, abs=1e-3)
    own = logits.softmax(-1)
    hellinger = 0.5 * (own.sqrt() - labels.sqrt()).square().sum(-1).mean()
    assert float(value(AlphaDivergence(), logits, labels)) == pytest.approx(4 * float(hellinger))
    near = value(AlphaDivergence(a=0.999), logits.float(), labels.float())
    assert float(near) == pytest.approx(forward, abs=1e-3), "in float32 too"


def test_alpha_on_hard_labels_is_generalised_cross_entropy() -> None:
    logits, labels = drawn(9, 4)
    hard = torch.eye(4, dtype=torch.float64)[labels.argmax(-1)]
    for a in (0.2, 0.5, 0.9):
        other = value(GeneralisedCrossEntropy(q=1 - a), logits, hard) / a
        assert float(value(AlphaDivergence(a=a), logits, hard)) == pytest.approx(float(other))


def test_bounds_hold_however_wrong_the_student_is() -> None:
    logits = torch.tensor([[90.0, -90.0], [3.0, 0.0]])
    labels = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    assert value(TotalVariation(), logits[:1], labels[:1]) == pytest.approx(1)
    assert value(JensenShannon(), logits[:1], labels[:1]) == pytest.approx(math.log(2))
    rng = np.random.default_rng(0)
    for scale in (0.1, 1.0, 10.0, 100.0):
        some = torch.from_numpy(rng.standard_normal((200, 4)) * scale)
        own = torch.from_numpy(rng.dirichlet(np.full(4, 0.1), 200))
        assert float(divergences.total_variation(some, own).max()) <= 1 + 1e-12
        assert float(divergences.js(some, own).max()) <= math.log(2) + 1e-12
        for loss, _ in FAMILY:
            assert torch.isfinite(value(loss, some.float(), own.float())), loss.name
            assert torch.isfinite(gradient(loss, some.float(), own.float())).all(), loss.name


def test_labels_are_clipped_and_still_sum_to_one() -> None:
    found = divergences.clipped(torch.tensor([[0.0, 1.0], [0.4, 0.6]]))
    torch.testing.assert_close(found, torch.tensor([[0.001, 0.999], [0.4, 0.6]]))
    many = divergences.clipped(torch.eye(1000))
    torch.testing.assert_close(many.sum(-1), torch.ones(1000))
    assert float(many.diagonal().min()) == pytest.approx(0.998, abs=1e-5)
    assert float(many.min()) == pytest.approx(2e-6, rel=1e-4)
