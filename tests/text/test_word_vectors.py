"""Static word vectors: the mean over the words known."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import save_file

from outgrow import packs
from outgrow.errors import PackMissing
from outgrow.learning.batching import Arrays
from outgrow.models.word_vectors import MeanVector, WordVectors
from outgrow.tasks.base import Output
from outgrow.text.word_vectors import Means, MeanVectors

WORDS = ["good", "film", ",", "n't"]
CLASSES = Output(kind="classification", n_classes=2)


@pytest.fixture
def vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A pack of four words."""
    found = np.random.default_rng(0).standard_normal((len(WORDS), 50)).astype(np.float32)
    save_file({"vectors": found}, tmp_path / "vectors.safetensors")
    pq.write_table(pa.table({"word": WORDS}), tmp_path / "words.parquet")
    monkeypatch.setattr(packs, "folder", lambda name: tmp_path)
    return found


def test_the_mean_of_the_words_known(vectors: np.ndarray) -> None:
    network = MeanVector().build(CLASSES)
    texts = np.array(["Good film, GOOD", "no such words", "", "film"], dtype=object)
    rows = network.encode(texts)
    found = network(rows.batch(np.arange(4), torch.device("cpu"))).numpy()
    good, film, comma = vectors[:3]
    np.testing.assert_allclose(found[0], (2 * good + film + comma) / 4, rtol=1e-5)
    assert not found[1:3].any()
    np.testing.assert_allclose(found[3], film)
    assert isinstance(rows, Means)
    assert rows.unseen == 2
    assert network.notes(rows) == ["2 of 4 texts hold no word that the model knows: to it, they are all the same"]
    assert network.notes(network.encode(texts[[0, 3]])) == []
    pairs = network.encode(texts.reshape(2, 2))
    assert isinstance(pairs, Arrays)
    np.testing.assert_array_equal(pairs.values, found.reshape(2, 2, 50))


def test_words_are_those_of_the_whole_text_and_sums_take_them_in_one_order(vectors: np.ndarray) -> None:
    """Texts of every blank, of letters whose small form depends on what stands beside them, and of long pieces."""
    words = ["good", "film", ",", "n't", "\u03b1\u03c2", "\u03c3", "i\u0307"]  # the sigma of a word's end, and another
    rng, number = random.Random(0), {word: i for i, word in enumerate(words)}
    table = np.random.default_rng(1).standard_normal((len(number), 7)).astype(np.float16)
    network = MeanVectors(table, number)
    blanks = [chr(i) for i in range(sys.maxunicode + 1) if chr(i).isspace()]
    assert len(blanks) > 20
    pieces = [
        "Good",
        "FILM",
        ",",
        "n't",
        "\u0391\u03a3",
        "\u03a3",
        "\u0130",
        "_",
        "\u0301",
        "\u200b",
        "x" * 50,
        "good,film,",
        "",
    ]
    drawn = ("".join(rng.choice(rng.choice((pieces, blanks))) for _ in range(rng.randint(0, 40))) for _ in range(500))
    texts = np.array(list(drawn), dtype=object)
    found = network.encode(texts)
    assert isinstance(found, Arrays)
    some = 0
    for text, row in zip(texts, found.values, strict=True):
        known = sorted(number[word] for word in re.findall(r"\w+|[^\w\s]", text.lower()) if word in number)
        wanted = table[known].astype(np.float32).mean(0) if known else np.zeros(7, np.float32)
        np.testing.assert_array_equal(row, wanted)
        some += len(known) > 8
    assert some > 100


def test_the_identity_needs_no_pack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    assert WordVectors().identity()["weights"] == packs.fingerprint("glove-50d")
    assert MeanVector().identity() == WordVectors().identity()
    assert 0 < WordVectors().cost == MeanVector().cost
    with pytest.raises(PackMissing, match="outgrow packs get glove-50d"):
        MeanVector().build(CLASSES)


def test_pairs_with_the_same_words_are_counted_and_tie(vectors: np.ndarray) -> None:
    network = MeanVector().build(Output(kind="preference", n_classes=2))
    pairs = np.array([["good film, n't", "n't, film good"], ["good", "film"], ["unheard", "of"]], dtype=object)
    rows = network.encode(pairs)
    assert isinstance(rows, Arrays)
    np.testing.assert_array_equal(rows.values[0, 0], rows.values[0, 1])
    (note,) = network.notes(rows)
    assert note.startswith("both candidates of 2 of 3 pairs have the same known words")
    assert network.notes(network.encode(pairs[1:2])) == []
    assert network.notes(network.encode(pairs[:2, 0])) == []
