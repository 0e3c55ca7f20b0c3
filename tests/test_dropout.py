"""Dropout can be switched off, and is by default, wherever a library keeps its rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import PLAIN
from torch import nn

from outgrow.learning.batching import Rows
from outgrow.learning.dropout import switch_off_dropout
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities, Targets
from outgrow.learning.train import fit
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

CPU = torch.device("cpu")
MACHINE = Machine(device=CPU, precision="float32")
CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))


def language_model(family: str, kind: str, tiny: Callable[..., Path]) -> tuple[Network, Rows, Targets]:
    """A network with dropout, and something to learn."""
    training: Any = "lora" if kind == "lora" else "full"
    model = LanguageModel(name="transformer", path=str(tiny(family, dropout=0.3)), max_length=64, training=training)
    inputs = tiny_models.texts(12)
    if kind == "generation":
        network: Network = model.language_model()
        return network, *network.continued(inputs)
    network = model.build(CLASSES, seed=0)
    nn.init.normal_(network.get_parameter("head.weight"), generator=torch.Generator().manual_seed(0))
    return network, network.encode(inputs), Probabilities(torch.eye(2)[torch.arange(12) % 2])


def varies(network: nn.Module, batch: Any) -> bool:
    """Whether two passes in training give different answers."""
    network.train()
    with torch.no_grad():
        return not torch.equal(network(batch), network(batch))


@pytest.mark.parametrize("kind", ["full", "lora", "generation"])
@pytest.mark.parametrize("family", ["gpt2", "pythia", "bert"])
def test_a_training_drops_units_if_it_is_to(family: str, kind: str, tiny: Callable[..., Path]) -> None:
    if (family, kind) == ("bert", "generation"):
        pytest.skip("an encoder cannot generate")
    for dropout in (False, True):
        network, rows, targets = language_model(family, kind, tiny)
        batch = rows.batch(np.arange(12), CPU)
        assert varies(network, batch)
        spec = TrainSpec(epochs=1, evaluations=1, dropout=dropout)
        fit(network, rows, targets, spec, loss=PLAIN, seed=0, machine=MACHINE)
        assert varies(network, batch) == dropout
    assert not TrainSpec().dropout


def test_a_training_without_is_the_same_however_batches_are_cut(tiny: Callable[..., Path]) -> None:
    after = []
    for tokens in (10_000, 16):
        network, rows, targets = language_model("gpt2", "full", tiny)
        machine = Machine(device=CPU, precision="float32", tokens=tokens)
        fit(network, rows, targets, TrainSpec(epochs=1, evaluations=1), loss=PLAIN, seed=0, machine=machine)
        after.append(network.get_parameter("head.weight").detach())
    torch.testing.assert_close(after[0], after[1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", ["vit", "dinov2", "swin", "convnext"])
def test_vision_models_keep_rates_in_many_places(family: str) -> None:
    t = pytest.importorskip("transformers")
    drops = {"hidden_dropout_prob": 0.3, "attention_probs_dropout_prob": 0.3}
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}
    made: dict[str, Callable[[], Any]] = {
        "vit": lambda: t.ViTModel(t.ViTConfig(**sizes, **drops, intermediate_size=24)),
        "dinov2": lambda: t.Dinov2Model(t.Dinov2Config(**sizes, **drops, drop_path_rate=0.5)),
        "swin": lambda: t.SwinModel(
            t.SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4,
                         drop_path_rate=0.5, **drops)
        ),
        "convnext": lambda: t.ConvNextModel(
            t.ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], drop_path_rate=0.5, image_size=32)
        ),
    }  # fmt: skip

    class Seen(nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.model(pixel_values=images).last_hidden_state
            return found

    torch.manual_seed(0)
    network, images = Seen(made[family]()), torch.rand(8, 3, 32, 32)
    assert varies(network, images)
    switch_off_dropout(network)
    assert not varies(network, images)
    network.eval()
    expected = network(images)
    torch.testing.assert_close(network.train()(images), expected)
