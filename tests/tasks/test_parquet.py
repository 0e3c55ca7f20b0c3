"""Parquet files: only what is needed is read, and what cannot be read is named with its column."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import DataError
from outgrow.tasks.parquet_file import ParquetFile
from outgrow.tasks.sources.reading import read_table

TEXTS = ["fine", "odd", "more"]


def task(tmp_path: Path, *, t: Any = TEXTS, l: Any = (1, 0, 1), **options: Any) -> ParquetFile:  # noqa: E741
    fields = {one: options.pop(one) for one in ("text", "label", "group") if one in options}
    pq.write_table(pa.table({"t": t, "l": l, **options}), tmp_path / "x.parquet")
    return ParquetFile(path=str(tmp_path / "x.parquet"), **{"text": "t", "label": "l", **fields})


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1 << 62, 0, 1], pa.timestamp("ms")),
        pa.array([1 << 62, 0, 1], pa.duration("s")),
        pa.array([1 << 30, 0, 1], pa.date32()),
        pa.StringArray.from_buffers(3, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"\xffab")),
    ],
    ids=["time", "duration", "date", "not UTF-8"],
)
def test_a_value_out_of_range_matters_where_it_is_used(tmp_path: Path, column: pa.Array) -> None:
    assert task(tmp_path, odd=column).load().inputs.tolist() == TEXTS
    for one in ("text", "label", "group"):
        with pytest.raises(DataError, match=r"x\.parquet: column 'odd', of type .*, holds a value that cannot be read"):
            task(tmp_path, odd=column, **{one: "odd"}).load()


def test_where_nobody_says_what_is_needed_a_column_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    task(tmp_path, odd=pa.array([1, 0, 1 << 62], pa.timestamp("ms")), more=pa.array([1, 0, 1 << 30], pa.date32()))
    table = read_table(tmp_path / "x.parquet")
    assert list(table.columns) == ["t", "l"]
    assert [record for _, record in table.rows] == [{"t": "fine", "l": 1}, {"t": "odd", "l": 0}, {"t": "more", "l": 1}]
    assert [note[: note.index(":")] for note in table.notes] == [
        "column 'odd' is left out",
        "column 'more' is left out",
    ]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (pa.array(["good", None, "bad"]).dictionary_encode(), ("bad", "good")),
        (pa.array([Decimal(1), None, Decimal(0)], pa.decimal128(10, 2)), ("0", "1")),
        (pa.array([date(2021, 1, 1), None, date(2020, 1, 1)]), ("2020-01-01", "2021-01-01")),
        (pa.array([1, None, 0], pa.uint8()), ("0", "1")),
        (pa.array([1.0, None, 0.0], pa.float16()), ("0", "1")),
        (pa.array([True, None, False]), ("false", "true")),
        (pa.array(["b", None, "a"], pa.large_string()), ("a", "b")),
    ],
)
def test_labels_of_every_type(tmp_path: Path, values: pa.Array, classes: tuple[str, ...]) -> None:
    found = task(tmp_path, l=values).load()
    assert found.class_names == classes
    assert found.inputs.tolist() == ["fine", "more"]
    assert found.notes == ["dropped 1 row without a label"]


def test_two_columns_of_one_name_are_named_where_they_are_used(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table([pa.array(TEXTS), pa.array(TEXTS), pa.array([1, 0, 1])], names=["t", "t", "l"]), path)
    with pytest.raises(DataError, match=r"x\.parquet has two columns 't'; give each a name of its own"):
        ParquetFile(path=str(path), text="t", label="l").load()
    pq.write_table(pa.table([pa.array(TEXTS), *[pa.array([1, 0, 1])] * 3], names=["t", "x", "x", "l"]), path)
    assert ParquetFile(path=str(path), text="t", label="l").load().inputs.tolist() == TEXTS


def test_bytes_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 1: 't' holds bytes, not text; choose another column$"):
        task(tmp_path, t=[b"fine", b"odd", b"more"]).load()


def test_only_what_is_needed_is_read(tmp_path: Path) -> None:
    found = task(tmp_path, more=TEXTS, text="{more}!", meta=[{"l": 1}, {"l": 0}, {"l": 1}], label="meta.l").table()
    assert list(found.columns) == ["t", "l", "more", "meta", "meta.l"]
    assert [list(record) for _, record in found.rows] == [["more", "meta", "meta.l"]] * 3


def test_parts_of_a_table_need_the_same_columns_where_they_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for i, name in enumerate(["x", "y"]):
        pq.write_table(pa.table({"t": TEXTS, "l": [i, 0, 1], name: [1, 2, 3]}), folder / f"{i}.parquet")
    assert len(ParquetFile(path=str(folder), text="{t} {t}", label="l").table().rows) == 6
    with pytest.raises(DataError, match=r"parts: 1\.parquet has no column 'x'"):
        ParquetFile(path=str(folder), text="t", label="x").load()


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    damaged = task(tmp_path)
    content = (tmp_path / "x.parquet").read_bytes()
    for at in range(0, len(content), 7):
        for changed in (content[: at or 1], content[:at] + b"\xff\0\xee" + content[at + 3 :]):
            (tmp_path / "x.parquet").write_bytes(changed)
            with contextlib.suppress(DataError):
                damaged.load()
