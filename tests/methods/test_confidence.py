from __future__ import annotations

import numpy as np
import pytest
import torch
from losses import batch_of

from outgrow.learning.batching import Arrays
from outgrow.learning.hardening import Hardening, offsets
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Probabilities, WeakLabels
from outgrow.learning.train import fit
from outgrow.methods.base import Method
from outgrow.methods.confidence import Confidence
from outgrow.methods.losses.confidence import ConfidenceLoss
from outgrow.methods.naive import Naive
from outgrow.methods.transforms.harden import hardened
from outgrow.models.toy import ToyModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output


@pytest.mark.parametrize(("progress", "weight"), [(0.0, 0.0), (0.1, 0.375), (0.2, 0.75), (0.6, 0.75), (1.0, 0.75)])
def test_the_weight_rises_over_the_ramp_and_stays(progress: float, weight: float) -> None:
    assert ConfidenceLoss(alpha=0.75, ramp=0.2).weight(progress) == pytest.approx(weight)


def test_without_a_ramp_the_weight_is_full_at_once() -> None:
    assert ConfidenceLoss(alpha=0.75, ramp=0.0).weight(0.0) == 0.75


def test_golden_loss_of_several_classes() -> None:
    """By hand: f = (1/2, 1/4, 1/4), w = (0, 1, 0), h = (1, 0, 0), a = 1/2: CE = (log 2 + log 4) / 2."""
    logits = torch.tensor([[0.5, 0.25, 0.25]]).log()
    loss = ConfidenceLoss(alpha=0.5, ramp=0.2, shares="free").start(None)
    value = loss(batch_of(logits, torch.tensor([[0.0, 1.0, 0.0]]), 1.0))
    assert value.item() == pytest.approx((np.log(2) + np.log(4)) / 2)


def trained(method: Method, n_classes: int) -> torch.Tensor:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((96, 4, 16)).astype(np.float32)
    weak = rng.dirichlet(np.ones(n_classes), (1, 96)).astype(np.float32)
    ids = [str(i) for i in range(96)]
    lesson = method.objective().lesson(WeakLabels(probabilities=weak, ids=ids, groups=ids), seed=0)
    network = ToyModel(name="toy-l").build(Output(kind="classification", n_classes=n_classes), seed=0)
    fit(
        network, Arrays(inputs), Probabilities(torch.from_numpy(lesson.targets)),
        TrainSpec(epochs=2, learning_rate=3e-2), loss=method.objective().loss, seed=0,
        machine=Machine(device=torch.device("cpu")),
    )  # fmt: skip
    learned: torch.Tensor = network.state_dict()["head.weight"]
    return learned


@pytest.mark.parametrize("n_classes", [2, 5])
def test_alpha_0_equals_naive_to_the_bit(n_classes: int) -> None:
    naive = trained(Naive(), n_classes)
    assert torch.equal(trained(Confidence(alpha=0.0), n_classes), naive)
    assert not torch.equal(trained(Confidence(alpha=0.5), n_classes), naive)


def test_no_gradient_flows_through_the_hardened_predictions() -> None:
    """At a = 1 the gradient is that of cross-entropy against a constant: (f - h) / rows."""
    for n_classes in (2, 4):
        logits = torch.randn(6, n_classes, generator=torch.Generator().manual_seed(1), requires_grad=True)
        targets = torch.full((6, n_classes), 1 / n_classes)
        loss = ConfidenceLoss(alpha=1.0, ramp=0.0).start(targets)
        loss(batch_of(logits, targets, 1.0)).backward()
        own = logits.detach().softmax(-1)
        sharp = Hardening(targets.mean(0), kind="weak")(own)
        torch.testing.assert_close(logits.grad, (own - sharp) / 6)


def test_hardening_takes_the_first_of_equals_and_leaves_abstentions() -> None:
    rows = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0, 0, 0]], np.float32)
    assert hardened(rows).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]]


