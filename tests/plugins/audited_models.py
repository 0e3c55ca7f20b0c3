"""Model folders with rows whose truth a test knows, and a person who fills in sheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from outgrow.own_model.kept_rows import CHECKING, LEARNED, KeptRows, write
from outgrow.student.folder import FACTS
from outgrow.tasks.base import Output

N, NAMES = 1_200, ("no", "yes")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A model folder whose truth is known to the test."""

    folder: Path
    truth: np.ndarray
    right: np.ndarray

    def name(self, i: int) -> str:
        return NAMES[self.truth[i]]


def rows_of(n: int, seed: int, *, learned: int = 0, checking: int = 0) -> tuple[KeptRows, np.ndarray]:
    """Rows whose model is right as often as it is sure, and two labellers who err."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    sure = rng.uniform(0.5, 1, n)
    right = rng.random(n) < sure
    answer = np.where(right, truth, 1 - truth)
    answers = np.zeros((n, 2), np.float32)
    answers[np.arange(n), answer], answers[np.arange(n), 1 - answer] = sure, 1 - sure
    votes = np.zeros((2, n, 2), np.float32)
    for i, share in enumerate((0.8, 0.7)):
        votes[i, np.arange(n), np.where(rng.random(n) < share, truth, 1 - truth)] = 1
    use = [LEARNED] * learned + [CHECKING] * checking + [""] * (n - learned - checking)
    rows = KeptRows(
        output=Output(kind="classification", n_classes=2, class_names=NAMES),
        ids=[f"{i:016x}" for i in range(n)],
        numbers=list(range(2, n + 2)),
        inputs={"text": [f"text\n{i}" for i in range(n)]},
        labellers=["a", "b"],
        votes=votes,
        fused=votes.mean(0),
        answers=answers,
        truth=np.where(np.arange(n) < learned + checking, truth, -1),
        use=use,
        sources={"from": ["web" if i % 2 else "app" for i in range(n)]},
    )
    return rows, truth


def keep(rows: KeptRows, folder: Path, *, columns: dict[str, str] | None = None) -> None:
    """A folder as a training leaves it, but for the weights."""
    folder.mkdir()
    facts = {
        "format": 1, "columns": columns or {"text": "body"},
        "about": {"data": {"name": "mine.csv"}, "chosen": ["naive, by evidence"], "notes": ["a training's note"]},
    }  # fmt: skip
    (folder / FACTS).write_text(json.dumps(facts))
    write(rows, folder)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Made]:
    def make(*, n: int = N, seed: int = 0, learned: int = 0, checking: int = 0, name: str = "model") -> Made:
        rows, truth = rows_of(n, seed, learned=learned, checking=checking)
        keep(rows, tmp_path / name)
        return Made(folder=tmp_path / name, truth=truth, right=rows.answers.argmax(-1) == truth)

    return make


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path: Path, model: Made, *, first: int | None = None, column: str = "truth", **wrong: str) -> Path:
    """A sheet with the truth of its first rows; of some ids what is told."""
    rows = cells(path)
    for row in rows[:first]:
        row[column] = wrong.get(row["id"], model.name(int(row["id"], 16)))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
