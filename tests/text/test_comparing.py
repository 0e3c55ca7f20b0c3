"""Which of two texts is better, by a prompt: exchanging the candidates exchanges the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from outgrow.learning.machine import Machine
from outgrow.learning.predict import predict
from outgrow.models.bases.language import LanguageModel
from outgrow.tasks.base import Output
from outgrow.text.comparing import WORDS, averaged, prompt

PAIR = Output(kind="preference", n_classes=2)
PAIRS = np.array([["good film", "bad film"], ["dull food", "warm food"], ["cold", "cold"]], object)


def test_both_orders_are_averaged_so_that_no_place_is_favoured() -> None:
    logits = torch.tensor([[[2.0, 0.0], [1.0, 0.5]], [[0.3, 0.3], [5.0, 5.0]]])
    p, swapped = logits[:, 0].softmax(-1)[:, 1], logits[:, 1].softmax(-1)[:, 1]
    np.testing.assert_allclose(averaged(logits).exp()[:, 1], (p + 1 - swapped) / 2, rtol=1e-6)
    fond_of_the_first = torch.tensor([[[9.0, 0.0], [9.0, 0.0]]])
    np.testing.assert_allclose(averaged(fond_of_the_first).exp(), [[0.5, 0.5]], atol=1e-6)


def test_a_language_model_compares_candidates_whatever_their_order(tiny: Callable[..., Path]) -> None:
    model = LanguageModel(name="transformer", path=str(tiny("llama", layers=2)), max_length=16)
    network: Any = model.prompted(PAIR, shots=[])
    machine = Machine(device=torch.device("cpu"))
    said = predict(network, network.encode(PAIRS), machine=machine)
    turned = predict(network, network.encode(PAIRS[:, ::-1]), machine=machine)
    np.testing.assert_allclose(said.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(said, turned[:, ::-1], atol=1e-5)
    np.testing.assert_allclose(said[2], 0.5, atol=1e-6)
    assert abs(said[0, 0] - 0.5) > 1e-3
    decoded = [network.tokenizer.decode(one) for one in network.encode(PAIRS[:1]).sequences]
    assert decoded == [prompt("good film", "bad film"), prompt("bad film", "good film")]
    assert all(word in decoded[0] for word in WORDS)
