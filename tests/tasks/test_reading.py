"""Files of tables: every form, compressed or not, in one file or in several, is read by one reader."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import DataError
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.sources.reading import read_table

ROWS = [{"t": "fine", "l": "1"}, {"t": "odd", "l": "0"}]
CSV = b"t,l\nfine,1\nodd,0\n"
JSON_LINES = b'{"t": "fine", "l": "1"}\n{"t": "odd", "l": "0"}\n'


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


CONTENTS = {
    ".csv": CSV, ".tsv": CSV.replace(b",", b"\t"), ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".json": JSON_LINES,
    ".parquet": parquet(ROWS),
}  # fmt: skip
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd
}  # fmt: skip


def cells(path: Path) -> list[dict[str, Any]]:
    return [record for _, record in read_table(path).rows]


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("suffix", CONTENTS)
def test_the_suffix_says_the_form_whatever_its_case(tmp_path: Path, suffix: str, packed: str) -> None:
    content = PACKED[packed](CONTENTS[suffix])
    for name in (f"x{suffix}{packed}", f"X.1{suffix.upper()}{packed.upper()}"):
        (tmp_path / name).write_bytes(content)
        table = read_table(tmp_path / name)
        assert table.source == name
        assert list(table.columns) == ["t", "l"]
        assert cells(tmp_path / name) == ROWS
    (tmp_path / f"plain{suffix}").write_bytes(content)
    assert cells(tmp_path / f"plain{suffix}") == ROWS, "what is compressed is seen without its suffix"
    (tmp_path / f"plain{suffix}.gz").write_bytes(CONTENTS[suffix])
    assert cells(tmp_path / f"plain{suffix}.gz") == ROWS, "and what is not, with one"


@pytest.mark.parametrize("packed", [packed for packed in PACKED if packed])
def test_a_cut_archive_is_named(tmp_path: Path, packed: str) -> None:
    path = tmp_path / f"x.csv{packed}"
    path.write_bytes(PACKED[packed](CSV * 1_000)[:-9])
    with pytest.raises(DataError, match=rf"x\.csv{packed} cannot be"):
        read_table(path)


@pytest.mark.parametrize("name", ["x", "x.txt", "x.gz", "csv"])
def test_an_unknown_suffix_lists_those_that_are_known(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(CSV)
    with pytest.raises(DataError, match=r"a table's name ends in \.csv, .*\.parquet, and then \.gz"):
        read_table(tmp_path / name)
    assert CsvFile(path=str(tmp_path / name), text="t", label="l").load().inputs.tolist() == ["fine", "odd"]


@pytest.mark.parametrize("suffix", CONTENTS)
def test_a_folder_of_files_is_one_table(tmp_path: Path, suffix: str) -> None:
    for name in (f"part-1{suffix}", f"part-0{suffix}"):
        (tmp_path / name).write_bytes(CONTENTS[suffix])
    for name in (".hidden.csv", "_SUCCESS.json", "README.md"):
        (tmp_path / name).write_bytes(b"no table")
    table = read_table(tmp_path)
    assert table.rows == list(enumerate(ROWS * 2, start=1))
    assert table.notes == [f"read 2 files of {tmp_path.name}, part-0{suffix} to part-1{suffix}"]


def test_a_folder_of_no_form_or_of_two_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is a folder without tables; they end in \.csv"):
        read_table(tmp_path)
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.jsonl").write_bytes(JSON_LINES)
    with pytest.raises(DataError, match=r"tables of several forms, such as a\.csv and b\.jsonl"):
        read_table(tmp_path)


def test_the_identity_of_a_folder_is_its_files_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    task = CsvFile(path=str(tmp_path), text="t", label="l")
    alone = CsvFile(path=str(tmp_path / "a.csv"), text="t", label="l")
    assert task.identity() == alone.identity()
    (tmp_path / "b.csv").write_bytes(CSV)
    assert len(set(task.identity()["fingerprint"])) == 1
    assert len(task.identity()["fingerprint"]) == 2
