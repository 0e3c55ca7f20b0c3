"""How much of a model learns where nobody says it: known before anything is computed, and the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outgrow.models.base import Model, models
from outgrow.own_labels.columns import Columns
from outgrow.own_labels.table import WeakTable
from outgrow.own_model.depth import FEWEST, deepened
from outgrow.own_model.request import Request, prepare
from outgrow.tasks.base import Kind, Output

Tiny = Callable[..., Path]


@pytest.fixture
def model(tiny: Tiny) -> Model:
    """A tiny encoder as a linear head."""
    return models["transformer"](path=str(tiny("bert")), training="probe", max_length=64)


def table(n: int, *, letters: int = 40, kind: Kind = "classification") -> WeakTable:
    """So many labelled rows, with texts of so many letters."""
    ids, pairs = [str(i) for i in range(n)], kind == "preference"
    columns = Columns(first="x", second="y", labels=("a",)) if pairs else Columns(text="x", labels=("a",))
    seen = np.array([["a" * letters] * 2] * n if pairs else ["a" * letters] * n, dtype=object)
    return WeakTable(
        name="mine", ids=ids, groups=ids, inputs=seen, output=Output(kind=kind, n_classes=2, class_names=("a", "b")),
        labellers=["a"], votes=np.full((1, n, 2), 0.5, np.float32), truth=np.full(n, -1), rows=list(range(n)),
        columns=columns,
    )  # fmt: skip


def test_all_weights_are_trained_where_minutes_do(model: Model) -> None:
    found, why = deepened(model, table(FEWEST), "cpu")
    assert found.extractor() is None
    assert "all weights trained;" in why


def test_few_rows_are_for_a_linear_head(model: Model) -> None:
    found, why = deepened(model, table(FEWEST - 1), "cpu")
    assert found is model
    assert "1,999 labelled rows are few" in why


def test_long_work_is_for_a_linear_head_on_a_processor_and_not_on_a_faster_device() -> None:
    large = models["smollm2-135m"](training="probe")
    assert large.cost > 0
    assert "long work" in deepened(large, table(FEWEST, letters=4_000), "cpu")[1]
    assert "all weights" in deepened(large, table(FEWEST, letters=4_000), "cuda")[1]


def test_more_epochs_are_more_work() -> None:
    large = models["smollm2-135m"](training="probe")
    assert "all weights" in deepened(large, table(FEWEST), "cpu", {"epochs": 1})[1]
    assert "long work" in deepened(large, table(FEWEST), "cpu", {"epochs": 20})[1]


def test_pairs_and_word_vectors_stay_what_they_are(model: Model) -> None:
    assert deepened(model, table(FEWEST, kind="preference"), "cpu")[0] is model
    words = models["glove-50d"]()
    assert deepened(words, table(FEWEST), "cpu") == (words, "trained as its family is")


def test_a_request_says_what_it_came_to(model: Model, tmp_path: Path) -> None:
    lines = [f"text {i},{'yes' if i % 2 else 'no'}" for i in range(FEWEST)]
    (tmp_path / "mine.csv").write_text("\n".join(["x,a", *lines]) + "\n")
    request = Request(
        paths=[str(tmp_path / "mine.csv")], columns=Columns(text="x", labels=("a",)), model=model, auto=True
    )
    found = prepare(request)
    assert (found.is_probe, found.tunes_texts) == (False, True)
    assert found.probe == model
    said = prepare(Request(paths=request.paths, columns=request.columns, model=model))
    assert (said.is_probe, said.tunes_texts, said.depth) == (True, False, "")
