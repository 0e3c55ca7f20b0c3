"""Labels out of a file: what is read, and what is said of a file that does not fit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.spec import canonical
from outgrow.supervisors.label_file import LabelFile
from outgrow.tasks.base import Output

IDS = ["a", "b", "c"]
CLASSES = Output(kind="classification", n_classes=2, class_names=("ham", "spam"))
NAMELESS = Output(kind="classification", n_classes=3)
Made = Callable[..., LabelFile]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A file of labels: `made([{"id": "a", "label": "spam"}], ".jsonl")`, or of a text."""

    def write(content: list[dict[str, Any]] | str, suffix: str = ".csv") -> LabelFile:
        file = tmp_path / f"weak{suffix}"
        if isinstance(content, str):
            file.write_text(content)
        elif suffix == ".jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in content))
        elif suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(content), file)
        else:
            lines = [",".join(content[0]), *(",".join(map(str, row.values())) for row in content)]
            file.write_text("\n".join(lines))
        return LabelFile(path=str(file))

    return write


def read(labels: LabelFile, output: Output = CLASSES, ids: list[str] = IDS) -> list[list[float]]:
    found = labels.read(ids, output, known=[*IDS, "d"])[0]
    assert found.dtype == np.float32
    return [[round(float(value), 6) for value in row] for row in found]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_labels_by_name_and_by_number(suffix: str, made: Made) -> None:
    names = [{"id": one, "label": label} for one, label in zip("cab", ("spam", "ham", "spam"), strict=True)]
    assert read(made(names, suffix)) == [[1, 0], [0, 1], [0, 1]]
    assert read(made(names, suffix), ids=["c", "a"]) == [[0, 1], [1, 0]]
    numbers = [{"id": one, "label": label} for one, label in zip("abc", (1, 0, 2), strict=True)]
    assert read(made(numbers, suffix), NAMELESS) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    if suffix == ".csv":
        return
    floats = [{"id": i, "label": label} for i, label in enumerate((1.0, 0.0))]
    assert made(floats, suffix).read(["0", "1"], CLASSES, known=["0", "1"])[0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_probabilities_by_name_and_by_number(suffix: str, made: Made) -> None:
    named = [{"id": one, "ham": p, "spam": 1 - p, "note": "x"} for one, p in zip("abc", (0.25, 1.0, 0.5), strict=True)]
    assert read(made(named, suffix)) == [[0.25, 0.75], [1, 0], [0.5, 0.5]]
    numbered = [{"id": one, "0": p, "1": 1 - p} for one, p in zip("abc", (0.25, 1.0, 0.5), strict=True)]
    assert read(made(numbered, suffix)) == [[0.25, 0.75], [1, 0], [0.5, 0.5]]


def test_rows_of_other_examples_are_left_out_quickly(made: Made) -> None:
    many = [{"id": f"x{i}", "label": "ham"} for i in range(20_000)]
    labels = made([*many, *({"id": one, "label": "spam"} for one in IDS)])
    started = time.perf_counter()
    assert labels.read(IDS, CLASSES, known=[*IDS, *(f"y{i}" for i in range(20_000))])[0].tolist() == [[0, 1]] * 3
    assert time.perf_counter() - started < 5


def test_a_byte_order_mark_is_no_part_of_the_header(made: Made) -> None:
    assert read(made("\ufeffid,label\na,ham\nb,spam\nc,1\n")) == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("content", "suffix", "why"),
    [
        ("id,label\na,ham\n", ".csv", r"has no row for 2 of 3 examples, such as id 'b'; every example of transfer"),
        (
            "id,label\nx,ham\ny,ham\n",
            ".csv",
            "none of its ids, such as 'x', is an id of the task's examples, such as 'a'",
        ),
        ("id,label\na,ham\na,spam\n", ".csv", "id 'a' stands there twice"),
        ("id,label\na,eggs\nb,ham\nc,ham\n", ".csv", "id 'a': label 'eggs' is none of ham, spam"),
        ("id,label\na,2\nb,ham\nc,ham\n", ".csv", "id 'a': label '2' is none of ham, spam"),
        ("id,label\na\nb,ham\nc,ham\n", ".csv", "id 'a': label '' is none of ham, spam"),
        ("id,ham,spam\na,0.5,0.6\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,-0.5,1.5\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,nan,nan\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,1,nan\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,inf,0\nb,1,0\nc,1,0\n", ".csv", "must be from 0 to 1 and sum to 1"),
        ("id,ham,spam\na,much,0\nb,1,0\nc,1,0\n", ".csv", "id 'a': a probability is not a number"),
        ("id,ham,spam\na,1\nb,1,0\nc,1,0\n", ".csv", "id 'a': a probability is not a number"),
        ("id,ham\na,1\nb,1\nc,1\n", ".csv", "needs a column 'label', or one per class: ham, spam"),
        ("name,label\na,ham\n", ".csv", "needs at least one row, and a column 'id' in every row"),
        ("id,label\n", ".csv", "needs at least one row, and a column 'id' in every row"),
        ("", ".csv", "needs at least one row, and a column 'id' in every row"),
        ('{"id": "a", "label": 1}\n{"label": 1}\n', ".jsonl", "needs at least one row, and a column 'id' in every row"),
        ("[1, 2]\n", ".jsonl", "needs at least one row, and a column 'id' in every row"),
        ('{"id": "a"', ".jsonl", "cannot be read"),
        ("no parquet", ".parquet", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, suffix: str, why: str, made: Made) -> None:
    with pytest.raises(DataError, match=why):
        read(made(content, suffix))


def test_probabilities_that_nearly_sum_to_one_will_do(made: Made) -> None:
    assert read(made("id,ham,spam\na,0.3333,0.6666\nb,1,0\nc,0,1\n"))[0] == [0.3333, 0.6666]


def test_a_file_must_be_there_and_of_a_known_kind(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv cannot be read"):
        LabelFile(path=str(tmp_path / "nothing.csv")).identity()
    with pytest.raises(DataError, match="cannot be read"):
        LabelFile(path=str(tmp_path)).identity()
    with pytest.raises(ConfigError, match=r"labels are read from \.csv, \.jsonl or \.parquet files"):
        read(made("id,label\na,ham\n", ".txt"))
    for suffix in (".csv", ".jsonl"):
        (tmp_path / f"latin{suffix}").write_bytes(b"id,label\na,caf\xe9\n")
        with pytest.raises(DataError, match=r"latin.* cannot be read: .*utf-8"):
            read(LabelFile(path=str(tmp_path / f"latin{suffix}")))


def test_the_content_counts_and_not_the_place(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = made("id,label\na,ham\nb,ham\nc,ham\n")
    one = canonical(labels)
    assert str(tmp_path) not in one
    monkeypatch.setenv("HOME", str(tmp_path))
    assert canonical(LabelFile(path="~/weak.csv")) == one
    assert read(LabelFile(path="~/weak.csv")) == [[1, 0]] * 3
    changed = made("id,label\na,spam\nb,ham\nc,ham\n")
    assert canonical(changed) != one
    assert read(changed)[0] == [0, 1]
