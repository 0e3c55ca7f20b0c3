"""An anchor holds what the head reads near where it was; without one nothing changes, and the tighter, the nearer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import PLAIN, accumulated
from threads import in_threads
from torch import Tensor

from outgrow.config import expand
from outgrow.errors import ConfigError
from outgrow.learning.anchor import Anchor
from outgrow.learning.batching import Rows, micro_batches
from outgrow.learning.losses import Loss
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities
from outgrow.learning.predict import predict
from outgrow.learning.train import fit
from outgrow.methods.losses.elr import EarlyLearning
from outgrow.models.bases.language import LanguageModel
from outgrow.models.toy import ToyModel
from outgrow.spec import canonical
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

MACHINE = Machine(device=torch.device("cpu"), precision="float32")
CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
PAIRS = Output(kind="preference", n_classes=2)
SPEC = TrainSpec(epochs=12, batch_size=8, learning_rate=3e-4, schedule="linear", max_grad_norm=1e9)
N = 32


def problem(output: Output, folder: Path, **options: Any) -> tuple[Network, Rows, Probabilities]:
    network = LanguageModel(name="transformer", path=str(folder), max_length=64, **options).build(output, seed=0)
    inputs = tiny_models.texts(N)
    if output.kind == "preference":
        inputs = np.stack([inputs, tiny_models.texts(N, seed=1)], 1)
    labels = torch.rand(N, generator=torch.Generator().manual_seed(0))
    return network, network.encode(inputs), Probabilities(torch.stack([labels, 1 - labels], 1))


def drift(network: Network, rows: Rows, first: Anchor) -> float:
    with torch.no_grad():
        _, now = network.represent(rows.batch(np.arange(N), MACHINE.device))
        return float(first.penalty(now, np.arange(N)))


def fitted(anchor: float, output: Output, folder: Path, *, loss: Loss = PLAIN, **options: Any) -> tuple[Network, float]:
    """A network trained so, and how far its representation went."""
    network, rows, targets = problem(output, folder, **options)
    before = Anchor(network, rows, weight=1.0, machine=MACHINE)
    fit(network, rows, targets, replace(SPEC, anchor=anchor), loss=loss, seed=0, machine=MACHINE)
    return network, drift(network, rows, before)


@pytest.mark.parametrize("output", [CLASSES, PAIRS], ids=["classes", "pairs"])
@pytest.mark.parametrize("training", ["full", "lora"])
def test_the_tighter_the_anchor_the_less_the_representation_moves(
    output: Output, training: str, tiny: Callable[..., Path]
) -> None:
    went = [fitted(weight, output, tiny("llama"), training=training)[1] for weight in (0.0, 1.0, 1e3)]
    assert went[0] > 1.2 * went[1]
    assert went[1] > went[2] > 0


def test_the_penalty_is_its_formula_and_zero_at_first(tiny: Callable[..., Path]) -> None:
    network, rows, _ = problem(PAIRS, tiny("gpt2"))
    anchor = Anchor(network, rows, weight=3.0, machine=MACHINE)
    some = np.array([5, 2, 9])
    with torch.no_grad():
        logits, first = network.represent(rows.batch(some, MACHINE.device))
    assert torch.equal(logits, network(rows.batch(some, MACHINE.device)))
    assert first.shape[0] == 6
    assert float(anchor.penalty(first, some)) == pytest.approx(0, abs=1e-9)
    noise = torch.randn(first.shape, generator=torch.Generator().manual_seed(0))
    expected = 3 * (noise.square().sum(-1) / first.square().sum(-1)).mean()
    assert float(anchor.penalty(first + noise, some)) == pytest.approx(float(expected), rel=1e-4)


def test_an_anchor_of_weight_zero_is_none_to_the_bit(tiny: Callable[..., Path]) -> None:
    """And the first update is that without one, since the penalty is least there."""
    network, rows, targets = problem(CLASSES, tiny("bert"))
    plain, none, first = (copy.deepcopy(network) for _ in range(3))
    fit(plain, rows, targets, SPEC, loss=PLAIN, seed=0, machine=MACHINE)
    fit(none, rows, targets, replace(SPEC, anchor=0.0), loss=PLAIN, seed=0, machine=MACHINE)
    assert all(torch.equal(one, other) for one, other in zip(plain.parameters(), none.parameters(), strict=True))
    anchor = Anchor(first, rows, weight=0.0, machine=MACHINE)
    pieces = [np.arange(N)]
    accumulated(first, rows, targets, pieces, PLAIN, progress=0.0, machine=MACHINE, anchor=anchor)
    accumulated(network, rows, targets, pieces, PLAIN, progress=0.0, machine=MACHINE)
    for one, other in zip(first.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_an_anchor_of_great_weight_leaves_a_linear_probe(tiny: Callable[..., Path]) -> None:
    """What it learns is nearly what a head learns on the frozen network with the same updates.

    Adam's steps are as long as the learning rate, however steep the penalty: so the vectors tremble until the rate has
    fallen to zero.
    """
    folder = tiny("llama")
    free, _ = fitted(0.0, CLASSES, folder)
    tight, went = fitted(1e6, CLASSES, folder)
    probe, rows, targets = problem(CLASSES, folder)
    for name, weight in probe.named_parameters():
        weight.requires_grad_(name.startswith("head"))
    fit(probe, rows, targets, SPEC, loss=PLAIN, seed=0, machine=MACHINE)
    said = [predict(one, rows, machine=MACHINE)[:, 1] for one in (free, tight, probe)]
    assert went < 1e-3
    assert np.abs(said[1] - said[2]).max() < 0.1 * np.abs(said[0] - said[2]).max()


@pytest.mark.parametrize("loss", [PLAIN, EarlyLearning()], ids=lambda one: one.name)
@pytest.mark.parametrize("output", [CLASSES, PAIRS], ids=["classes", "pairs"])
def test_the_update_does_not_depend_on_the_micro_batches(loss: Loss, output: Output, tiny: Callable[..., Path]) -> None:
    network, rows, targets = problem(output, tiny("gpt2"))
    anchor = Anchor(network, rows, weight=2.0, machine=MACHINE)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    found: list[dict[str, Tensor]] = []
    values, counts = [], []
    for budget in (10_000, 40, 1):
        pieces = micro_batches(np.arange(N), rows.lengths, budget=budget)
        counts.append(len(pieces))
        values.append(accumulated(network, rows, targets, pieces, loss, progress=0.5, machine=MACHINE, anchor=anchor))
        found.append({name: value.grad.clone() for name, value in network.named_parameters() if value.grad is not None})
        network.zero_grad()
    without = accumulated(network, rows, targets, [np.arange(N)], loss, progress=0.5, machine=MACHINE)
    assert counts[0] == 1 < counts[1] < counts[2] == N
    assert values == pytest.approx([values[0]] * 3, rel=1e-4)
    assert values[0] > without + 1e-3
    for other in found[1:]:
        for name, value in found[0].items():
            torch.testing.assert_close(other[name], value, atol=1e-5, rtol=1e-3)


def test_processes_that_train_together_hold_the_same(tiny: Callable[..., Path]) -> None:
    spec = replace(SPEC, epochs=2, anchor=3.0)

    def trained(machine: Machine) -> Network:
        network, rows, targets = problem(PAIRS, tiny("gpt2"))
        fit(network, rows, targets, spec, loss=PLAIN, seed=0, machine=machine)
        return network

    alone = trained(MACHINE)
    together = in_threads(2, lambda team: trained(replace(MACHINE, team=team)))
    assert len(together) == 2
    for network in together:
        for one, other in zip(network.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=2e-4, rtol=1e-3)


# In experiments


def test_trainings_without_an_anchor_are_known_by_what_they_were() -> None:
    assert "anchor" not in canonical(TrainSpec())
    assert canonical(TrainSpec(anchor=0.5)) == canonical(TrainSpec()).replace("{", '{"anchor":0.5,', 1)


@pytest.mark.parametrize(
    ("strong", "message"),
    [
        ({"model": "toy-l"}, "'toy-l' does not tell them; set anchor = 0"),
        ({"model": "glove-50d"}, "those of 'glove-50d' are frozen already; set anchor = 0"),
    ],
)
def test_where_nothing_can_be_held_an_anchor_is_refused(
    strong: dict[str, Any], message: str, document: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=f"anchor = 0.1 holds the vectors that a head reads, and {message}"):
        expand({**document, "strong": {**strong, "train": {"anchor": 0.1}}}, name="x")
    assert not ToyModel.represents
