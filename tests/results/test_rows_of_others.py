"""Rows with a checksum that fits, out of a store that somebody else writes to: what cannot be in one is named."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import StoreError
from outgrow.results.records import read_records
from outgrow.store import Store

INTERVAL = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "form": "t"}
POINT = {"progress": 1, "accuracy": 0.5, "agreement": None, "n": 10, "loss": 0.1, "rate": 0.1, "gradient_norm": None}
ROW = {
    "experiment": "tiny", "task": "toy", "kind": "classification", "weak": "toy-xs", "strong": "toy-l",
    "method": "naive", "seed": 0, "n_supervisor": 60, "n_transfer": 60, "n_test": 100, "metric": "accuracy",
    "zero_shot_score": None, "weak_score": 0.5, "student_score": 0.6, "ceiling_score": 1, "weak_label_accuracy": 0.5,
    "agreement": 0.8, "agreement_when_right": 0.9, "agreement_when_wrong": 0.3, "pgr": 0.5, "pgr_low": 0.2,
    "pgr_high": 0.8, "verdict": "ok", "key": "ab" * 32, "n_groups": 100, "design_effect": 1.0,
}  # fmt: skip
RECORD = {
    "row": ROW, "weak_cost": 10.0, "strong_cost": 20, "curves": {"student": [POINT], "weak": []},
    "settings": {"task": {"name": "toy"}}, "identity": "cd" * 32, "steps": ["ab" * 32], "provenance": {},
    "notes": ["a note"], "failure": "",
    "evaluation": {
        "scores": {"weak": INTERVAL, "student": INTERVAL, "ceiling": INTERVAL}, "agreement": INTERVAL,
        "agreement_when_right": INTERVAL, "agreement_when_wrong": None, "pgr": {**INTERVAL, "form": "fieller"},
        "gain": None, "n_groups": 100, "design_effect": 1.0, "detectable": 0.1, "verdict": "ok", "why": "",
    },
}  # fmt: skip


def written(store: Store, **changes: Any) -> Store:
    """A store with one row, of which dotted places were changed."""
    record: Any = copy.deepcopy(RECORD)
    for place, value in changes.items():
        *path, last = place.split("__")
        at = record
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        at[last] = value
    store.write_result("r0", record)
    return store


def test_a_row_is_read(store: Store) -> None:
    (found,) = read_records(written(store))
    assert found.row.ceiling_score == 1
    assert found.curves["student"][0].progress == 1


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("row__method", {"a": 1}, "row.method is a table"),
        ("row__seed", "0", "row.seed is a text"),
        ("row__seed", True, "row.seed is true or false"),
        ("row__weak_score", "x", "row.weak_score is a text"),
        ("row__ceiling_score", 10**400, "row.ceiling_score is too large"),
        ("weak_cost", None, "weak_cost is nothing"),
        ("notes", ["a", 5], "notes[1] is a number"),
        ("steps", "ab", "steps is a text"),
        ("curves__student__0__accuracy", -1, "a curve has the accuracy -1"),
        ("evaluation__agreement__form", "n", "an interval has the form 'n'"),
        ("evaluation__scores__weak__value", 1e308, "and the value 1e+308"),
        ("evaluation__scores__weak__low", [], "evaluation.scores.weak.low is a list"),
    ],
)
def test_what_cannot_be_in_a_row_is_named(store: Store, place: str, value: Any, said: str) -> None:
    with pytest.raises(StoreError, match=r"r0.json is not a results row") as found:
        read_records(written(store, **{place: value}))
    assert said in str(found.value)


def test_scores_in_a_file_of_any_bytes_are_read_or_refused(tmp_path: Path) -> None:
    from outgrow.errors import DataError
    from outgrow.results.compare import file_scores

    file = tmp_path / "scores.csv"
    file.write_bytes(b"id,sc\xedore\na,1\n")
    with pytest.raises(DataError, match="cannot be read"):
        file_scores(file)
    file.write_bytes(b"id,score,id\na,1,b\n")
    with pytest.raises(DataError, match=r"scores\.csv"):
        file_scores(file)


def test_scores_far_apart_are_refused(tmp_path: Path) -> None:
    from outgrow.errors import DataError
    from outgrow.results.scores import evaluate_scores

    with pytest.raises(DataError, match="is no score"):
        evaluate_scores(weak=[0.1] * 20, student=[0.2] * 19 + [-1e19], ceiling=[0.3] * 20)
    with pytest.raises(DataError, match="must be numbers"):
        evaluate_scores(weak=[10**400] * 20, student=[0.2] * 20, ceiling=[0.3] * 20)


def test_features_of_another_form_are_no_features(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save

    from outgrow.learning.feature_file import FILE, load

    file = tmp_path / FILE
    file.write_bytes(save({"features": np.ones((3, 2), np.float16)}))
    assert load(tmp_path).tolist() == [[1, 1]] * 3
    for content in (
        save({"features": np.ones((3, 2), np.float32)}),
        save({"other": np.ones((3, 2), np.float16)}),
        file.read_bytes()[:-1],
        file.read_bytes() + b"\0",
        b"\xff" * 16,
        b"\1\0",
        b"",
    ):
        file.write_bytes(content)
        with pytest.raises(StoreError, match="holds no features"):
            load(tmp_path)
