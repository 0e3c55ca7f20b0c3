"""Pretrained transformers with a head: pooling, batches, depth, heads, low-rank updates, what is saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from losses import PLAIN, accumulated, batch_of, cross_entropy
from torch import Tensor, nn

from outgrow.errors import ConfigError, DataError, MissingDependency
from outgrow.learning.batching import Arrays, micro_batches
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network
from outgrow.learning.objective import Probabilities
from outgrow.learning.predict import predict
from outgrow.learning.train import fit
from outgrow.learning.weights import packed, trainable
from outgrow.methods.base import methods
from outgrow.methods.losses.base import losses
from outgrow.models.bases.language import LanguageModel
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output
from outgrow.text.network import answer_words, pool
from outgrow.text.pretrained import load
from outgrow.text.tokens import Tokens

FAMILIES = ("gpt2", "pythia", "qwen2", "qwen3", "llama", "bert")
CAUSAL = FAMILIES[:-1]
CPU = torch.device("cpu")
MACHINE = Machine(device=CPU, precision="float32")
CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
PAIRS = Output(kind="preference", n_classes=2, class_names=("first", "second"))
SPEC = TrainSpec(epochs=2, batch_size=8, learning_rate=1e-3, evaluations=1)


def spec(folder: Path, **options: Any) -> LanguageModel:
    fields: dict[str, Any] = {"name": "transformer", "path": str(folder), "max_length": 64}
    return LanguageModel(**fields | options)


def everything(rows: Any) -> Any:
    return rows.batch(np.arange(len(rows)), CPU)


def one_hot(n: int) -> Probabilities:
    return Probabilities(torch.eye(2)[torch.arange(n) % 2])


def saved_and_loaded(network: nn.Module, anew: Network, file: Path) -> Network:
    """What `finetune` and `put_back` do with weights."""
    from safetensors.torch import load_file

    file.write_bytes(packed(trainable(network)))
    missing, unexpected = anew.load_state_dict(load_file(file), strict=False)
    assert not unexpected
    assert {name for name, value in anew.named_parameters() if not value.requires_grad}.issuperset(missing)
    return anew


# Pooling and batches


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_pooling_goes_by_the_mask_whichever_side_is_padded(pooling: Any) -> None:
    states = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])
    found = pool(states, mask, pooling)
    for row, (first, stop) in enumerate(((0, 3), (2, 5), (0, 5))):
        real = states[row : row + 1, first:stop]
        torch.testing.assert_close(found[row], real[0, -1] if pooling == "last" else real[0].mean(0))
        torch.testing.assert_close(pool(real, None, pooling)[0], found[row])


def test_the_mean_of_many_states_is_not_taken_in_bfloat16() -> None:
    states = torch.ones(1, 700, 1, dtype=torch.bfloat16)
    mask = torch.ones(1, 700, dtype=torch.int64)
    mask[0, :100] = 0
    assert pool(states, mask, "mean").item() == pool(states, None, "mean").item() == 1


@pytest.mark.parametrize("output", [CLASSES, PAIRS], ids=["classification", "preference"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_rows_logits_do_not_depend_on_its_companions(family: str, output: Output, tiny: Callable[..., Path]) -> None:
    for pooling in ("last", "mean"):
        network = spec(tiny(family), pooling=pooling).build(output, seed=0).eval()
        nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
        inputs = tiny_models.texts(6)
        if output.kind == "preference":
            inputs = np.stack([inputs, tiny_models.texts(6, seed=1)], 1)
        rows = network.encode(inputs)
        assert len(np.unique(rows.lengths)) > 1
        with torch.inference_mode():
            together = network(everything(rows))
            alone = torch.cat([network(rows.batch(np.array([i]), CPU)) for i in range(6)])
        assert together.shape == (6, 2)
        assert together.std(0).min() > 1e-3
        torch.testing.assert_close(alone, together, atol=2e-5, rtol=1e-4)
        np.testing.assert_allclose(predict(network, rows, machine=MACHINE), together.softmax(-1), atol=1e-5)


@pytest.mark.parametrize("family", ["gpt2", "pythia"])
def test_a_model_without_a_token_for_padding_can_be_padded_with_any(family: str, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family)).build(CLASSES, seed=0).eval()
    assert network.tokenizer.pad_token_id is None  # type: ignore[union-attr]
    rows = network.encode(tiny_models.texts(4))
    found = []
    for pad in (0, 7):
        other = Tokens(sequences=tiny_models.sequences(rows), pad=pad)
        with torch.inference_mode():
            found.append(network(everything(other)))
    torch.testing.assert_close(found[0], found[1], atol=1e-6, rtol=0)


def test_an_empty_text_is_one_token(tiny: Callable[..., Path]) -> None:
    network = spec(tiny("gpt2")).build(CLASSES, seed=0)
    rows = network.encode(np.array(["", "good film"], dtype=object))
    assert [len(one) for one in tiny_models.sequences(rows)] == [1, 2]


def test_batches_keep_the_order_of_rows_and_both_texts_of_a_pair() -> None:
    sequences = [np.arange(1, n + 1) for n in (3, 1, 2, 4)]
    pairs = Tokens(sequences=sequences, pad=9, per_row=2)
    assert len(pairs) == 2
    assert pairs.lengths.tolist() == [6, 8]  # both texts are padded to the longer one
    batch = pairs.batch(np.array([1, 0]), CPU)
    assert batch.input_ids.tolist() == [[1, 2, 9, 9], [1, 2, 3, 4], [1, 2, 3, 9], [1, 9, 9, 9]]
    assert batch.mask is not None
    assert batch.mask.sum(1).tolist() == [2, 4, 3, 1]
    assert Tokens(sequences=sequences[:1], pad=9).batch(np.array([0]), CPU).mask is None
    left = Tokens(sequences=sequences, pad=9, side="left").batch(np.array([1, 3]), CPU)
    assert left.input_ids.tolist() == [[9, 9, 9, 1], [1, 2, 3, 4]]


# Truncation


@pytest.mark.parametrize("family", ["gpt2", "bert"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_texts_are_cut_on_the_stated_side_and_counted(side: Any, family: str, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family), max_length=6, truncation=side).build(CLASSES, seed=0)
    long = "good bad film food dull fine warm cold long"
    rows = network.encode(np.array([long, "good"] * 3, dtype=object))
    assert max(len(one) for one in tiny_models.sequences(rows)) == 6
    kept = network.tokenizer.decode(tiny_models.sequences(rows)[0], skip_special_tokens=True).split()  # type: ignore[union-attr, operator]
    words = long.split()
    assert kept == (words[-len(kept) :] if side == "left" else words[: len(kept)])
    assert network.notes(rows) == [f"3 of 6 texts were longer than 6 tokens and cut on the {side}"]
    if family == "bert":
        assert tiny_models.sequences(rows)[0][0] == network.tokenizer.cls_token_id  # type: ignore[union-attr]
        assert tiny_models.sequences(rows)[0][-1] == network.tokenizer.sep_token_id  # type: ignore[union-attr]
    short = network.encode(np.array(["good"], dtype=object))
    assert network.notes(Arrays(np.zeros((1, 2)))) == network.notes(short) == []


START = "good film food dull fine warm cold long"


@pytest.mark.parametrize("family", ["gpt2", "bert"])
@pytest.mark.parametrize("training", ["full", "probe"])
def test_pairs_that_differ_at_their_ends_are_cut_on_the_left(
    training: Any, family: str, tiny: Callable[..., Path]
) -> None:
    both = np.array([[f"{START} good", f"{START} bad"], [f"{START} bad", f"{START} good"]], dtype=object)
    model = spec(tiny(family), max_length=6, training=training)

    def built(model: Any) -> Any:
        extractor = model.extractor()
        return extractor.build(PAIRS) if extractor else model.build(PAIRS, seed=0)

    network = built(model)
    rows = network.encode(both)
    assert network.notes(rows) == ["4 of 4 texts were longer than 6 tokens and cut on the left"]
    one, two = tiny_models.sequences(rows)[:2]
    assert not np.array_equal(one, two)
    network = built(dataclasses.replace(model, truncation="right"))
    assert network.notes(network.encode(both))[1] == (
        "both candidates of 2 of 2 pairs are the same tokens: nothing is learned from them, and their answer is a "
        "tie, which counts half; set max_length above 6, or truncation = 'left'"
    )
    assert model.build(CLASSES, seed=0).cut == "right"


def test_pairs_that_the_tokenizer_makes_alike_are_counted_and_tie(tiny: Callable[..., Path]) -> None:
    network = spec(tiny("bert")).build(PAIRS, seed=0)
    rng = np.random.default_rng(0)
    torch.nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
    texts = tiny_models.texts(60)
    both = np.array(
        [[text, f" {text}  " if i % 2 else rng.choice(texts)] for i, text in enumerate(texts)], dtype=object
    )
    rows = network.encode(both)
    (note,) = network.notes(rows)
    sequences = [one.tolist() for one in tiny_models.sequences(rows)]
    n = sum(one == two for one, two in zip(sequences[::2], sequences[1::2], strict=True))
    assert n >= 30
    assert note.startswith(f"both candidates of {n} of 60 pairs are the same tokens: ")
    assert note.endswith("the tokenizer does not tell them apart")
    answers = predict(network, rows, machine=MACHINE)
    assert (answers[1::2] == 0.5).all()


def test_a_longer_text_than_the_model_can_read_is_refused(tiny: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match=r"max_length = 200: .* reads at most 128 tokens"):
        spec(tiny("bert"), max_length=200).build(CLASSES, seed=0)


# Depth


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cut_network_is_the_first_layers_and_the_final_norm(family: str, tiny: Callable[..., Path]) -> None:
    folder = tiny(family, layers=4)
    whole, short = load(folder, layers=0), load(folder, layers=2)
    ids = torch.tensor([whole.tokenizer(" ".join(tiny_models.WORDS[:9]))["input_ids"]])
    names = {"gpt2": "ln_f", "pythia": "final_layer_norm", "bert": ""}
    norm = getattr(whole.backbone, names.get(family, "norm"), nn.Identity())
    with torch.inference_mode():
        states = whole.backbone.eval()(input_ids=ids, output_hidden_states=True).hidden_states
        found = short.backbone.eval()(input_ids=ids).last_hidden_state
        torch.testing.assert_close(found, norm(states[2]))
        assert not torch.allclose(found, norm(states[3]), atol=1e-3)


def test_more_layers_than_there_are_is_an_error(tiny: Callable[..., Path], offline_hub: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="layers = 13: gpt2 has only 12"):
        LanguageModel(name="gpt2", layers=13)
    with pytest.raises(ConfigError, match="layers = 5: the model has only 2"):  # other files than the preset's
        LanguageModel(name="gpt2", layers=5).build(CLASSES, seed=0)
    with pytest.raises(ConfigError, match=r"layers = 9: .* has only 3"):
        assert spec(tiny("llama"), layers=9).cost


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cost_of_a_folder_is_its_multiplications(family: str, tiny: Callable[..., Path]) -> None:
    network = load(tiny(family), layers=0).backbone
    layers = next(module for module in network.modules() if isinstance(module, nn.ModuleList))
    matrices = sum(value.numel() for value in layers.parameters() if value.ndim == 2)
    assert spec(tiny(family)).cost == pytest.approx(64 * matrices)
    assert spec(tiny(family), layers=1).cost == pytest.approx(64 * matrices / 3)


# Heads


@pytest.mark.parametrize("family", CAUSAL)
def test_the_head_begins_as_the_unembedding_of_the_class_words(family: str, tiny: Callable[..., Path]) -> None:
    folder = tiny(family)
    network = spec(folder).build(CLASSES, seed=0).eval()
    pretrained = load(folder, layers=0)
    text = "warm food is"
    ids = torch.tensor([pretrained.tokenizer(text)["input_ids"]])
    words = [pretrained.tokenizer(f" {word}")["input_ids"] for word in CLASSES.class_names]
    assert [len(one) for one in words] == [1, 1]
    with torch.inference_mode():
        expected = pretrained.causal.eval()(input_ids=ids).logits[0, -1, [one[0] for one in words]]
        found = network(everything(network.encode(np.array([text], dtype=object))))[0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    for other in (spec(folder, head="zeros").build(CLASSES, seed=0), spec(tiny("bert")).build(CLASSES, seed=0)):
        assert not other.head.weight.any()  # type: ignore[union-attr, operator]
    reward = spec(folder).build(PAIRS, seed=0)
    assert reward.head.bias is None  # type: ignore[union-attr]
    assert not reward.head.weight.any()  # type: ignore[union-attr, operator]


def test_words_that_begin_alike_become_numbers_or_letters(tiny: Callable[..., Path]) -> None:
    def words(family: str, *names: str, n: int = 2) -> list[str]:
        tokenizer = load(tiny(family), layers=1).tokenizer
        found, tokens = answer_words(tokenizer, Output(kind="classification", n_classes=n, class_names=names))
        assert tokens == [tokenizer(f" {word}")["input_ids"][0] for word in found]
        return found

    assert words("gpt2", "bad", "good") == words("qwen2", "bad", "good") == ["bad", "good"]
    assert words("gpt2") == words("gpt2", "good film", "good food") == ["0", "1"]
    assert words("qwen2") == words("qwen2", "good film", "good food") == ["A", "B"]  # " 0" is two tokens there
    hundred = tuple(f"good {i}" for i in range(100))
    assert words("gpt2", *hundred, n=100) == list(hundred)


# What is trained and saved


@pytest.mark.parametrize("family", FAMILIES)
def test_low_rank_updates_begin_at_zero_and_alone_are_trained_and_saved(
    family: str, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny(family)
    inputs = tiny_models.texts(24)
    plain, network = (spec(folder, training=training).build(CLASSES, seed=0) for training in ("full", "lora"))
    rows = network.encode(inputs)
    np.testing.assert_allclose(
        predict(network, rows, machine=MACHINE), predict(plain, rows, machine=MACHINE), atol=1e-6
    )
    names = {name for name, value in network.named_parameters() if value.requires_grad}
    assert {name.split(".")[0] for name in names} == {"backbone", "head"}
    assert all("lora_" in name for name in names if not name.startswith("head."))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit(network, rows, one_hot(24), SPEC, loss=PLAIN, seed=0, machine=MACHINE)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == names
    assert set(trainable(network)) == names
    anew = spec(folder, training="lora").build(CLASSES, seed=0)
    answers = predict(network, rows, machine=MACHINE)
    assert np.abs(answers - predict(anew, rows, machine=MACHINE)).max() > 1e-3
    anew = saved_and_loaded(network, anew, tmp_path / "weights")
    np.testing.assert_array_equal(predict(anew, rows, machine=MACHINE), answers)
    assert (tmp_path / "weights").stat().st_size < 0.5 * (folder / "model.safetensors").stat().st_size * (
        2 if family == "pythia" else 1  # whose files are in half precision
    )


@pytest.mark.parametrize("output", [CLASSES, PAIRS], ids=["classification", "preference"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_full_training_is_saved_and_loaded(
    family: str, output: Output, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    inputs = tiny_models.texts(16)
    if output.kind == "preference":
        inputs = np.stack([inputs, tiny_models.texts(16, seed=1)], 1)
    model = spec(tiny(family))
    network = model.build(output, seed=0)
    rows = network.encode(inputs)
    fit(network, rows, one_hot(16), SPEC, loss=PLAIN, seed=0, machine=MACHINE)
    answers = predict(network, rows, machine=MACHINE)
    anew = model.build(output, seed=0)
    assert np.abs(answers - predict(anew, rows, machine=MACHINE)).max() > 1e-3
    anew = saved_and_loaded(network, anew, tmp_path / "weights")
    np.testing.assert_array_equal(predict(anew, rows, machine=MACHINE), answers)


def test_the_seed_alone_decides_the_low_rank_updates(tiny: Callable[..., Path]) -> None:
    ones: list[dict[str, Tensor]] = []
    for seed in (1, 1, 2):
        torch.manual_seed(len(ones))
        ones.append(spec(tiny("llama"), training="lora").build(CLASSES, seed=seed).state_dict())
    assert all(torch.equal(ones[0][name], ones[1][name]) for name in ones[0])
    assert not all(torch.equal(ones[0][name], ones[2][name]) for name in ones[0])


# Preference


@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_swapping_the_candidates_swaps_the_logits(family: str, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family)).build(PAIRS, seed=0).eval()
    nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
    inputs = np.stack([tiny_models.texts(5), tiny_models.texts(5, seed=1)], 1)
    with torch.inference_mode():
        one, other = (network(everything(network.encode(both))) for both in (inputs, inputs[:, ::-1]))
        alike = network(everything(network.encode(inputs[:, [0, 0]])))
    torch.testing.assert_close(one, other.flip(1), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(alike[:, 0], alike[:, 1], atol=1e-6, rtol=1e-6)


def test_the_soft_loss_is_bradley_terry() -> None:
    rewards = torch.tensor([[0.3, -1.2], [2.0, 0.5]])
    p = torch.tensor([0.8, 0.1])  # of the second being better
    r1, r2 = rewards.unbind(1)
    logistic = nn.functional.logsigmoid
    expected = -(p * logistic(r2 - r1) + (1 - p) * logistic(r1 - r2)).mean()
    torch.testing.assert_close(cross_entropy(batch_of(rewards, torch.stack([1 - p, p], 1), 0.5)), expected)


# Gradients


def gradients(network: nn.Module) -> dict[str, Tensor]:
    found = {name: value.grad.clone() for name, value in network.named_parameters() if value.grad is not None}
    network.zero_grad()
    return found


@pytest.mark.parametrize("training", ["full", "lora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_recomputed_activations_give_the_same_gradients(family: str, training: Any, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family, dropout=0.1), training=training).build(CLASSES, seed=0).train()
    nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
    batch = everything(network.encode(tiny_models.texts(6)))
    found = []
    for checkpointing in (False, True):
        if checkpointing:
            network.checkpoint_activations()
        torch.manual_seed(0)
        cross_entropy(batch_of(network(batch), one_hot(6).values)).backward()
        found.append(gradients(network))
    assert found[0].keys() == found[1].keys() == {n for n, value in network.named_parameters() if value.requires_grad}
    for name in found[0]:
        torch.testing.assert_close(found[1][name], found[0][name])


@pytest.mark.parametrize("name", ["cross_entropy", "confidence_loss", "reverse_kl", "elr"])
@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_the_update_does_not_depend_on_the_micro_batches(family: str, name: str, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family)).build(CLASSES, seed=0).train()
    nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
    rows = network.encode(tiny_models.texts(20))
    targets = torch.rand(20, 1, generator=torch.Generator().manual_seed(0))
    targets = torch.cat([targets, 1 - targets], 1)
    found, values, counts = [], [], []
    for budget in (10_000, 40, 1):
        pieces = micro_batches(np.arange(20), rows.lengths, budget=budget)
        counts.append(len(pieces))
        loss = losses[name]()
        values.append(accumulated(network, rows, Probabilities(targets), pieces, loss, progress=0.9, machine=MACHINE))
        found.append(gradients(network))
    assert counts[0] == 1 < counts[1] < counts[2] == 20
    assert values == pytest.approx([values[0]] * 3, rel=1e-5)
    for other in found[1:]:
        for weight, value in found[0].items():
            torch.testing.assert_close(other[weight], value, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_the_second_pass_of_a_whole_batch_loss_drops_out_the_same(family: str, tiny: Callable[..., Path]) -> None:
    network = spec(tiny(family, dropout=0.3)).build(CLASSES, seed=0).train()
    nn.init.normal_(network.head.weight)  # type: ignore[union-attr, arg-type]
    rows = network.encode(tiny_models.texts(12))
    pieces = micro_batches(np.arange(12), rows.lengths, budget=30)
    seen: list[Tensor] = []
    network.register_forward_hook(lambda module, inputs, logits: seen.append(logits.detach().clone()))
    torch.manual_seed(0)
    loss = methods["confidence"]().objective().loss
    accumulated(network, rows, one_hot(12), pieces, loss, progress=0.5, machine=MACHINE)
    n = len(pieces)
    assert len(seen) == 2 * n
    assert n > 2
    for first, second in zip(seen[:n], seen[n:], strict=True):
        torch.testing.assert_close(first, second)
    torch.manual_seed(1)
    with torch.no_grad():
        assert not torch.allclose(network(rows.batch(pieces[0], CPU)), seen[0])  # there is something to repeat


@pytest.mark.parametrize("training", ["full", "lora"])
def test_parameters_stay_float32_where_bfloat16_is_multiplied(training: Any, tiny: Callable[..., Path]) -> None:
    network = spec(tiny("pythia"), training=training).build(CLASSES, seed=0)  # saved in float16
    rows = network.encode(tiny_models.texts(8))
    machine = Machine(device=CPU, precision="bfloat16")
    seen: set[torch.dtype] = set()
    network.head.register_forward_hook(lambda module, inputs, logits: seen.add(logits.dtype))  # type: ignore[union-attr]
    fit(network, rows, one_hot(8), SPEC, loss=PLAIN, seed=0, machine=machine)
    assert seen == {torch.bfloat16}
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    answers = predict(network, rows, machine=machine)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, predict(network, rows, machine=MACHINE), atol=0.03)


# Folders that cannot be read


def test_only_safetensors_are_read(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_models.copied(tiny("gpt2"), tmp_path / "torch")
    (folder / "model.safetensors").unlink()
    torch.save(load(tiny("gpt2"), layers=0).causal.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"holds no \.safetensors weights; other formats are not read"):
        spec(folder).identity()
    with pytest.raises(DataError, match=r"the weights in .* cannot be read as .*safetensors"):
        spec(folder).build(CLASSES, seed=0)


@pytest.mark.parametrize("known", [True, False])
def test_code_that_comes_with_a_model_is_never_run(known: bool, tiny: Callable[..., Path], tmp_path: Path) -> None:
    import json

    folder = tiny_models.copied(tiny("llama"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    names = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model", "AutoTokenizer": ["evil.T", None]}
    config |= {"auto_map": names} | ({} if known else {"model_type": "evil", "architectures": ["EvilForCausalLM"]})
    (folder / "config.json").write_text(json.dumps(config))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"auto_map": names}))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    if known:  # by another definition, which transformers has itself
        spec(folder).build(CLASSES, seed=0)
    else:
        with pytest.raises(DataError, match="holds no model that transformers knows"):
            spec(folder).build(CLASSES, seed=0)
    assert not (tmp_path / "ran").exists()


def broken_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights at all")


def a_missing_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def a_weight_of_another_shape(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors") | {"model.layers.1.mlp.up_proj.weight": torch.zeros(3, 3)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def broken_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{")


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (broken_weights, "the weights in .* cannot be read"),
        (a_missing_weight, "the weights in .* lack 1 of the model's, such as model.layers.1.mlp.up_proj.weight"),
        (a_weight_of_another_shape, "the weights in .* cannot be read"),
        (broken_tokenizer, r"the tokenizer of .* cannot be used \(.*/tokenizer.json is damaged\)"),
        (no_tokenizer, "tokenizer.* tokenizer.json is missing|the tokenizer of .* cannot be used"),
    ],
)
@pytest.mark.parametrize("family", ["qwen2", "llama"])
def test_a_damaged_folder_is_named(
    family: str, damage: Callable[[Path], None], why: str, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny_models.copied(tiny(family), tmp_path / "model")
    damage(folder)
    with pytest.raises(DataError, match=why):
        spec(folder).build(CLASSES, seed=0)


@pytest.mark.parametrize("text", ["{", "[]", '{"hidden_size": 8}', None])
def test_a_configuration_that_says_too_little_is_named(
    text: str | None, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny_models.copied(tiny("llama"), tmp_path / "model")
    (folder / "config.json").unlink()
    if text is not None:
        (folder / "config.json").write_text(text)
    with pytest.raises(DataError, match=r"config.json is no configuration of a transformer"):
        assert spec(folder).cost
    with pytest.raises(DataError, match=r"config.json is no configuration of a transformer"):
        spec(folder).build(CLASSES, seed=0)


def test_an_encoder_pretrained_to_fill_in_words_loses_its_other_heads(tiny: Callable[..., Path]) -> None:
    pretrained = load(tiny("bert"), layers=0)
    assert pretrained.causal is None
    assert pretrained.unembedding is None
    assert pretrained.backbone.pooler is None


def test_the_content_of_a_folder_counts_and_not_its_place(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outgrow.spec import canonical

    copy = tiny_models.copied(tiny("llama"), tmp_path / "home" / "copy")
    one = canonical(spec(tiny("llama")))
    assert canonical(spec(copy)) == one
    assert str(tmp_path) not in one
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert canonical(LanguageModel(name="transformer", path="~/copy", max_length=64)) == one
    assert LanguageModel(name="transformer", path="~/copy").build(CLASSES, seed=0) is not None
    (copy / "tokenizer.json").write_text((copy / "tokenizer.json").read_text() + "\n")
    assert canonical(spec(copy)) != one
    a_missing_weight(copy)
    assert len({canonical(spec(copy)), one}) == 2


@pytest.mark.parametrize("module", ["transformers", "peft", "huggingface_hub"])
def test_a_missing_library_is_named_with_the_extra(
    module: str, tiny: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    folder = tiny("gpt2")
    monkeypatch.setitem(sys.modules, module, None)
    elsewhere = LanguageModel(name="transformer", path="someone/something")
    call = elsewhere.identity if module == "huggingface_hub" else spec(folder, training="lora").language_model
    with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[text\]'"):
        call()


def test_models_are_loaded_by_several_threads_at_once(tiny: Callable[..., Path]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from transformers import PreTrainedModel

    folder, tied = tiny("gpt2"), PreTrainedModel.tie_weights
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: load(folder, layers=0), range(16)))
    assert PreTrainedModel.tie_weights is tied
    assert all(one.causal is not None for one in found)
