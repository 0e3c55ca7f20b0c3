"""Folders of models as people have them: read for what they are, or refused by one error that says what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from mutations import mutated

from outgrow.errors import ConfigError, DataError, OutgrowError
from outgrow.models.bases.language import LanguageModel
from outgrow.tasks.base import Output
from outgrow.text.configuration import OFFSET, measure
from outgrow.text.pretrained import load

CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
CPU = torch.device("cpu")


def spec(folder: Path, **options: Any) -> LanguageModel:
    own: dict[str, Any] = {"name": "transformer", "path": str(folder), "max_length": 32, "training": "probe"}
    return LanguageModel(**own | options)


def changed(folder: Path, **fields: Any) -> None:
    """Set fields of config.json; None takes one out."""
    file = folder / "config.json"
    config = json.loads(file.read_text()) | fields
    file.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


def answers(network: Any, inputs: np.ndarray) -> torch.Tensor:
    rows = network.eval().encode(inputs)
    with torch.inference_mode():
        found: torch.Tensor = network(rows.batch(np.arange(len(inputs)), CPU))
    return found


def features(folder: Path, **options: Any) -> torch.Tensor:
    extractor = spec(folder, **options).extractor()
    assert extractor is not None
    return answers(extractor.build(CLASSES), tiny_models.texts(5))


# Which state is pooled


def classifier(folder: Path, family: str) -> Path:
    """A fine-tuned classifier of transformers' own, without the head of a language model."""
    import transformers

    from outgrow.hub import transformers_library

    transformers_library()
    t: Any = transformers
    tokenizer = tiny_models.causal_tokenizer()
    config = tiny_models.network(family, len(tokenizer), layers=2, dropout=0.0).config
    config.num_labels, config.pad_token_id = 3, 0
    config.tie_word_embeddings = family == "gpt2"
    {"gpt2": t.GPT2ForSequenceClassification, "llama": t.LlamaForSequenceClassification}[family](
        config
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_causal_classifier_is_pooled_at_the_last_token(family: str, tmp_path: Path) -> None:
    folder = classifier(tmp_path, family)
    assert load(folder, layers=0).decoder
    torch.testing.assert_close(features(folder), features(folder, pooling="last"))
    assert (features(folder) - features(folder, pooling="mean")).abs().max() > 1e-3
    assert (load(folder, layers=0).causal is None) == (family == "llama")


def test_a_decoder_without_a_head_cannot_generate_and_says_so(tmp_path: Path) -> None:
    model = spec(classifier(tmp_path, "llama"), training="full")
    assert answers(model.build(CLASSES, seed=0), tiny_models.texts(3)).shape == (3, 2)
    with pytest.raises(ConfigError, match="a decoder without a language model's head cannot generate"):
        model.build(Output(kind="generation", n_classes=2, class_names=("a", "b")), seed=0)
    with pytest.raises(ConfigError, match=r"few_shot needs a causal language model, and .* has no head"):
        model.prompted(CLASSES, shots=[])


@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_what_is_pooled_does_not_depend_on_the_named_architecture(
    family: str, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    right = features(tiny(family), pooling="mean" if family == "bert" else "last")
    for i, named in enumerate((None, [], ["Something"], ["GPT2ForTokenClassification"])):
        folder = tiny_models.copied(tiny(family), tmp_path / str(i))
        changed(folder, architectures=named)
        torch.testing.assert_close(features(folder), right)


def test_an_encoder_made_a_decoder_is_one(tiny: Callable[..., Path], tmp_path: Path) -> None:
    folder = tiny_models.copied(tiny("bert"), tmp_path / "model")
    changed(folder, is_decoder=True)
    assert load(folder, layers=0).decoder
    assert not load(tiny("bert"), layers=0).decoder


def test_half_precision_is_read(tiny: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_models.copied(tiny("gpt2"), tmp_path / "half")
    weights = {name: value.half() for name, value in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    torch.testing.assert_close(features(folder), features(tiny("gpt2")), atol=5e-3, rtol=5e-3)


# How much can be read


def roberta(folder: Path, *, positions: int = 34) -> Path:
    import transformers

    from outgrow.hub import transformers_library

    transformers_library()
    t: Any = transformers
    tokenizer = tiny_models.encoder_tokenizer()
    config = t.RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=positions, type_vocab_size=1, initializer_range=0.3,
    )  # fmt: skip
    t.RobertaModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_positions_that_are_never_used_do_not_count(tmp_path: Path) -> None:
    folder = roberta(tmp_path)
    long = np.array(["good film and dull food " * 20], dtype=object)
    extractor = spec(folder, max_length=32).extractor()
    assert extractor is not None
    assert torch.isfinite(answers(extractor.build(CLASSES), long)).all()
    assert load(folder, layers=0).positions == 32
    for length in (33, 34, 35, 512):
        model = spec(folder, max_length=length)
        for ask in (model.identity, model.load, lambda model=model: model.cost):
            with pytest.raises(
                ConfigError, match=rf"max_length = {length}: .* reads at most 32 tokens; set max_length = 32"
            ):
                ask()


def test_families_that_number_positions_after_the_padding_are_known() -> None:
    """Those of transformers whose table of positions has a row for padding, found by building them small."""
    import transformers

    found = set()
    small = dict.fromkeys(("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"), 8)
    for family in sorted(OFFSET | {"bert", "electra"}):
        config = transformers.AutoConfig.for_model(family, **small, vocab_size=9, pad_token_id=1)
        with torch.device("meta"):
            model = transformers.AutoModel.from_config(config)  # type: ignore[no-untyped-call]
        for name, module in model.named_modules():
            if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
                found.add(family)
    assert found == OFFSET


@pytest.mark.parametrize("family", ["gpt2", "bert", "llama"])
def test_other_families_read_all_their_positions(family: str, tiny: Callable[..., Path]) -> None:
    size = measure(tiny(family) / "config.json")
    assert size.positions == load(tiny(family), layers=0).positions == (128 if family == "bert" else 1_024)


# What is no whole model


def adapter(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "gpt2", "peft_type": "LORA"}')


def adapter_beside_a_model(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "gpt2", "peft_type": "LORA"}')


def encoder_decoder(folder: Path) -> None:
    changed(folder, is_encoder_decoder=True, model_type="t5")


def quantized(folder: Path) -> None:
    changed(folder, quantization_config={"quant_method": "fp8", "activation_scheme": "dynamic"})


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def no_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()


def no_tokenizer(folder: Path) -> None:
    for file in folder.glob("token*"):
        file.unlink()


def cut_off(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-4_000])


def dangling_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "blobs" / "gone")


def dangling_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(folder / "blobs" / "gone")


def a_missing_shard(folder: Path) -> None:
    from safetensors.torch import load_file

    names = dict.fromkeys(load_file(folder / "model.safetensors"), "model-00002-of-00002.safetensors")
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))


