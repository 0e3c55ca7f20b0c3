"""Students and weak labels come out of the one row of a store that is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import outgrow
from outgrow.errors import ConfigError
from outgrow.export.source import Said, one_row, student_in, weak_labels_in
from outgrow.export.weak_labels import write_weak_labels
from outgrow.steps import Context, NewRows
from outgrow.store import Store
from outgrow.stored import predictor_of
from outgrow.tasks.base import Output
from outgrow.tasks.sources.labels import OPTIONS, read_labels

ENSEMBLE = {"model": "ensemble", "members": ["toy-xs", "toy-s"]}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two methods with one seed, taught by two supervisors."""
    place = tmp_path_factory.mktemp("store")
    outgrow.run("toy", seeds=[0], set={"weak": ENSEMBLE}, store=place, progress=False)
    return Store.existing(place)


def said(**fields: Any) -> Said:
    votes = np.array([[[0.25, 0.75], [0, 0]], [[0.75, 0.25], [1, 0]]], np.float32)
    given: dict[str, Any] = {
        "ids": ["a", "b"], "names": ["ann", "ben"], "votes": votes, "classes": ["no", "yes"],
        "mean": np.array([[0.5, 0.5], [1, 0]], np.float32), "about": {"data": {"name": "mails"}, "seed": 0},
    }  # fmt: skip
    return Said(**{**given, **fields})


def test_several_rows_are_told_apart(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"2 rows fit; .* such as method=confidence; method=naive"):
        one_row(store, [])
    assert one_row(store, ["method=naive"]).row.method == "naive"


@pytest.mark.parametrize("role", ["student", "ceiling"])
def test_a_student_of_a_store_answers_as_there_and_knows_its_score(store: Store, role: Any) -> None:
    found, record, context = student_in(store, ["method=naive"], role), one_row(store, ["method=naive"]), Context(store)
    assert found.rows is not None
    wanted = predictor_of(record, role).answers(context, NewRows(inputs=found.rows, output=found.student.output))
    np.testing.assert_allclose(found.student.answers(found.rows, context.machine), wanted, atol=1e-6)
    assert record.evaluation is not None
    score = record.evaluation.scores[role]
    assert found.student.about["accuracy"]["value"] == score.value
    assert found.student.about["accuracy"]["n"] == score.n
    names = [one["name"] for one in found.student.about["supervisors"]]
    assert names == ([record.row.weak] if role == "student" else [])


def test_what_was_not_trained_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"cannot be saved as a model|has no 'zero_shot'"):
        student_in(store, ["method=naive"], "zero_shot")


def test_the_labels_are_those_that_the_student_learned_from(store: Store, tmp_path: Path) -> None:
    found = weak_labels_in(store, ["method=naive"])
    path, note = write_weak_labels(found, tmp_path / "weak.parquet")
    table = pq.read_table(path)
    assert table.column_names == [
        "id", "0", "1", "toy-xs: 0", "toy-xs: 1", "toy-s: 0", "toy-s: 1",
    ]  # fmt: skip
    mean = np.stack([table.column(name).to_numpy() for name in ("0", "1")], 1)
    np.testing.assert_allclose(mean, found.votes.mean(0), atol=1e-6)
    assert table.num_rows == one_row(store, ["method=naive"]).row.n_transfer
    text = note.read_text()
    assert "accuracy" not in text.lower()
    assert "toy-xs: 500 rows of 500" in text
    assert "truth" not in " ".join(table.column_names)


def test_the_file_is_a_file_of_labels(store: Store, tmp_path: Path) -> None:
    found = weak_labels_in(store, ["method=naive"])
    path, _ = write_weak_labels(found, tmp_path / "weak.parquet")
    output = Output(kind="classification", n_classes=2)
    how: dict[str, Any] = {"columns": (), "annotator": "", "values": "auto", "encoding": "", "delimiter": ""}
    assert set(how) == set(OPTIONS)
    votes, _ = read_labels(str(path), found.ids, output, known=found.ids, **how)
    np.testing.assert_allclose(votes.reshape(-1, 2), found.mean, atol=1e-6)


def test_equal_labels_give_equal_bytes(tmp_path: Path) -> None:
    first, _ = write_weak_labels(said(), tmp_path / "a.parquet")
    second, _ = write_weak_labels(said(), tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()


def test_nobody_speaks_in_an_empty_cell_and_equal_names_are_counted(tmp_path: Path) -> None:
    path, note = write_weak_labels(said(names=["ann", "ann"]), tmp_path / "a.parquet")
    table = pq.read_table(path).to_pydict()
    assert table["ann 1: no"] == [0.25, None]
    assert table["ann 2: yes"] == [0.25, 0.0]
    assert "ann 1: 1 row of 2" in note.read_text()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"does not end with \.parquet"):
        write_weak_labels(said(), tmp_path / "a.csv")
    with pytest.raises(ConfigError, match="two columns would be called 'id'"):
        write_weak_labels(said(classes=["id", "yes"]), tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match="No such file or directory; choose another file with --to"):
        write_weak_labels(said(), tmp_path / "none" / "a.parquet")
    assert not any(tmp_path.iterdir())


def test_the_rows_behind_a_model_are_not_written_over(tmp_path: Path) -> None:
    for name in ("student.json", "rows.parquet"):
        (tmp_path / name).write_text(name)
    with pytest.raises(ConfigError, match=r"rows\.parquet holds the rows behind a model"):
        write_weak_labels(said(), tmp_path / "rows.parquet")
    assert (tmp_path / "rows.parquet").read_text() == "rows.parquet"
