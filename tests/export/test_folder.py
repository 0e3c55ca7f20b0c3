"""A student written as a model folder: what somebody checked is left alone, and nothing is left of another model."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_students import TWO, student
from typer.testing import CliRunner

from outgrow.cli import app
from outgrow.errors import ConfigError
from outgrow.models.bases.language import LanguageModel
from outgrow.student import load, save

pytest.importorskip("transformers")

ROWS = ("rows.parquet", "suspects.csv", "findings.html")


@pytest.fixture
def two(tiny: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """Two model folders; the second looks like one that `outgrow train` made, and a file of somebody's is in it."""
    made = LanguageModel(name="transformer", path=str(tiny("bert")), training="probe", max_length=40)
    first = save(student(made, TWO, seed=1, about={"method": "naive"}), tmp_path / "first")
    start = {"a": torch.zeros(1)}
    second = save(student(made, TWO, seed=2, start=start, about={"method": "confidence"}), tmp_path / "second")
    for name in (*ROWS, "mine.txt"):
        (second / name).write_text(name)
    return first, second


def typed(line: str, *places: Path) -> str:
    found = CliRunner().invoke(app, shlex.split(line.format(*places)))
    if found.exception is not None:
        raise found.exception
    return " ".join(found.output.split())


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_model_is_replaced_with_the_rows_behind_it_and_that_is_told(two: tuple[Path, Path]) -> None:
    first, second = two
    said = typed("export {} --format student --to {}", first, second)
    assert "second held a model, which the new one replaces, with the rows behind it" in said
    assert contents(second) == contents(first) | {"mine.txt": b"mine.txt"}
    assert load(second).fingerprint == load(first).fingerprint


def test_a_free_place_is_written_without_a_note(two: tuple[Path, Path], tmp_path: Path) -> None:
    first, _ = two
    assert "note" not in typed("export {} --format student --to {}", first, tmp_path / "third")
    assert contents(tmp_path / "third") == contents(first)


@pytest.mark.parametrize("name", ["audited.json", "plan.json"])
def test_what_somebody_checked_or_is_checking_is_not_written_over(two: tuple[Path, Path], name: str) -> None:
    first, second = two
    (second / name).write_text("{}")
    before = contents(second)
    told = rf"second .*somebody (checked|may be checking) \({name}\).* choose another --to"
    with pytest.raises(ConfigError, match=told):
        typed("export {} --format student --to {}", first, second)
    assert contents(second) == before


@pytest.mark.parametrize("format", ["student", "transformers", "onnx"])
def test_a_model_is_not_written_over_itself(two: tuple[Path, Path], tmp_path: Path, format: str) -> None:
    _, second = two
    before = contents(second)
    (tmp_path / "link").symlink_to(second)
    for to in (second, tmp_path / "link"):
        with pytest.raises(ConfigError, match="is the model itself: choose another folder"):
            typed(f"export {{}} --format {format} --to {{}}", second, to)
    assert contents(second) == before
