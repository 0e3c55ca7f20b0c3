"""`outgrow export`, as it is typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_students import TWO, student
from typer.testing import CliRunner

import outgrow
from outgrow.cli import app
from outgrow.errors import ConfigError, OutgrowError
from outgrow.models.bases.language import LanguageModel
from outgrow.student import load, save


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("store")
    outgrow.run("toy", seeds=[0, 1], store=place, progress=False)
    return place


@pytest.fixture
def mine(tiny: Callable[..., Path], tmp_path: Path) -> Path:
    """A model folder."""
    pytest.importorskip("transformers")
    made = LanguageModel(name="transformer", path=str(tiny("bert")), training="probe", max_length=40)
    return save(student(made, TWO, about={"method": "naive"}), tmp_path / "mine")


def typed(line: str, *places: Path) -> str:
    found = CliRunner().invoke(app, shlex.split(line.format(*places)))
    if found.exception is not None:
        raise found.exception
    return " ".join(found.output.split())


def test_a_model_folder_becomes_one_of_transformers(mine: Path, tmp_path: Path) -> None:
    out = typed("export {} --to {}", mine, tmp_path / "hf")
    assert "opens with AutoModelForSequenceClassification; probabilities differ from the student's by at most" in out
    config = json.loads((tmp_path / "hf" / "config.json").read_text())
    assert config["architectures"] == ["BertForSequenceClassification"]
    assert config["id2label"] == {"0": "bad", "1": "good"}
    assert "Method: naive." in (tmp_path / "hf" / "README.md").read_text()


def test_a_student_of_a_store_becomes_a_model_folder(store: Path, tmp_path: Path) -> None:
    out = typed('export --store {} --where "method=naive seed=1" --format student --to {}', store, tmp_path / "own")
    assert "answers new rows" in out
    found = load(tmp_path / "own")
    assert (found.about["method"], found.about["seed"]) == ("naive", 1)
    assert found.about["accuracy"]["n"] > 0


def test_conditions_with_blanks_in_their_values_stay_whole(store: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"method=confidence\(alpha=0.5, ramp=0.25\)' fits no row; method is"):
        typed(
            "export --store {} --where 'seed=0 method=confidence(alpha=0.5, ramp=0.25)' --to {}", store, tmp_path / "x"
        )


def test_weak_labels_of_a_store(store: Path, tmp_path: Path) -> None:
    out = typed(
        "export --store {} --where method=naive --where seed=0 --format weak-labels --to {}", store,
        tmp_path / "weak.parquet",
    )  # fmt: skip
    assert out.count("weak.parquet") == 2
    assert {file.name for file in tmp_path.iterdir()} == {"weak.parquet", "weak.parquet.md"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("export model", "--to is missing"),
        ("export model --store s --to x", "is a model already"),
        ("export no-such-model --to x", "is not there"),
        ("export --store {} --format weak-labels --role ceiling --to x.parquet", "learned from ground truth"),
        ("export --store {} --to x", "rows fit; say which with --where"),
        ("export --store {} --where method=other --to x", "fits no row"),
        ("export --store no-such-store --to x", "no-such-store"),
    ],
)
def test_mistakes_are_named(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutgrowError, match=said):
        typed(line, store)
    assert not any(tmp_path.iterdir())


def test_weak_labels_of_a_model_folder_are_those_of_its_rows(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no rows\.parquet: only a model that `outgrow train` made"):
        typed("export {} --format weak-labels --to {}", mine, tmp_path / "weak.parquet")
