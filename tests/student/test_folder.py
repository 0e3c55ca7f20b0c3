"""A student and its folder: what it answers in the store, it answers apart from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import outgrow
from outgrow.disk import write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.steps import Context, NewRows
from outgrow.stored import predictor_of
from outgrow.student import folder as student_folder
from outgrow.student import load, save, student_of
from outgrow.student.folder import FACTS, WEIGHTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, np.ndarray]:
    """A saved student of the toy, some rows, and what the store's student answers to them."""
    store = tmp_path_factory.mktemp("store")
    results = outgrow.run("toy", seeds=[0], set={"method.name": "naive"}, store=store, progress=False)
    record, context = results.records[0], Context(results.store)
    predictor = predictor_of(record)
    student = student_of(predictor, context, about={"method": "naive"})
    rows = np.random.default_rng(0).normal(size=(7, *predictor.part.values(context).shape[1:])).astype(np.float32)  # type: ignore[attr-defined]
    wanted = predictor.answers(context, NewRows(inputs=rows, output=student.output))
    return save(student, tmp_path_factory.mktemp("model") / "mine"), rows, wanted


def test_a_saved_student_answers_as_that_of_the_store(
    folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    place, rows, wanted = folder
    student = load(place)
    context = Context(outgrow.Store(tmp_path))
    np.testing.assert_array_equal(student.answers(rows, context.machine), wanted)
    assert student.about["method"] == "naive"
    assert student.answers(rows[:0], context.machine).shape == (0, wanted.shape[1])


def test_a_folder_of_another_format_is_refused(folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    facts = json.loads((folder[0] / FACTS).read_text())
    (tmp_path / FACTS).write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(ConfigError, match=r"format 99, written by outgrow .* reads the format 1"):
        load(tmp_path)


def test_other_base_weights_are_refused(folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    facts = json.loads((folder[0] / FACTS).read_text())
    (tmp_path / WEIGHTS).write_bytes((folder[0] / WEIGHTS).read_bytes())
    del facts["checksum"]  # as earlier versions wrote it
    (tmp_path / FACTS).write_text(json.dumps({**facts, "base": "0" * 64}))
    with pytest.raises(ConfigError, match="other weights"):
        load(tmp_path)


@pytest.mark.parametrize("damage", ["weights", "json", "missing", "field", "list", "turned", "more"])
def test_damage_is_told(folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path, damage: str) -> None:
    facts = json.loads((folder[0] / FACTS).read_text())
    weights = (folder[0] / WEIGHTS).read_bytes()
    if damage == "weights":
        weights = weights[:-1] + bytes([weights[-1] ^ 1])
    if damage != "missing":
        (tmp_path / WEIGHTS).write_bytes(weights)
    if damage == "field":
        del facts["classes"]
    if damage in ("turned", "more"):
        facts["classes"] = {"turned": facts["classes"][::-1], "more": [*facts["classes"], "another"]}[damage]
    text = json.dumps([facts] if damage == "list" else facts)
    (tmp_path / FACTS).write_text(text[:40] if damage == "json" else text)
    with pytest.raises(DataError, match="train the model again"):
        load(tmp_path)


def test_no_model_and_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        load(tmp_path / "none")
    with pytest.raises(ConfigError, match=f"has no {FACTS}"):
        load(tmp_path)


def test_a_folder_that_was_half_written_is_told_and_can_be_written_again(
    folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = load(folder[0])

    def stopped(path: Path, *arguments: Any, **options: Any) -> Path:
        if path.name == WEIGHTS:
            raise KeyboardInterrupt
        return write_whole(path, *arguments, **options)

    monkeypatch.setattr(student_folder, "write_whole", stopped)
    with pytest.raises(KeyboardInterrupt):
        save(student, tmp_path / "new")
    monkeypatch.undo()
    with pytest.raises(DataError, match="train the model again"):
        load(tmp_path / "new")
    assert load(save(student, tmp_path / "new")).classes == student.classes


def test_where_nothing_can_be_written_is_one_error(folder: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    student = load(folder[0])
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="file is no folder; choose another folder"):
        save(student, tmp_path / "file" / "mine")
    with pytest.raises(ConfigError, match="cannot be written to"):
        save(student, tmp_path / ("n" * 300))
