"""How much memory a model takes: what is told from its configuration is what torch counts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError
from outgrow.learning import available as memory
from outgrow.learning.footprint import BFLOAT16, REST, Extent, Setting, to_answer, to_train
from outgrow.learning.machine import Machine
from outgrow.learning.team import Team
from outgrow.models.bases.language import LanguageModel
from outgrow.models.toy import ToyModel
from outgrow.steps.labels import Labels
from outgrow.steps.memory import GIB, check_memory, rough_memory
from outgrow.steps.predictor import Untrained
from outgrow.steps.score import Scored
from outgrow.tasks.base import Output

TWO = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
TEXT = Output(kind="generation", n_classes=2, class_names=("bad", "good"))
CPU = torch.device("cpu")
TABLE = Path(__file__).parents[2] / "docs" / "large-models.md"
ROOMY = Setting(tokens=64, length=64)


def bytes_of(tensors: Any) -> int:
    return sum(one.numel() * one.element_size() for one in tensors)


def model(tiny: Callable[..., Path], family: str, training: Any = "full") -> LanguageModel:
    return LanguageModel(name="tiny", path=str(tiny(family)), max_length=64, training=training)


@pytest.mark.parametrize("training", ["full", "lora"])
@pytest.mark.parametrize(("family", "output"), [("gpt2", TWO), ("llama", TWO), ("bert", TWO), ("pythia", TEXT)])
def test_weights_gradients_and_moments_are_those_that_torch_counts(
    tiny: Callable[..., Path], family: str, output: Output, training: str
) -> None:
    one = model(tiny, family, training)
    network = one.build(output, seed=0)
    told = to_train(one.extent(output), ROOMY)
    trained = [value for value in network.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, fused=True)
    for value in trained:
        value.grad = torch.ones_like(value)
    optimizer.step()
    moments: list[Tensor] = [
        value for state in optimizer.state.values() for name, value in state.items() if name != "step"
    ]
    head: nn.Module = getattr(network, "head", nn.Identity())  # in no configuration, and small
    own = bytes_of(head.parameters())
    assert told.weights == bytes_of(network.parameters()) - own
    assert told.gradients == bytes_of(value.grad for value in trained) - own
    assert told.optimizer == bytes_of(moments) - 2 * own


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_activations_are_about_those_that_torch_keeps(tiny: Callable[..., Path], family: str, low: bool) -> None:
    one = model(tiny, family)
    network = one.build(TWO, seed=0)
    machine = Machine(device=CPU, precision="bfloat16" if low else "float32", team=Team())
    machine.place(network).train()
    rows = network.encode(tiny_models.texts(64, longest=60))
    longest = np.argsort(-rows.lengths)[:16]
    weights = {value.untyped_storage().data_ptr() for value in network.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(value: Tensor) -> Tensor:
        kept[value.untyped_storage().data_ptr()] = value
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value), machine.multiplying(network):
        network(rows.batch(longest, CPU))
    found = sum(value.untyped_storage().nbytes() for place, value in kept.items() if place not in weights)
    length = int(rows.lengths[longest].max())
    told = to_train(one.extent(TWO), Setting(tokens=16 * length, length=length, low=low))
    assert 0.5 < (told.activations + told.copies) / found < 2


BIG = Extent(parameters=1_000, trainable=1_000, layers=4, outside=200, width=8, inner=32, heads=2)


def test_what_is_shared_out_or_waits_elsewhere_is_no_burden() -> None:
    how: dict[str, Any] = {"tokens": 10, "length": 10}
    whole = to_train(BIG, Setting(**how))
    half = to_train(BIG, Setting(**how, parts=2, blockwise=True))
    assert (half.weights, half.gradients, half.optimizer) == (2_000, 2_000, 4_000)
    assert half.copies == 2 * 200 * 4 + 200 * 4 + 4 * 200
    assert half.activations == whole.activations
    away = to_train(BIG, Setting(**how, parts=2, blockwise=True, offload=True))
    assert (away.weights, away.gradients, away.optimizer, away.host) == (0, 0, 0, 8_000)
    assert away.total == away.copies + away.activations + REST
    again = to_train(BIG, Setting(**how, checkpointing=True))
    assert again.activations < whole.activations / 2
    assert to_answer(BIG, Setting(**how)).total < whole.total
    assert to_answer(BIG, Setting(**how, parts=4, blockwise=True)).weights == 1_000
    assert to_answer(BIG, Setting(**how, parts=4, blockwise=True, offload=True)).host == 1_000


@pytest.fixture
def seven(tmp_path: Path) -> LanguageModel:
    """The configuration of a model with seven billion parameters, without any weights."""
    import transformers

    config: Any = transformers.Qwen2Config(
        hidden_size=3584, num_hidden_layers=28, num_attention_heads=28, num_key_value_heads=4, intermediate_size=18944,
        vocab_size=152064, tie_word_embeddings=False,
    )  # fmt: skip
    config.save_pretrained(tmp_path / "seven")
    return LanguageModel(name="seven", path=str(tmp_path / "seven"))


def test_what_does_not_fit_is_refused_before_it_is_loaded_with_what_would_fit(
    seven: LanguageModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert seven.extent(TWO).parameters == 7_070_619_136  # the published 7.6 billion, less the unembedding
    machine = Machine(device=CPU, precision="bfloat16", tokens=16_384, team=Team())
    monkeypatch.setattr(memory, "available", lambda device: 80 * GIB)
    with pytest.raises(ConfigError) as caught:
        check_memory(seven, TWO, machine, use="train")
    for part in (
        "to train seven takes about 244.8 GiB on each device (weights 26.3 GiB, gradients 26.3 GiB, optimizer 52.7 GiB",
        "cpu has 80.0 GiB",
        "--sharding full --checkpointing, in 2 processes (torchrun --nproc-per-node 2 -m outgrow run ...)",
        "--sharding full --offload --checkpointing",
        'training = "lora" and --checkpointing',
        'training = "probe" (',
    ):
        assert part in str(caught.value)
    check_memory(seven, TWO, machine, use="answer with")
    monkeypatch.setattr(memory, "available", lambda device: GIB)
    with pytest.raises(ConfigError, match="no setting would fit; choose a smaller model"):
        check_memory(seven, TWO, machine, use="extract features with")
    assert caplog.text == ""
    monkeypatch.setattr(memory, "available", lambda device: 200 * GIB)
    check_memory(seven, TWO, machine, use="train")
    assert "what would fit: --checkpointing (" in caplog.text, "only activations, an estimate, are too large"


def test_the_table_of_the_documents_is_what_is_told(seven: LanguageModel) -> None:
    rows = [
        line.split("|")[1:-1] for line in TABLE.read_text().splitlines() if re.match(r"\| `(full|lora|probe)`", line)
    ]
    assert len(rows) == 5
    places: list[dict[str, Any]] = [
        {},
        {"blockwise": True, "offload": True},
        {"blockwise": True, "parts": 2},
        {"blockwise": True, "parts": 8},
    ]
    for name, *cells in rows:
        training, bits = re.findall(r"full|lora|probe", name)[0], "".join(re.findall(r"\dbit", name))
        extent = dataclasses.replace(seven, training=training, quantised=bits).extent(TWO)  # type: ignore[arg-type]
        if training == "probe":
            extent = dataclasses.replace(extent, frozen_bytes=BFLOAT16)
        for cell, place in zip(cells, places, strict=True):
            how = Setting(tokens=4_096, length=256, low=True, checkpointing=True, **place)
            found = (to_answer if training == "probe" else to_train)(extent, how)
            host = f" + {found.host / GIB:.1f}" if found.host else ""
            assert cell.strip() in ("-", f"{found.total / GIB:.1f}{host}"), name


@pytest.mark.parametrize(("training", "bits"), [("full", ""), ("lora", ""), ("probe", ""), ("lora", "4bit")])
def test_what_a_step_is_thought_to_need_is_about_what_its_model_takes(
    seven: LanguageModel, training: Any, bits: Any
) -> None:
    """Before the model's files are there, and after: but for activations."""
    one = dataclasses.replace(seven, training=training, quantised=bits)
    use: Any = "extract features with" if training == "probe" else "train"
    there = (to_answer if training == "probe" else to_train)(one.extent(TWO), ROOMY)
    assert rough_memory(one.rough_extent, use=use) == pytest.approx(there.total - there.activations, rel=0.2)
    assert rough_memory(ToyModel(name="toy-xs").rough_extent, use="train") == 0
    labelled = Labels(by=Untrained(model=one), part=None)  # type: ignore[arg-type]
    assert labelled.memory == Scored(by=labelled.by, split=None).memory  # type: ignore[arg-type]
    assert labelled.memory == rough_memory(one.rough_extent, use="answer with") > GIB


def test_small_models_and_unknown_devices_are_not_refused(
    seven: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(device=CPU, team=Team())
    monkeypatch.setattr(memory, "available", lambda device: 0)
    check_memory(ToyModel(name="toy-xs"), TWO, machine, use="train")
    monkeypatch.setattr(memory, "available", lambda device: None)
    check_memory(seven, TWO, machine, use="train")
