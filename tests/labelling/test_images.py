"""Labels of images: of a folder, and of a table with their paths; those that cannot be read get none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from outgrow.errors import ConfigError
from outgrow.labelling import label_file
from outgrow.models.pixels import Pixels
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Output

WIDTH = 3 * 8 * 8


def sees_light(column: str = "image") -> Student:
    """Answers bright where pixels are above the middle."""
    output = Output(kind="classification", n_classes=2, class_names=("dark", "bright"))
    weight = torch.stack([torch.zeros(WIDTH), torch.ones(WIDTH) / WIDTH])
    state = {"head.weight": weight, "head.bias": torch.zeros(2), MEAN: torch.zeros(WIDTH), DEVIATION: torch.ones(WIDTH)}
    return Student(model=Pixels(), output=output, state=state, columns={"image": column})


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A bright image, a dark one in a folder, one that is broken, and a text."""
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path / "images"
    (folder / "inner").mkdir(parents=True)
    for name, value in {"a.png": 250, "inner/b.png": 5}.items():
        image.fromarray(np.full((10, 12, 3), value, np.uint8)).save(folder / name)
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:40])
    (folder / "notes.txt").write_text("none")
    return folder


@pytest.mark.parametrize("column", ["image", "path"])
def test_a_folder_of_images(images: Path, tmp_path: Path, column: str) -> None:
    found = label_file(sees_light(column), images, tmp_path / "out.csv")
    with open(tmp_path / "out.csv", newline="") as file:
        read = {row["image"]: row["label"] for row in csv.DictReader(file)}
    assert read == {"a.png": "bright", "broken.png": "", "inner/b.png": "dark"}
    told = ["passed over 1 file: no images", "no label for 1 row without an image that can be read"]
    assert found.notes == told


def test_a_table_with_paths_of_images(images: Path, tmp_path: Path) -> None:
    (images / "new.csv").write_text("id,image\n1,inner/b.png\n2,\n3,none.png\n4,a.png\n")
    found = label_file(sees_light(), images / "new.csv", tmp_path / "out.csv", batch=2)
    with open(tmp_path / "out.csv", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["dark", "", "", "bright"]
    assert found.notes == ["no label for 2 rows without an image that can be read"]
    with pytest.raises(ConfigError, match="this model sees images; say --image"):
        label_file(sees_light(), images / "new.csv", tmp_path / "x.csv", columns={"text": "id"})
