"""What is inside the real packs, each looked at where it has been fetched."""

from __future__ import annotations

import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from outgrow import packs


def needs(name: str, *modules: str) -> pytest.MarkDecorator:
    """Skips a test unless a pack is here, and with it the modules that read it."""
    absent = [module for module in modules if find_spec(module) is None]
    reason = f"`outgrow packs get {name}` has not been run" if not packs.present(name) else f"without {absent}"
    return pytest.mark.skipif(not packs.present(name) or bool(absent), reason=reason)


def table(name: str, file: str) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(packs.folder(name) / file)


def tensors(path: Path) -> Any:
    from safetensors.numpy import load_file

    return load_file(path)


@pytest.mark.parametrize("name", packs.PACKS)
def test_files_are_as_they_were_fetched(name: str) -> None:
    if not packs.present(name):
        pytest.skip(f"`outgrow packs get {name}` has not been run")
    assert packs.verify(name) == []
    manifest = json.loads((packs.folder(name) / "manifest.json").read_text())
    assert manifest["fingerprint"] == packs.fingerprint(name)


@needs("rotten-tomatoes")
def test_rotten_tomatoes() -> None:
    rows = table("rotten-tomatoes", "reviews.parquet")
    assert rows.column_names == ["text", "label", "film"]
    assert Counter(rows["label"].to_pylist()) == {"fresh": 7368, "rotten": 5384}
    assert len(set(rows["text"].to_pylist())) == len(rows) == 12752
    assert len(set(rows["film"].to_pylist())) == 507
    assert all(rows["film"].to_pylist())
    assert max(map(len, rows["text"].to_pylist())) < 300, "a plot is longer"


@needs("tweets")
def test_tweets() -> None:
    rows = table("tweets", "tweets.parquet")
    assert rows.column_names == ["text", "label", "confidence"]
    assert Counter(rows["label"].to_pylist()) == {"negative": 16186, "neutral": 15018, "positive": 6954}
    known = [value for value in rows["confidence"].to_pylist() if value is not None]
    assert len(known) == len(rows) - 5460
    assert min(known) == 0.2557
    assert max(known) == 1
    assert len(set(rows["text"].to_pylist())) == 37243


@needs("spam")
def test_spam() -> None:
    rows = table("spam", "mails.parquet")
    assert rows.column_names == ["id", "text", "label", "group"]
    assert len(set(rows["id"].to_pylist())) == 6046
    groups = Counter(zip(rows["group"].to_pylist(), rows["label"].to_pylist(), strict=True))
    assert groups == {
        ("easy-ham-1", "ham"): 2500, ("easy-ham-2", "ham"): 1400, ("hard-ham-1", "ham"): 250,
        ("spam-1", "spam"): 500, ("spam-2", "spam"): 1396,
    }  # fmt: skip
    texts = rows["text"].to_pylist()
    assert sum(not text for text in texts) == 3
    assert sum(text.startswith(("Received:", "Return-Path:")) for text in texts) <= 2, "headers are stripped"


@needs("glove-50d")
def test_glove() -> None:
    import numpy as np

    vectors = tensors(packs.folder("glove-50d") / "vectors.safetensors")["vectors"]
    words = table("glove-50d", "words.parquet")["word"].to_pylist()
    assert (vectors.shape, vectors.dtype) == ((400000, 50), np.float32)
    assert len(set(words)) == 400000
    assert words[:4] == ["the", ",", ".", "of"]
    place = {word: row for row, word in enumerate(words)}
    cat, kitten, stocks = (vectors[place[word]] / np.linalg.norm(vectors[place[word]]) for word in CLOSE_AND_FAR)
    assert cat @ kitten > cat @ stocks + 0.3


@needs("mnist-10k")
def test_mnist() -> None:
    import numpy as np

    found = tensors(packs.folder("mnist-10k") / "digits.safetensors")
    assert (found["images"].shape, found["images"].dtype) == ((10000, 28, 28), np.uint8)
    assert np.bincount(found["labels"]).tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
    assert found["images"].max() == 255
    assert found["images"][:, 0].mean() < 1 < 50 < found["images"][:, 14].mean(), "ink is in the middle"


