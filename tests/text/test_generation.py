"""Causal language models that continue texts: logits of known answers, greedy answers, language modelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import PLAIN, accumulated, batch_of, cross_entropy

from outgrow.errors import ConfigError
from outgrow.learning.batching import micro_batches
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Objective
from outgrow.learning.predict import predict
from outgrow.learning.train import fit
from outgrow.learning.weights import packed, trainable
from outgrow.methods.losses.base import losses
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output
from outgrow.text.generation import Generator
from outgrow.text.network import load_start
from outgrow.text.pretrained import load

CAUSAL = ("gpt2", "pythia", "qwen2", "qwen3", "llama")
CPU = torch.device("cpu")
MACHINE = Machine(device=CPU, precision="float32")
ANSWERS = np.array(["good film", "yes", "no no no", "warm", "e2e4"], dtype=object)
TEXTS = Output(kind="generation", n_classes=5, class_names=tuple(ANSWERS))


def generator(folder: Path, **options: Any) -> Generator:
    fields: dict[str, Any] = {"name": "transformer", "path": str(folder), "max_length": 64}
    made = LanguageModel(**fields | options).build(TEXTS, seed=0)
    assert isinstance(made, Generator)
    return made


def everything(rows: Any) -> Any:
    return rows.batch(np.arange(len(rows)), CPU)


@pytest.mark.parametrize("family", CAUSAL)
def test_logits_of_answers_are_those_of_a_plain_unpadded_computation(family: str, tiny: Callable[..., Path]) -> None:
    network = generator(tiny(family)).eval()
    prompts = network.encode(tiny_models.texts(5))
    rows, targets = network.answered(prompts, ANSWERS)
    with torch.inference_mode():
        found = network(everything(rows))
    plain = load(tiny(family), layers=0)
    tokenizer, model = plain.tokenizer, plain.causal.eval()
    expected, wanted = [], []
    for text, answer in zip(tiny_models.texts(5), ANSWERS, strict=True):
        prompt = tokenizer(text)["input_ids"]
        said = [*tokenizer(f" {answer}")["input_ids"], tokenizer.eos_token_id]
        with torch.inference_mode():
            expected.append(model(input_ids=torch.tensor([prompt + said])).logits[0, len(prompt) - 1 : -1])
        wanted += said
    torch.testing.assert_close(found, torch.cat(expected), atol=2e-5, rtol=1e-4)
    assert targets[np.arange(5)].tolist() == wanted
    assert targets[np.array([3, 1])].tolist() == [
        *tokenizer(" warm")["input_ids"], tokenizer.eos_token_id,
        *tokenizer(" yes")["input_ids"], tokenizer.eos_token_id,
    ]  # fmt: skip


@pytest.mark.parametrize("training", ["full", "lora"])
@pytest.mark.parametrize("family", CAUSAL)
def test_generation_is_a_loop_over_the_most_probable_token(
    family: str, training: str, tiny: Callable[..., Path]
) -> None:
    network = generator(tiny(family), training=training, new_tokens=6).eval()
    inputs = tiny_models.texts(5)
    rows = network.encode(inputs)
    assert rows.side == "left"
    assert len(np.unique(rows.lengths)) > 1
    plain = load(tiny(family), layers=0)
    expected = []
    for text in inputs:
        ids = plain.tokenizer(text)["input_ids"]
        start = len(ids)
        for _ in range(6):
            with torch.inference_mode():
                token = int(plain.causal.eval()(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
            if token == plain.tokenizer.eos_token_id:
                break
            ids.append(token)
        expected.append(plain.tokenizer.decode(ids[start:]).split("\n")[0].strip())
    assert len(set(expected)) > 1
    assert predict(network, rows, machine=MACHINE).tolist() == expected
    alone = [predict(network, network.encode(inputs[i : i + 1]), machine=MACHINE)[0] for i in range(5)]
    assert alone == expected


def test_a_checkpoints_own_ways_to_generate_do_not_count(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_models.copied(tiny("llama"), tmp_path / "model")
    ways = {
        "do_sample": True,
        "temperature": 0.6,
        "repetition_penalty": 1.8,
        "no_repeat_ngram_size": 1,
        "max_length": 3,
    }
    (folder / "generation_config.json").write_text(json.dumps(ways))
    inputs = tiny_models.texts(8)
    answers = [
        predict(network, network.encode(inputs), machine=MACHINE).tolist()
        for network in (generator(folder), generator(tiny("llama")))
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("training", ["full", "lora"])
@pytest.mark.parametrize("family", CAUSAL)
def test_learned_answers_are_given_saved_and_loaded(
    family: str, training: str, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    network = generator(tiny(family), training=training)
    prompts = network.encode(
        np.array(["Question: food?", "A film that is long and cold. Question: film?"], dtype=object)
    )
    answers = np.array(["good food", "bad e2e4"], dtype=object)
    rows, targets = network.answered(prompts, answers)
    spec = TrainSpec(epochs=60, batch_size=2, learning_rate=1e-2, evaluations=1)
    fit(network, rows, targets, spec, loss=PLAIN, seed=0, machine=MACHINE)
    assert predict(network, prompts, machine=MACHINE).tolist() == answers.tolist()
    weights = tmp_path / "weights"
    weights.write_bytes(packed(trainable(network)))
    anew = generator(tiny(family), training=training)
    assert predict(anew, prompts, machine=MACHINE).tolist() != answers.tolist()
    missing, unexpected = anew.load_state_dict(load_file(weights), strict=False)
    assert not unexpected
    assert {name for name, value in anew.named_parameters() if not value.requires_grad}.issuperset(missing)
    assert predict(anew, prompts, machine=MACHINE).tolist() == answers.tolist()
    if training == "lora":
        assert all("lora_" in name for name in trainable(network))
        assert weights.stat().st_size < 0.6 * (tiny(family) / "model.safetensors").stat().st_size


def test_prompts_are_cut_on_the_left_and_leave_room_for_the_answer(tiny: Callable[..., Path]) -> None:
    network = generator(tiny("gpt2"), max_length=12, new_tokens=4)
    rows = network.encode(np.array(["good bad film food dull fine warm cold long short", "yes"], dtype=object))
    assert [len(one) for one in rows.sequences] == [8, 1]
    assert network.tokenizer.decode(rows.sequences[0]).split()[-1] == "short"
    assert network.notes(rows) == ["1 of 2 texts was longer than 8 tokens and cut on the left"]
    answered, targets = network.answered(rows, np.array(["no " * 20, "yes"], dtype=object))
    lengths = [len(one) for one in tiny_models.sequences(answered)]
    assert lengths == [12, 3]  # an answer has at most new_tokens, its end included
    assert targets[np.array([0])].tolist()[-1] == network.end
    with pytest.raises(ConfigError, match=r"max_length = 12 leaves no room for a prompt beside .* new_tokens = 12"):
        generator(tiny("gpt2"), max_length=12).encode(np.array(["yes"], dtype=object))


def test_an_empty_weak_answer_is_an_answer(tiny: Callable[..., Path]) -> None:
    network = generator(tiny("pythia"))
    rows, targets = network.answered(
        network.encode(np.array(["yes", ""], dtype=object)), np.array(["", "no"], dtype=object)
    )
    assert len(network(everything(rows))) == len(targets[np.arange(2)])


def test_an_encoder_cannot_generate(tiny: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="an encoder cannot generate text; choose a causal language model"):
        generator(tiny("bert"))


TOKENWISE = ["adaptive_confidence", "confidence_loss", "cross_entropy", "gce", "sce"]


def test_losses_of_tokens_are_these_and_others_are_refused_with_the_kinds_that_they_are_for() -> None:
    found = [entry.name for entry in losses if "generation" in entry.value.kinds]
    assert set(found) >= set(TOKENWISE)
    assert len(list(losses)) >= len(found) + 10
    for entry in losses:
        if entry.name not in found:
            said = f"{entry.name!r} is for {' and '.join(sorted(entry.value.kinds))} tasks"
            assert Objective(loss=entry.value()).misfit("generation") == said


@pytest.mark.parametrize("name", TOKENWISE)
def test_the_update_does_not_depend_on_the_micro_batches(name: str, tiny: Callable[..., Path]) -> None:
    network = generator(tiny("qwen2")).train()
    rows, targets = network.answered(network.encode(tiny_models.texts(10)), np.tile(ANSWERS, 2))
    found, values = [], []
    for budget in (10_000, 60, 1):
        pieces = micro_batches(np.arange(10), rows.lengths, budget=budget)
        loss = losses[name]()
        values.append(accumulated(network, rows, targets, pieces, loss, progress=0.9, machine=MACHINE))
        found.append({name: value.grad.clone() for name, value in network.named_parameters() if value.grad is not None})
        network.zero_grad()
    assert values == pytest.approx([values[0]] * 3, rel=1e-5)
    for other in found[1:]:
        for name, value in found[0].items():
            torch.testing.assert_close(other[name], value, atol=1e-5, rtol=1e-3)


# Language modelling


@pytest.mark.parametrize("family", CAUSAL)
def test_every_token_but_the_first_is_asked_of_a_text(family: str, tiny: Callable[..., Path]) -> None:
    model = LanguageModel(name="transformer", path=str(tiny(family)), max_length=8)
    network = model.language_model().eval()
    assert isinstance(network, Generator)
    pairs = np.stack([tiny_models.texts(3), tiny_models.texts(3, seed=1)], 1)
    rows, targets = network.continued(pairs)
    assert len(rows) == 6
    assert rows.lengths.max() == 8  # the end of the text counts
    plain = load(tiny(family), layers=0).causal.eval()
    sequences = tiny_models.sequences(rows)
    with torch.inference_mode():
        found = network(everything(rows))
        expected = torch.cat([plain(input_ids=torch.tensor(one)[None]).logits[0, :-1] for one in sequences])
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)
    assert targets[np.arange(6)].tolist() == [int(token) for one in sequences for token in one[1:]]
    assert all(one[-1] == network.end for one in sequences)


@pytest.mark.parametrize("training", ["full", "lora", "probe"])
@pytest.mark.parametrize("family", CAUSAL)
def test_language_modelling_lowers_the_loss_and_its_weights_go_into_the_backbone(
    family: str, training: Any, tiny: Callable[..., Path]
) -> None:
    model = LanguageModel(name="transformer", path=str(tiny(family)), max_length=32, training=training)
    network = model.language_model()
    assert isinstance(network, Generator)
    inputs = tiny_models.texts(16)
    rows, targets = network.continued(inputs)

    def loss() -> float:
        with torch.inference_mode():
            return cross_entropy(batch_of(network.eval()(everything(rows)), targets[np.arange(16)])).item()

    before = loss()
    spec = TrainSpec(epochs=4, batch_size=8, learning_rate=1e-2, evaluations=1)
    fit(network, rows, targets, spec, loss=PLAIN, seed=0, machine=MACHINE)
    after = loss()
    assert after < before - 0.3
    ids = torch.from_numpy(tiny_models.sequences(rows)[0])[None]
    base = network.model.get_base_model() if training == "lora" else network.model
    with torch.inference_mode():
        wanted = base.base_model(input_ids=ids).last_hidden_state
    state = {name: value.clone() for name, value in network.backbone_state().items()}
    pretrained = load_start(model.load(), state)
    with torch.inference_mode():
        found = pretrained.backbone.eval()(input_ids=ids).last_hidden_state
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    output = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
    changed = []
    for start in (None, state):
        extractor = model.extractor()
        made = (extractor.build(output, start=start) if extractor else model.build(output, seed=0, start=start)).eval()
        with torch.inference_mode():
            changed.append(made(everything(made.encode(inputs))))
    assert (changed[0] - changed[1]).abs().max() > 1e-2
