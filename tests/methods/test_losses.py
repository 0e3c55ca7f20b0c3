"""Losses of the noisy-label field and of the student's own confidence: closed forms and limiting cases."""

from __future__ import annotations

import pytest
import torch
from losses import PLAIN, batch_of
from torch import Tensor

from outgrow.learning import self_trust
from outgrow.learning.losses import Loss
from outgrow.learning.objective import WeakLabels
from outgrow.learning.remembered import Remembered
from outgrow.methods.losses.adaptive_confidence import AdaptiveConfidence
from outgrow.methods.losses.confidence import ConfidenceLoss
from outgrow.methods.losses.elr import EarlyLearning
from outgrow.methods.losses.gce import GeneralisedCrossEntropy
from outgrow.methods.losses.margin_weighted import MarginWeighted
from outgrow.methods.losses.product import Product
from outgrow.methods.losses.sce import SymmetricCrossEntropy
from outgrow.methods.losses.window import Window
from outgrow.methods.transforms.backward_correction import BackwardCorrection


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=generator, dtype=torch.float64)
    return 2 * logits, torch.randn(rows, classes, generator=generator, dtype=torch.float64).softmax(-1)


def one_hot(labels: Tensor) -> Tensor:
    return torch.eye(labels.shape[-1], dtype=labels.dtype)[labels.argmax(-1)]