@needs("bigbench")
def test_bigbench() -> None:
    import numpy as np
    from safetensors import safe_open

    from outgrow.packs.bigbench import TASKS

    folder = packs.folder("bigbench")
    files = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json") if path.stem != "manifest"}
    assert files.keys() == TASKS.keys()
    assert all("canary" in file["canary"] for file in files.values())
    sizes = {name: len(file["examples"]) for name, file in files.items()}
    assert sizes["fever"] == 6612
    assert sizes["vitaminc"] == 54668
    assert sizes["checkmate_in_one"] == 3500
    assert sizes["multiemo_text"] == 8215
    assert (sizes["strategyqa"], sizes["winowhy"], sizes["social_iqa"]) == (2290, 2865, 1954)
    assert sum(size for name, size in sizes.items() if name.startswith("hhh_")) == 221
    empty = Counter[str]()
    for name, file in files.items():
        key = "target" if name.startswith(("mctaco_", "multirc_")) else "target_scores"
        assert all(example[key] for example in file["examples"])
        empty[name] = sum(not example["input"] for example in file["examples"])
    assert +empty == {"multiemo_sentence": 8, "multiemo_text": 1}
    with safe_open(folder / "cifar10.safetensors", "np") as cifar:
        images, labels = cifar.get_tensor("images"), cifar.get_tensor("labels")
        assert json.loads(cifar.metadata()["classes"])[3] == "cat"
    assert (images.shape, images.dtype) == ((10000, 32, 32, 3), np.uint8)
    assert np.bincount(labels).tolist() == [1000] * 10
    blueness = images[labels == 0][..., 2].mean() - images[labels == 0][..., 0].mean()
    assert blueness > 10, "airplanes are in the sky, so blue is the last channel"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        pytest.param("efficientnet-lite0", 4652008, marks=needs("efficientnet-lite0")),
        pytest.param("efficientnet-lite2", 6092072, marks=needs("efficientnet-lite2")),
    ],
)
def test_efficientnet(name: str, parameters: int) -> None:
    weights = tensors(packs.folder(name) / "model.safetensors")
    trained = {key: value for key, value in weights.items() if not key.endswith(("mean", "var", "tracked"))}
    assert sum(value.size for value in trained.values()) == parameters
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)


CLOSE_AND_FAR = ["cat", "kitten", "stocks"]


@pytest.mark.parametrize(
    ("name", "layers", "close", "far"),
    [
        pytest.param("minilm-l6", 6, 0.788, 0.203, marks=needs("minilm-l6", "transformers")),
        pytest.param("minilm-l3", 3, 0.850, 0.157, marks=needs("minilm-l3", "transformers")),
    ],
)
def test_minilm(name: str, layers: int, close: float, far: float) -> None:
    import torch
    from transformers import AutoTokenizer, BertModel

    from outgrow.packs.text_models import quiet_transformers

    with quiet_transformers():
        tokenizer: Any = AutoTokenizer.from_pretrained(packs.folder(name))
        model: Any = BertModel.from_pretrained(packs.folder(name), add_pooling_layer=False)
    assert model.config.num_hidden_layers == layers
    batch = tokenizer(CLOSE_AND_FAR, return_tensors="pt", padding=True)
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    cat, kitten, stocks = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
    assert float(cat @ kitten) == pytest.approx(close, abs=2e-3)
    assert float(cat @ stocks) == pytest.approx(far, abs=2e-3)


@needs("smollm2-135m", "transformers")
def test_smollm2() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from outgrow.packs.text_models import quiet_transformers

    folder = packs.folder("smollm2-135m")
    with quiet_transformers():
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        batch = tokenizer("The capital of France is", return_tensors="pt")
        text = tokenizer.decode(model.generate(**batch, max_new_tokens=4, do_sample=False)[0])
    assert text.startswith("The capital of France is Paris.")
    assert sum(weight.numel() for weight in model.parameters()) == 134515008
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert tokenizer("d'accord  😀")["input_ids"], "every text can be written in its tokens"
