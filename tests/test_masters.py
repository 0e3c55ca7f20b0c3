"""Weights out of a coarse format learn in small steps, in training and in reading, whatever they are multiplied in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import Given
from torch import Tensor, nn

from outgrow.learning.batching import Arrays
from outgrow.learning.machine import Machine
from outgrow.learning.masters import leave_grid
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities
from outgrow.learning.probe import Probe
from outgrow.learning.progress import Progress
from outgrow.learning.train import fit
from outgrow.models.base import models
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output
from outgrow.tasks.sources.images import Preprocessing
from outgrow.vision.network import ImageNetwork

CPU = torch.device("cpu")
FLOAT32, BFLOAT16 = (Machine(device=CPU, precision=name) for name in ("float32", "bfloat16"))
STEP = 2.0**-8  # between numbers of bfloat16 from 1/2 to 1
CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))


class Sums(Network):
    """Weights between 1/2 and 1, as a file in `stored` holds them; the outputs are sums of 512 of them."""

    mixed_precision = True

    def __init__(self, stored: torch.dtype) -> None:
        super().__init__()
        self.head = nn.Linear(512, 256, bias=False)
        drawn = 0.55 + 0.4 * torch.rand(256, 512, generator=torch.Generator().manual_seed(0))
        self.head.weight = nn.Parameter(drawn.to(stored).float())

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(x)
        return logits


# pulls every weight down all the time, so that Adam moves each by the rate with every update
DOWN = Given(lambda batch: batch.logits.sum(), rowwise=True)
STILL = Given(lambda batch: 0 * batch.logits.sum(), rowwise=True)


def moved(stored: torch.dtype, *, trained_in: Machine, read_in: Machine, rate: float) -> list[float]:
    """How far the mean weight that a product sees has gone, in learning rates, after 1, 2, 5, 20 and 100 updates."""
    network = Sums(stored)
    rows = Arrays(np.ones((1, 512), np.float32))
    seen: list[float] = []

    def check(network: Network, progress: Progress) -> None:
        with torch.inference_mode(), read_in.multiplying(network):
            eye = torch.eye(512)
            seen.append(float(network(eye).double().mean()))  # each product is one weight: nothing else is rounded

    spec = TrainSpec(epochs=100, batch_size=1, learning_rate=rate, evaluations=100)
    fit(network, rows, Probabilities(torch.zeros(1, 256)), spec, loss=DOWN, seed=0, machine=trained_in, check=check)
    return [(seen[0] - seen[n]) / rate for n in (1, 2, 5, 20, 100)]


@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("rate", [STEP / 10, STEP / 200])
@pytest.mark.parametrize("trained_in", [FLOAT32, BFLOAT16], ids=["trained in float32", "trained in bfloat16"])
@pytest.mark.parametrize("read_in", [FLOAT32, BFLOAT16], ids=["read in float32", "read in bfloat16"])
def test_updates_below_a_step_of_bfloat16_count(
    stored: torch.dtype, rate: float, trained_in: Machine, read_in: Machine
) -> None:
    found = moved(stored, trained_in=trained_in, read_in=read_in, rate=rate)
    exact = np.array([1, 2, 5, 20, 100])
    # 131,072 weights: their mean is uncertain by about sqrt(n / 131,072) steps, n the share of a step that they went
    went = exact * rate / STEP
    slack = 4 * np.sqrt(np.minimum(went, 0.25) / (256 * 512)) * STEP / rate + 0.002 * exact
    if read_in is FLOAT32 and trained_in is BFLOAT16:
        slack = slack + 0.25  # the first check is of weights that are not moved yet
    np.testing.assert_array_less(np.abs(found - exact), slack + 0.05)


def grid(weights: Tensor) -> Tensor:
    """Which weights bfloat16 holds exactly."""
    return weights == weights.bfloat16().float()


def test_a_weight_stays_what_bfloat16_makes_of_it_and_ends_anywhere_within_its_step() -> None:
    plain = torch.randn(400, 300, generator=torch.Generator().manual_seed(0)).bfloat16().float()
    plain[0] = 0.0
    plain[1] = 1.0  # numbers below it are half as far as those above
    network = nn.Linear(300, 400)
    network.weight = nn.Parameter(plain.clone())
    leave_grid([network.weight], seed=0)
    after = network.weight.detach()
    assert torch.equal(after.bfloat16().float(), plain)
    assert torch.equal(after[0], plain[0])
    assert grid(after[2:]).float().mean() < 0.001
    step = 2.0 ** (plain[2:].abs().log2().floor() - 7)
    place = ((after - plain)[2:] / step).flatten()
    assert torch.histc(place, bins=10, min=-0.5, max=0.5).min() > 0.9 * len(place) / 10
    assert -(2**-9) < (after[1] - 1).min() < -(2**-10)
    assert 2**-9 < (after[1] - 1).max() < 2**-8


def test_the_seed_alone_decides() -> None:
    def after(seed: int, *, order: Any = torch.contiguous_format) -> Tensor:
        weights = nn.Parameter(torch.linspace(0.1, 3, 5 * 4 * 3 * 3).view(5, 4, 3, 3).bfloat16().float())
        weights.data = weights.data.to(memory_format=order)
        torch.manual_seed(seed + 7)
        leave_grid([weights], seed=seed)
        return weights.detach().contiguous()

    assert torch.equal(after(1), after(1, order=torch.channels_last))
    assert not torch.equal(after(1), after(2))


def test_weights_of_a_finer_format_stay() -> None:
    weights = nn.Parameter(torch.randn(100, 100, generator=torch.Generator().manual_seed(0)))
    before = weights.detach().clone()
    leave_grid([weights], seed=0)
    assert torch.equal(weights.detach(), before)


# In the families


def changes(network: Network, *, machine: Machine, rows: Any, targets: Any) -> tuple[set[str], dict[str, float]]:
    """Names of weights that a training without any gradient changes, and what it leaves of the grid."""
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    spec = TrainSpec(epochs=1, batch_size=64, evaluations=1)
    fit(network, rows, targets, spec, loss=STILL, seed=3, machine=machine)
    after = dict(network.named_parameters())
    for name, value in before.items():
        assert torch.equal(after[name].bfloat16(), value.bfloat16()), name
    changed = {name for name, value in before.items() if not torch.equal(after[name], value)}
    return changed, {name: float(grid(after[name]).float().mean()) for name in changed}


@pytest.mark.parametrize("machine", [FLOAT32, BFLOAT16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("family", ["gpt2", "pythia", "llama", "bert"])
def test_full_fine_tuning_begins_between_the_numbers_of_bfloat16(
    family: str, machine: Machine, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    model = LanguageModel(
        name="transformer", path=str(tiny_models.in_bfloat16(tiny(family), tmp_path / "m")), max_length=64
    )
    network = model.build(CLASSES, seed=0)
    rows = network.encode(tiny_models.texts(8))
    matrices = {name for name, value in network.named_parameters() if value.ndim == 2 and bool(value.any())}
    changed, left = changes(network, machine=machine, rows=rows, targets=Probabilities(torch.full((8, 2), 0.5)))
    assert changed >= matrices
    assert max(left.values()) < 0.2  # norms and biases of these models are zeros and ones
    generator = model.language_model() if family != "bert" else None
    if generator is not None:
        rows, targets = generator.continued(tiny_models.texts(8))
        changed, _ = changes(generator, machine=machine, rows=rows, targets=targets)
        assert {name for name, value in generator.named_parameters() if value.ndim == 2} <= changed


def test_images_too() -> None:
    backbone = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.Flatten())
    head = nn.Linear(8 * 8 * 8, 2)
    network = ImageNetwork(backbone, preprocessing=Preprocessing(resolution=32), head=head)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(value.bfloat16())
    rows = network.encode(np.zeros((4, 32, 32, 3), np.uint8))
    changed, left = changes(network, machine=BFLOAT16, rows=rows, targets=Probabilities(torch.full((4, 2), 0.5)))
    assert changed == {"backbone.0.weight", "backbone.0.bias", "head.weight", "head.bias"}
    assert max(left.values()) < 0.1


@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_low_rank_updates_leave_the_frozen_weights(family: str, tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_models.in_bfloat16(tiny(family), tmp_path / "m")
    model = LanguageModel(name="transformer", path=str(folder), max_length=64, training="lora")
    network = model.build(CLASSES, seed=0)
    rows = network.encode(tiny_models.texts(8))
    changed, _ = changes(network, machine=BFLOAT16, rows=rows, targets=Probabilities(torch.full((8, 2), 0.5)))
    assert changed <= {"head.weight"}  # which begins as rows of the unembedding, and is trained as a whole


def test_probes_chess_and_toys_are_not_touched() -> None:
    moves = Output(kind="classification", n_classes=1858)
    for network, row in (
        (Probe(16, CLASSES, seed=0), np.zeros(16, np.float32)),
        (models["toy-l"]().build(CLASSES, seed=0), np.zeros((4, 16), np.float32)),
        (models["chess-s"]().build(moves, seed=0), np.zeros(64, np.uint8)),
    ):
        with torch.no_grad():
            for value in network.parameters():
                value.copy_(value.bfloat16() + 0.5)
        rows = Arrays(np.stack([row] * 4))
        n_classes = network(rows.batch(np.arange(4), CPU)).shape[1]
        targets = Probabilities(torch.full((4, n_classes), 1 / n_classes))
        changed, _ = changes(network, machine=BFLOAT16, rows=rows, targets=targets)
        assert changed == set()
