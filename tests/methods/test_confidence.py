from __future__ import annotations

import numpy as np
import pytest
import torch

from outgrow.config import TrainSpec
from outgrow.learning.batching import Arrays
from outgrow.learning.machine import Machine
from outgrow.learning.train import fit
from outgrow.methods.base import harden
from outgrow.methods.confidence import AdaptiveThreshold, Confidence
from outgrow.methods.naive import Naive
from outgrow.models.toy import ToyModel
from outgrow.tasks.base import Output


@pytest.mark.parametrize(("progress", "weight"), [(0.0, 0.0), (0.1, 0.375), (0.2, 0.75), (0.6, 0.75), (1.0, 0.75)])
def test_the_weight_rises_over_the_ramp_and_stays(progress: float, weight: float) -> None:
    assert Confidence(alpha=0.75, ramp=0.2).weight(progress) == pytest.approx(weight)


def test_without_a_ramp_the_weight_is_full_at_once() -> None:
    assert Confidence(alpha=0.75, ramp=0.0).weight(0.0) == 0.75


def test_golden_loss_of_several_classes() -> None:
    """By hand: f = (1/2, 1/4, 1/4), w = (0, 1, 0), h = (1, 0, 0), a = 1/2: CE = (log 2 + log 4) / 2."""
    logits = torch.tensor([[0.5, 0.25, 0.25]]).log()
    loss = Confidence(alpha=0.5, ramp=0.2).new_loss()
    value = loss(logits, torch.tensor([[0.0, 1.0, 0.0]]), 1.0)
    assert value.item() == pytest.approx((np.log(2) + np.log(4)) / 2)


def trained(loss_of: Naive | Confidence, n_classes: int) -> torch.Tensor:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((96, 4, 16)).astype(np.float32)
    weak = torch.from_numpy(rng.dirichlet(np.ones(n_classes), 96).astype(np.float32))
    network = ToyModel(name="toy-l").build(Output(kind="classification", n_classes=n_classes), seed=0)
    spec = TrainSpec(epochs=2, learning_rate=3e-2)
    fit(
        network, Arrays(inputs), loss_of.targets(weak), spec,
        loss=loss_of.new_loss(), seed=0, machine=Machine(device=torch.device("cpu")),
    )  # fmt: skip
    return network.state_dict()["head.weight"]


@pytest.mark.parametrize("n_classes", [2, 5])
def test_alpha_0_equals_naive_to_the_bit(n_classes: int) -> None:
    naive = trained(Naive(), n_classes)
    assert torch.equal(trained(Confidence(alpha=0.0), n_classes), naive)
    assert not torch.equal(trained(Confidence(alpha=0.5), n_classes), naive)


def test_no_gradient_flows_through_the_hardened_predictions() -> None:
    """At a = 1 the gradient is that of cross-entropy against a constant: (f - h) / rows."""
    for n_classes in (2, 4):
        logits = torch.randn(6, n_classes, generator=torch.Generator().manual_seed(1), requires_grad=True)
        loss = Confidence(alpha=1.0, ramp=0.0).new_loss()
        loss(logits, torch.full((6, n_classes), 1 / n_classes), 1.0).backward()
        own = logits.detach().softmax(-1)
        hardened = AdaptiveThreshold(0.5).harden(own) if n_classes == 2 else harden(own)
        torch.testing.assert_close(logits.grad, (own - hardened) / 6)


def test_hardening_takes_the_first_of_equals() -> None:
    rows = torch.tensor([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]])
    assert harden(rows).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("rows", [4, 32, 100])
def test_the_threshold_lets_exactly_the_share_be_positive(share: float, rows: int) -> None:
    positive = torch.rand(rows, generator=torch.Generator().manual_seed(rows)) * 0.1  # no ties, all below 1/2
    hardened = AdaptiveThreshold(share).harden(torch.stack([1 - positive, positive], -1))
    assert hardened[:, 1].sum() == share * rows
    assert torch.equal(hardened.sum(-1), torch.ones(rows))
    assert positive[hardened[:, 1] == 1].min() > positive[hardened[:, 1] == 0].max()


@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize("rows", [1, 4])
def test_the_threshold_holds_its_share_over_small_batches(share: float, rows: int) -> None:
    positive = torch.rand(1000, generator=torch.Generator().manual_seed(0)) * 0.1
    both = torch.stack([1 - positive, positive], -1)
    threshold = AdaptiveThreshold(share)
    hardened = torch.cat([threshold.harden(batch) for batch in both.split(rows)])
    assert hardened[:, 1].mean().item() == pytest.approx(share, abs=0.05)


def test_batches_of_32_stand_for_themselves() -> None:
    """What came before a full batch does not move its threshold."""
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.rand(32, 2, generator=generator).softmax(-1) for _ in range(2))
    threshold = AdaptiveThreshold(0.5)
    threshold.harden(first)
    assert torch.equal(threshold.harden(second), AdaptiveThreshold(0.5).harden(second))


def test_each_training_has_a_threshold_of_its_own() -> None:
    method = Confidence(alpha=1.0, ramp=0.0)
    low, high = torch.tensor([[3.0, 0.0]] * 40), torch.tensor([[0.0, 3.0], [0.0, 2.0]])
    targets = torch.full((2, 2), 0.5)
    method.new_loss()(low, torch.full((40, 2), 0.5), 1.0)
    fresh = method.new_loss()(high, targets, 1.0)
    assert fresh == method.new_loss()(high, targets, 1.0)
