"""Reward models have no favourite place: what they say of a pair turns about when its candidates do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor

from outgrow.learning.batching import Arrays
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.predict import predict
from outgrow.learning.probe import Probe
from outgrow.models.base import Model, models
from outgrow.models.bases.language import LanguageModel
from outgrow.models.word_vectors import WordVectors
from outgrow.tasks.base import Output

PAIRS = Output(kind="preference", n_classes=2)
MACHINE = Machine(device=torch.device("cpu"), precision="float32")


def moved(network: Network) -> Network:
    """With weights that are not zero, as after a training."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.requires_grad and weight.ndim > 1:
                weight.normal_(0, 0.3, generator=generator)
    return network


def consistent(answer: Callable[[np.ndarray], np.ndarray], pairs: np.ndarray) -> None:
    """P(second better) is 1 - P of the pair turned about, so (p + 1 - p_swap) / 2 changes nothing."""
    p, swapped = answer(pairs)[:, 1], answer(pairs[:, ::-1])[:, 1]
    assert np.ptp(p) > 0.01
    np.testing.assert_allclose((p + 1 - swapped) / 2, p, atol=1e-5)
    np.testing.assert_array_equal(answer(pairs[:, [0, 0]])[:, 1], 0.5)


@pytest.mark.parametrize("training", ["full", "lora"])
@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_fine_tuned_rewards_have_no_favourite_place(family: str, training: Any, tiny: Callable[..., Path]) -> None:
    pairs = np.stack([tiny_models.texts(12), tiny_models.texts(12, seed=1)], 1)
    model = LanguageModel(name="transformer", path=str(tiny(family)), max_length=64, training=training)
    network = moved(model.build(PAIRS, seed=0))
    consistent(lambda some: predict(network, network.encode(some), machine=MACHINE), pairs)


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_heads_on_frozen_features_have_none_either(family: str, tiny: Callable[..., Path]) -> None:
    pairs = np.stack([tiny_models.texts(12), tiny_models.texts(12, seed=1)], 1)
    model = LanguageModel(name="transformer", path=str(tiny(family)), max_length=64, training="probe")
    extractor = model.extractor()
    assert extractor is not None
    network = extractor.build(PAIRS).eval()
    probe: Probe | None = None

    def features(some: np.ndarray) -> Tensor:
        rows = network.encode(some)
        with torch.inference_mode():
            found: Tensor = network(rows.batch(np.arange(len(some)), MACHINE.device))
        return found

    probe = Probe(features(pairs).shape[-1], PAIRS, seed=0)
    torch.nn.init.normal_(probe.head.weight, generator=torch.Generator().manual_seed(0))
    consistent(lambda some: predict(probe, Arrays(features(some).numpy()), machine=MACHINE), pairs)


def test_those_are_all_families_that_learn_preferences() -> None:
    """Word vectors give each candidate a mean of its own, and a probe on these is the probe above."""

    def made(entry: Any) -> Model:
        found: Model = entry.value(**({"path": "org/name"} if entry.name in ("transformer", "vision") else {}))
        return found

    learn = [one for one in map(made, models) if "preference" in one.kinds]
    assert len(learn) >= 20
    assert all(isinstance(one, (LanguageModel, WordVectors)) for one in learn)