def more_layers_in_the_file(folder: Path) -> None:
    changed(folder, n_layer=2)


def fewer_layers_in_the_file(folder: Path) -> None:
    changed(folder, n_layer=4)


def another_width(folder: Path) -> None:
    changed(folder, n_embd=64)


def a_width_beyond_all(folder: Path) -> None:
    changed(folder, n_embd=10**400)


def another_tokenizer(folder: Path) -> None:
    changed(folder, vocab_size=40)
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["transformer.wte.weight"] = weights["transformer.wte.weight"][:40].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (adapter, r"holds low-rank updates .* merge them into it with peft's merge_and_unload"),
        (adapter_beside_a_model, r"holds low-rank updates .* merge them into it with peft's merge_and_unload"),
        (encoder_decoder, r"holds an encoder-decoder \(t5\): only .* choose another"),
        (quantized, r"holds quantized weights \(fp8\), which are not read: take the model as it was before"),
        (pickled, r"holds no \.safetensors weights; .* save it with save_pretrained"),
        (no_configuration, r"config.json is no configuration of a transformer: No such file.*; download"),
        (no_tokenizer, r"tokenizer"),
        (cut_off, r"the weights in .* cannot be read as .*config.json says: .*; download the folder again"),
        (dangling_weights, r"model.safetensors is a link to nothing; download the folder again"),
        (dangling_configuration, r"config.json is (no|a) "),
        (a_missing_shard, r"the weights in .* cannot be read"),
        (more_layers_in_the_file, r"have more layers than the 2 of config.json, such as .*h\.2\..*set layers = 2"),
        (
            fewer_layers_in_the_file,
            r"lack 12 of the model's, such as .*h\.3\..*; config.json and weights belong",
        ),
        (a_width_beyond_all, r"config.json is no configuration of a transformer .*: int too large"),
        (another_width, r"the weights in .* cannot be read as .*config.json says"),
        (another_tokenizer, r"has token numbers up to \d+, and the network knows 40 tokens: put in the tokenizer"),
    ],
)
def test_what_is_no_whole_model_is_told(
    damage: Callable[[Path], None], why: str, tiny: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tiny_models.copied(tiny("gpt2"), tmp_path / "model")
    damage(folder)
    with pytest.raises(DataError, match=why) as caught:
        carried_out(folder)
    assert str(folder) in str(caught.value)
    assert len(str(caught.value)) < 900


def carried_out(folder: Path) -> None:
    """All that a run does with a folder."""
    model = spec(folder)
    model.identity()
    assert model.cost > 0
    assert torch.isfinite(answers(model.build(CLASSES, seed=0), np.array(["good film", "bad", ""], dtype=object))).all()


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_damaged_json_gives_only_our_own_errors(
    family: str, file: str, tiny: Callable[..., Path], tmp_path: Path, capfd: Any
) -> None:
    told = 0
    for seed in range(16):
        folder = tiny_models.copied(tiny(family), tmp_path / str(seed))
        damaged = mutated((folder / file).read_bytes(), np.random.default_rng(seed))
        (folder / file).write_bytes(damaged)
        try:
            carried_out(folder)
        except OutgrowError as error:
            told += 1
            assert str(folder) in str(error)  # noqa: PT017
        shutil.rmtree(folder)
    assert 4 <= told <= 16