def value(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """Of a batch that is all there is to learn, every row counting the same."""
    table = labels if labels.ndim > 1 else None
    return loss.start(table)(batch_of(logits, labels, weights=torch.ones(len(logits), dtype=logits.dtype)))


def gradient(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    own = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad(value(loss, own, labels), own)
    return found * len(logits)


# Generalised and symmetric cross-entropy


def test_gce_leads_from_cross_entropy_to_the_mean_absolute_error() -> None:
    logits, labels = drawn(30, 4)
    hard, own = one_hot(labels), logits.softmax(-1)
    said = (own * hard).sum(-1)
    assert float(value(GeneralisedCrossEntropy(q=1e-4), logits, labels)) == pytest.approx(
        float(value(PLAIN, logits, labels)), rel=1e-3
    )
    assert float(value(GeneralisedCrossEntropy(q=1.0), logits, hard)) == pytest.approx(float((1 - said).mean()))
    expected = said[:, None] ** 0.7 * (own - hard)
    torch.testing.assert_close(gradient(GeneralisedCrossEntropy(), logits, hard), expected)


def test_sce_without_its_reverse_part_is_cross_entropy_to_the_bit() -> None:
    logits, labels = drawn(30, 4)
    hard = one_hot(labels)
    for targets in (labels, hard, labels.argmax(-1)):
        assert torch.equal(value(SymmetricCrossEntropy(forward=1.0, reverse=0.0), logits, targets),
                           value(PLAIN, logits, targets))  # fmt: skip
    said = (logits.softmax(-1) * hard).sum(-1)
    reverse = value(SymmetricCrossEntropy(forward=0.0), logits, hard)
    assert float(reverse) == pytest.approx(float(4 * (1 - said).mean()))
    own, at_most = logits.softmax(-1), labels.log().clamp(min=-4)
    expected = 0.1 * (own - labels) + own * (-at_most + (own * at_most).sum(-1, keepdim=True))
    torch.testing.assert_close(gradient(SymmetricCrossEntropy(), logits, labels), expected)


@pytest.mark.parametrize(
    "loss", [GeneralisedCrossEntropy(), SymmetricCrossEntropy(), AdaptiveConfidence()], ids=lambda one: one.name
)
def test_token_numbers_are_hard_labels(loss: Loss) -> None:
    logits, labels = drawn(12, 6)
    numbers = labels.argmax(-1)
    torch.testing.assert_close(value(loss, logits, numbers), value(loss, logits, one_hot(labels)))
    torch.testing.assert_close(gradient(loss, logits, numbers), gradient(loss, logits, one_hot(labels)))


# Early-learning regularisation


def test_elr_without_its_second_part_is_cross_entropy_to_the_bit() -> None:
    logits, labels = drawn(30, 4)
    assert torch.equal(value(EarlyLearning(strength=0.0), logits, labels), value(PLAIN, logits, labels))


def test_elr_follows_its_closed_form_over_several_epochs() -> None:
    first, labels = drawn(6, 3)
    other, _ = drawn(6, 3, seed=1)
    loss = EarlyLearning(strength=2.0, memory=0.6).start(labels)
    remembered = torch.zeros_like(labels)
    for logits in (first / 2, other / 2, first / 2):
        own = logits.softmax(-1)
        remembered = 0.6 * remembered + 0.4 * own
        alike = (own * remembered).sum(-1, keepdim=True)
        z = logits.clone().requires_grad_()
        found = loss(batch_of(z, labels, weights=torch.ones(6, dtype=torch.float64)))
        (slope,) = torch.autograd.grad(found, z)
        entropy = -(labels * own.log()).sum(-1)
        assert found.item() == pytest.approx(float((entropy + 2 * (1 - alike.squeeze()).log()).mean()), rel=1e-6)
        expected = own - labels - 2 * own * (remembered - alike) / (1 - alike)
        torch.testing.assert_close(6 * slope, expected, atol=1e-8, rtol=1e-6)


def test_each_row_has_a_memory_of_its_own_whatever_the_batches() -> None:
    logits, labels = drawn(7, 3)
    at_once, in_turn = Remembered(labels, memory=0.5), Remembered(labels, memory=0.5)
    rows = torch.arange(7)
    for _ in range(3):
        whole = at_once(rows, logits.softmax(-1))
        parts = [in_turn(part, logits[part].softmax(-1)) for part in (rows[[4, 0]], rows[[6]], rows[[1, 2, 3, 5]])]
        torch.testing.assert_close(torch.cat(parts), whole[[4, 0, 6, 1, 2, 3, 5]])
    torch.testing.assert_close(whole, (1 - 0.5**3) * logits.softmax(-1))


# Adaptive confidence, product, window


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_the_share_of_adaptive_confidence_is_as_defined_and_as_written_out(temperature: float) -> None:
    logits, labels = drawn(200, 5)
    found = self_trust.own_share(logits, labels, temperature=temperature)
    own = logits.softmax(-1)
    wanted, sure = own.gather(1, labels.argmax(-1, keepdim=True)).squeeze(1), own.amax(-1)
    closed = wanted ** (1 / temperature) / (wanted ** (1 / temperature) + sure ** (1 / temperature))
    defined = torch.stack([-sure.log(), -wanted.log()], -1).div(temperature).softmax(-1)[:, 0]
    torch.testing.assert_close(found, closed)
    torch.testing.assert_close(found, defined)
    of_one_mind = logits.argmax(-1) == labels.argmax(-1)
    assert 10 < of_one_mind.sum() < 190
    assert (found[of_one_mind] == 0.5).all()
    assert ((found[~of_one_mind] > 0) & (found[~of_one_mind] < 0.5)).all()


def test_adaptive_confidence_at_any_heat_is_the_confidence_loss_at_a_half() -> None:
    logits, labels = drawn(50, 4)
    free = ConfidenceLoss(alpha=0.5, ramp=0.0, shares="free")
    for inverted in (False, True):
        hot = AdaptiveConfidence(temperature=1e9, inverted=inverted)
        assert float(value(hot, logits, labels)) == pytest.approx(float(value(free, logits, labels)), rel=1e-7)
        torch.testing.assert_close(gradient(hot, logits, labels), gradient(free, logits, labels))
    own = logits.softmax(-1)
    for inverted in (False, True):
        share = self_trust.own_share(logits, labels, temperature=0.5)[:, None]
        share = 1 - share if inverted else share
        expected = own - (1 - share) * labels - share * one_hot(logits)
        torch.testing.assert_close(gradient(AdaptiveConfidence(inverted=inverted), logits, labels), expected)


@pytest.mark.parametrize(("weak", "own"), [(0.5, 0.5), (1.0, 0.5), (0.5, 0.0), (0.3, 0.7)])
def test_a_product_rests_at_a_power_of_the_label(weak: float, own: float) -> None:
    label = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
    logits = torch.zeros(1, 3, dtype=torch.float64)
    for _ in range(20_000):
        logits = logits - 0.1 * (logits.softmax(-1) - self_trust.product(logits, label, weak=weak, own=own))
    power = label ** (weak / (1 - own))
    torch.testing.assert_close(logits.softmax(-1), power / power.sum(), atol=1e-6, rtol=0)
    assert gradient(Product(weak=weak, own=own), logits, label).abs().max() < 1e-6


def test_a_product_with_the_whole_of_the_student_has_no_rest() -> None:
    logits, labels = drawn(20, 3)
    even = torch.full_like(labels, 1 / 3)
    assert gradient(Product(weak=1.0, own=1.0), logits, even).abs().max() < 1e-12
    assert gradient(Product(weak=0.0, own=1.0), logits, labels).abs().max() < 1e-12
    torch.testing.assert_close(value(Product(weak=1.0, own=0.0), logits, labels), value(PLAIN, logits, labels))
    label, z = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)
    for _ in range(20_000):
        z = z - 0.1 * (z.softmax(-1) - self_trust.product(z, label, weak=1.0, own=1.0))
    assert float(z.softmax(-1)[0, 0]) > 0.99, "it runs to the most probable class"


def test_outside_of_the_window_nothing_is_learned() -> None:
    logits, labels = drawn(60, 2)
    assert torch.equal(value(Window(r=0.5), logits, labels), value(PLAIN, logits, labels))
    sure = logits.softmax(-1).amax(-1)
    for r in (0.05, 0.15, 0.3):
        found, plain = gradient(Window(r=r), logits, labels), gradient(PLAIN, logits, labels)
        outside = sure > 0.5 + r
        assert 0 < outside.sum() < 60
        assert (found[outside] == 0).all()
        torch.testing.assert_close(found[~outside], plain[~outside])
    middle = float((labels[:, 1] - 0.5).abs().median())
    assert torch.equal(value(Window(r="midweak"), logits, labels), value(Window(r=middle), logits, labels))


def test_an_entropy_penalty_is_naive_at_a_scaled_learning_rate() -> None:
    """CE(f, (1 - c) w + c f), f in the target without gradient: its gradient is (1 - c) times that of CE(f, w).

    So the loss known as `entropy` needs no method of its own.
    """
    logits, labels = drawn(40, 4)
    for c in (0.0, 0.25, 0.5, 0.9):
        own = logits.clone().requires_grad_()
        mixed = (1 - c) * labels + c * own.detach().softmax(-1)
        (found,) = torch.autograd.grad(value(PLAIN, own, mixed), own)
        torch.testing.assert_close(40 * found, (1 - c) * gradient(PLAIN, logits, labels))


# Reward models


def losses_of(difference: Tensor) -> tuple[Tensor, Tensor]:
    """-log sigmoid(D) and -log sigmoid(-D)."""
    return -torch.nn.functional.logsigmoid(difference), -torch.nn.functional.logsigmoid(-difference)


def test_soft_bradley_terry_is_confidence_weighting_and_a_pull_to_even_rewards() -> None:
    """Soft BT = C l(+) + (1 - p) (l(+) + l(-)), C = 2 p - 1, whichever candidate is the better one."""
    rewards, labels = drawn(50, 2)
    p, better = labels.max(-1)
    difference = rewards.gather(1, better[:, None]) - rewards.gather(1, 1 - better[:, None])
    plus, minus = losses_of(difference.squeeze(1))
    confidence = self_trust.margin(labels)
    torch.testing.assert_close(confidence, 2 * p - 1)
    soft = p * plus + (1 - p) * minus
    torch.testing.assert_close(soft, confidence * plus + (1 - p) * (plus + minus))
    torch.testing.assert_close(value(PLAIN, rewards, labels), soft.mean())
    weighted = value(MarginWeighted(), rewards, labels)
    torch.testing.assert_close(weighted, (confidence * plus).mean() / confidence.mean())


def test_margins_of_several_classes() -> None:
    labels = torch.tensor([[1.0, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.6, 0.4, 0]])
    torch.testing.assert_close(self_trust.margin(labels), torch.tensor([1.0, 0.0, 0.4]))
    logits, soft = drawn(20, 3)
    hard = one_hot(soft)
    torch.testing.assert_close(value(MarginWeighted(), logits, hard), value(PLAIN, logits, hard))
    even = torch.full_like(soft, 1 / 3)
    assert gradient(MarginWeighted(), logits, even).abs().max() < 1e-6, "even labels teach nothing"


def corrected(labels: Tensor, flip: float) -> Tensor:
    """Labels as `backward_correction` makes them, which is the robust loss of reward models where `flip` is given."""
    ids = [str(i) for i in range(len(labels))]
    weak = WeakLabels(probabilities=labels.numpy()[None], ids=ids, groups=ids)
    return torch.from_numpy(BackwardCorrection(flip=flip).apply(weak, seed=0).probabilities[0]).double()


@pytest.mark.parametrize("flip", [0.1, 0.3, 0.45])
@pytest.mark.parametrize("classes", [2, 4])
def test_flip_correction_is_right_on_average(flip: float, classes: int) -> None:
    """Averaged over flips of hard labels it is the loss of the true labels, and so is its gradient."""
    logits, _ = drawn(30, classes)
    truth = torch.eye(classes, dtype=torch.float64)[torch.arange(30) % classes]
    mean, slope = torch.zeros((), dtype=torch.float64), torch.zeros_like(logits)
    for turn in range(classes):
        chance = 1 - flip if turn == 0 else flip / (classes - 1)
        targets = corrected(truth.roll(turn, -1), flip)
        mean += chance * value(PLAIN, logits, targets)
        slope += chance * gradient(PLAIN, logits, targets)
    torch.testing.assert_close(mean, value(PLAIN, logits, truth), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(slope, gradient(PLAIN, logits, truth), atol=1e-5, rtol=1e-5)


def test_flip_correction_of_pairs_has_its_known_form() -> None:
    """((1 - e) l(+) - e l(-)) / (1 - 2 e): that of direct preference optimisation under flips."""
    rewards, _ = drawn(16, 2)
    better = torch.arange(16) % 2
    difference = rewards.gather(1, better[:, None]) - rewards.gather(1, 1 - better[:, None])
    plus, minus = losses_of(difference.squeeze(1))
    expected = ((1 - 0.2) * plus - 0.2 * minus) / (1 - 0.4)
    targets = corrected(torch.eye(2, dtype=torch.float64)[better], 0.2)
    torch.testing.assert_close(value(PLAIN, rewards, targets), expected.mean(), atol=1e-5, rtol=1e-5)