def pair(positive: torch.Tensor) -> torch.Tensor:
    return torch.stack([1 - positive, positive], -1)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("rows", [4, 32, 100])
def test_the_threshold_lets_exactly_the_share_be_positive(share: float, rows: int) -> None:
    positive = torch.rand(rows, generator=torch.Generator().manual_seed(rows)) * 0.1  # no ties, all below 1/2
    sharp = Hardening(torch.tensor([1 - share, share]), kind="weak")(pair(positive))
    assert sharp[:, 1].sum() == share * rows
    assert torch.equal(sharp.sum(-1), torch.ones(rows))
    assert positive[sharp[:, 1] == 1].min() > positive[sharp[:, 1] == 0].max()


def test_the_papers_half_is_an_option() -> None:
    positive = torch.rand(40, generator=torch.Generator().manual_seed(0)) * 0.1
    assert Hardening(torch.tensor([0.9, 0.1]), kind="even")(pair(positive))[:, 1].sum() == 20
    assert Hardening(torch.tensor([0.9, 0.1]), kind="free")(pair(positive))[:, 1].sum() == 0


@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize("rows", [1, 4])
def test_the_threshold_holds_its_share_over_small_batches(share: float, rows: int) -> None:
    positive = torch.rand(1000, generator=torch.Generator().manual_seed(0)) * 0.1
    threshold = Hardening(torch.tensor([1 - share, share]), kind="weak")
    sharp = torch.cat([threshold(batch) for batch in pair(positive).split(rows)])
    assert sharp[:, 1].mean().item() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("shares", [[0.7, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])
def test_many_classes_come_to_the_shares_of_the_weak_labels(shares: list[float]) -> None:
    """A student that is sure of one class is still hardened to all of them, by how much they gain on it."""
    logits = torch.randn(3_000, len(shares), generator=torch.Generator().manual_seed(0))
    logits[:, -1] += 3
    wanted = torch.tensor(shares)
    assert (logits.argmax(-1) == len(shares) - 1).float().mean() > 0.9
    hardening = Hardening(wanted, kind="weak")
    sharp = torch.cat([hardening(batch.softmax(-1)) for batch in logits.split(30)])
    assert torch.equal(sharp.sum(-1), torch.ones(3_000))
    torch.testing.assert_close(sharp.mean(0), wanted, atol=0.08, rtol=0)
    exact = (logits.log_softmax(-1) + offsets(logits.log_softmax(-1), wanted)).argmax(-1)
    torch.testing.assert_close(exact.bincount(minlength=len(shares)) / 3_000, wanted, atol=0.01, rtol=0)


def test_over_64_classes_the_most_probable_is_taken() -> None:
    logits = torch.randn(5, 65, generator=torch.Generator().manual_seed(0))
    sharp = Hardening(torch.full((65,), 1 / 65), kind="weak")(logits.softmax(-1))
    assert torch.equal(sharp.argmax(-1), logits.argmax(-1))


def test_batches_of_32_stand_for_themselves() -> None:
    """What came before a full batch of two classes does not move its threshold."""
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.rand(32, 2, generator=generator).softmax(-1) for _ in range(2))
    half = torch.tensor([0.5, 0.5])
    threshold = Hardening(half, kind="weak")
    threshold(first)
    assert torch.equal(threshold(second), Hardening(half, kind="weak")(second))


def test_each_training_has_a_threshold_of_its_own() -> None:
    loss = ConfidenceLoss(alpha=1.0, ramp=0.0)
    low, high = torch.tensor([[3.0, 0.0]] * 40), torch.tensor([[0.0, 3.0], [0.0, 2.0]])
    targets = torch.full((2, 2), 0.5)
    loss.start(targets)(batch_of(low, torch.full((40, 2), 0.5), 1.0))
    fresh = loss.start(targets)(batch_of(high, targets, 1.0))
    assert fresh == loss.start(targets)(batch_of(high, targets, 1.0))
