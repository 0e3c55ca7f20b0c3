"""Frozen weights of few bits: part of the key, refused where the library is not here, and about right where it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch

from outgrow.errors import ConfigError, MissingDependency
from outgrow.learning.extract import extracted
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Probabilities
from outgrow.learning.predict import predict
from outgrow.learning.shards import Shards
from outgrow.learning.team import Team
from outgrow.learning.train import fit
from outgrow.learning.weights import State, packed, put_back, trainable
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output
from outgrow.text import quantised

TWO = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
CPU = Machine(device=torch.device("cpu"), precision="float32", team=Team())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wide enough for blocks of 64 weights."""
    with pytest.MonkeyPatch.context() as wider:
        wider.setattr(tiny_models, "WIDTH", 64)
        return tiny_models.save("gpt2", tmp_path_factory.mktemp("wide"), layers=2)


def model(folder: Path, bits: Any = "", training: Any = "lora") -> LanguageModel:
    return LanguageModel(name="tiny", path=str(folder), max_length=32, training=training, quantised=bits)


def test_few_bits_are_part_of_the_key_and_what_has_none_keeps_its_key(folder: Path) -> None:
    plain, few = model(folder), model(folder, "4bit")
    assert "quantised" not in plain.identity()
    assert few.identity() == {**plain.identity(), "quantised": "4bit"}
    probe, few_probe = model(folder, training="probe").extractor(), model(folder, "8bit", "probe").extractor()
    assert probe is not None
    assert few_probe is not None
    assert few_probe.identity() == {**probe.identity(), "quantised": "8bit"}
    assert few.label.endswith("lora 4bit")


def test_weights_that_are_trained_have_all_their_bits(folder: Path) -> None:
    with pytest.raises(ConfigError, match="quantised = '4bit': weights of few bits stay frozen; set training ="):
        model(folder, "4bit", "full")
    with pytest.raises(ConfigError, match="cannot begin from other weights than its own"):
        model(folder, "4bit").build(TWO, seed=0, start={})
    with pytest.raises(ConfigError, match=r"hidden layers of .* cannot be fine-tuned: leave `quantised` out"):
        model(folder, "4bit").language_model()


def test_without_the_library_it_is_refused_before_anything_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantised, "find_spec", lambda name: None)
    few, texts = model(folder, "8bit"), tiny_models.texts(4)
    assert few.misfit(texts, TWO) == "needs the extra [quantised]: pip install 'outgrow[quantised]'"
    assert model(folder).misfit(texts, TWO) == ""
    with pytest.raises(MissingDependency, match=r"quantised = '8bit' needs the extra \[quantised\]"):
        few.build(TWO, seed=0)


def test_weights_of_four_bits_are_not_trained_upon_on_a_cpu(folder: Path) -> None:
    said = model(folder, "4bit").misfit_on("cpu")
    assert said.startswith("cannot be trained on a CPU, where weights of four bits can only answer: set quantised")
    others = [(model(folder, "4bit"), "cuda"), (model(folder, "8bit"), "cpu"), (model(folder, "4bit", "probe"), "cpu")]
    assert [one.misfit_on(device) for one, device in others] == ["", "", ""]


@pytest.mark.parametrize(("bits", "smaller"), [("8bit", 0.5), ("4bit", 0.4)])
def test_few_bits_take_less_memory(folder: Path, bits: str, smaller: float) -> None:
    whole, few = (model(folder, one).extent(TWO) for one in ("", bits))
    assert few.frozen_bytes < 4 * (smaller + 0.4)  # embeddings keep theirs, and are most of a tiny model
    assert (few.parameters, few.trainable) == (whole.parameters, whole.trainable)
    assert 'training = "lora", quantised = "4bit"' in [words for _, words in model(folder).smaller()]


# With the library, which is no part of the tests' requirements


def data(rows: int = 24) -> tuple[np.ndarray, Probabilities]:
    texts = tiny_models.texts(rows)
    targets = torch.eye(2)[[int("good" in text.split()) for text in texts]]
    return texts, Probabilities(targets)


def trained(one: LanguageModel) -> tuple[Any, State, np.ndarray]:
    network, (texts, targets) = one.build(TWO, seed=0), data()
    rows = network.encode(texts)
    fit(network, rows, targets, TrainSpec(epochs=2, batch_size=8), loss=CrossEntropy(), seed=0, machine=CPU)
    return network, trainable(network), predict(network, rows, machine=CPU)


@pytest.mark.filterwarnings("ignore")  # of the library
def test_low_rank_updates_are_trained_on_frozen_weights_of_few_bits(folder: Path, tmp_path: Path) -> None:
    """Of eight: on a CPU the library lays four bits out for answers alone."""
    pytest.importorskip("bitsandbytes")
    network, state, answers = trained(model(folder, "8bit"))
    assert quantised.is_quantised(network)
    assert {name for name in state if "lora" not in name} == {"head.weight", "head.bias"}
    whole = trained(model(folder))[2]
    assert 0 < np.abs(answers - whole).mean() < 0.03
    assert torch.equal(trained(model(folder, "8bit"))[1]["head.weight"], state["head.weight"])
    (tmp_path / "state").write_bytes(packed(state))
    again = model(folder, "8bit").build(TWO, seed=0)
    put_back(again, tmp_path / "state")
    np.testing.assert_array_equal(predict(again, again.encode(data()[0]), machine=CPU), answers)
    with pytest.raises(ConfigError, match="low-rank updates cannot be added to quantised weights"):
        again.backbone_state()
    with pytest.raises(ConfigError, match="cannot share out quantised weights"):
        dataclasses.replace(CPU, team=Shards(1, 0, offload=False)).place(again)


@pytest.mark.filterwarnings("ignore")  # of the library
def test_what_is_told_of_the_memory_is_what_few_bits_take(folder: Path) -> None:
    pytest.importorskip("bitsandbytes")
    whole = model(folder, training="probe").extractor()
    assert whole is not None
    exact = CPU.place(whole.build(TWO)).eval()
    for bits in ("8bit", "4bit"):
        one = model(folder, bits, "probe")
        extractor = one.extractor()
        assert extractor is not None
        network = extractor.build(TWO)
        held = sum(value.numel() * value.element_size() for value in network.parameters())
        told = one.extent(TWO)
        assert told.parameters * told.frozen_bytes == pytest.approx(held, rel=0.1)
        CPU.place(network).eval()
        rows = network.encode(data()[0])
        found = [
            np.concatenate([values for _, values in extracted(one, rows, CPU, "tiny")]) for one in (network, exact)
        ]
        apart = np.abs(found[0] - found[1]).mean() / np.abs(found[1]).mean()
        assert 0 < apart < (0.05 if bits == "8bit" else 0.5)
