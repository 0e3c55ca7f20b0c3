"""Students that know four words, made without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import save_file

from outgrow import packs
from outgrow.models.word_vectors import WordVectors
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Kind, Output

WORDS = ["good", "bad", "film", "book"]


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Word vectors of a tiny pack: `good` and `bad` differ in the first dimension, the others in the second."""
    place = tmp_path_factory.mktemp("cache") / packs.place("glove-50d").name
    place.mkdir()
    vectors = np.zeros((len(WORDS), 50), np.float32)
    vectors[:, 0], vectors[:, 1] = [1, -1, 0, 0], [0, 0, 1, -1]
    save_file({"vectors": vectors}, place / "vectors.safetensors")
    pq.write_table(pa.table({"word": WORDS}), place / "words.parquet")
    monkeypatch.setattr(packs, "folder", lambda name: place)
    return place


@pytest.fixture
def student(cache: Path) -> Callable[..., Student]:
    """`student()` answers pos for good and neg for bad; `student("preference")` likes what is good."""

    def make(kind: Kind = "classification", **columns: str) -> Student:
        pairs = kind == "preference"
        weight = torch.zeros(1 if pairs else 2, 50)
        weight[-1, 0] = 4.0
        state = {"head.weight": weight, MEAN: torch.zeros(50), DEVIATION: torch.ones(50)}
        if not pairs:
            state["head.bias"] = torch.tensor([0.0, 0.1])
        output = Output(kind=kind, n_classes=2, class_names=() if pairs else ("neg", "pos"))
        given = columns or ({"first": "a", "second": "b"} if pairs else {"text": "text"})
        return Student(model=WordVectors(), output=output, state=state, columns=given)

    return make
