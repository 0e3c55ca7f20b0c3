"""Files of tables: every form, compressed or not, in one file or in several, is read by one reader."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
import os
import socketserver
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import DataError
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.parquet_file import ParquetFile
from outgrow.tasks.sources import content as unpacking
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


@pytest.mark.parametrize("packed", [packed for packed in PACKED if packed])
def test_what_unpacks_to_far_more_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: str) -> None:
    path, rows = tmp_path / f"x.csv{packed}", 3 * unpacking.PIECE // 8
    path.write_bytes(PACKED[packed](b"t,l\n" + b"fine,01\n" * rows))
    assert len(cells(path)) == rows, "which is less than is always allowed"
    monkeypatch.setattr(unpacking, "SMALL", unpacking.PIECE)
    monkeypatch.setattr(unpacking, "RATIO", 10)
    with pytest.raises(DataError, match=rf"x\.csv{packed} has .* unpacks to more than 1,048,576; .*unpack it"):
        read_table(path)
    monkeypatch.setattr(unpacking, "RATIO", 100_000)
    assert len(cells(path)) == rows


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


def test_names_that_are_no_text_are_told_in_plain_letters(tmp_path: Path) -> None:
    for name in ("a\udce9.csv", "b\x1b.csv"):
        (tmp_path / name).write_bytes(CSV + b"short\n")
    for note in read_table(tmp_path).notes:
        assert note.isprintable()
        assert note.encode()


def test_folders_in_a_folder_are_not_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    with pytest.raises(DataError, match=r"is a folder without tables; .*; it has folders, such as 'more': name one"):
        read_table(tmp_path)
    for name in ("a.csv", "b.csv", "more/c.csv"):
        (tmp_path / name).write_bytes(CSV)
    assert read_table(tmp_path).notes[0].endswith("a.csv to b.csv, and none of its folders, such as 'more'")


def test_the_identity_of_a_folder_is_its_files_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    task = CsvFile(path=str(tmp_path), text="t", label="l")
    alone = CsvFile(path=str(tmp_path / "a.csv"), text="t", label="l")
    assert task.identity() == alone.identity()
    (tmp_path / "b.csv").write_bytes(CSV)
    assert len(set(task.identity()["fingerprint"])) == 1
    assert len(task.identity()["fingerprint"]) == 2


TASKS: dict[str, type[CsvFile | JsonlFile | ParquetFile]] = {"csv": CsvFile, "jsonl": JsonlFile, "parquet": ParquetFile}


def missing(path: Path) -> str:
    return "x does not exist; path is taken from the folder"


def dangling(path: Path) -> str:
    path.symlink_to("gone")
    return "x is a link to gone, which does not exist"


def circular(path: Path) -> str:
    path.symlink_to("x")
    return "x is a link to x, which does not exist"


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return "x is no regular file"


def socket(path: Path) -> str:
    with socketserver.UnixStreamServer(os.path.relpath(path), socketserver.BaseRequestHandler):
        return "x is no regular file"


def folder(path: Path) -> str:
    path.mkdir()
    return "x is a folder without tables"


def pipe_in_a_folder(path: Path) -> str:
    path.mkdir()
    os.mkfifo(path / "y.csv")
    return r"y\.csv is no regular file"


def empty(path: Path) -> str:
    path.touch()
    return "x is empty"


def packed_nothing(path: Path) -> str:
    path.write_bytes(gzip.compress(b""))
    return "x is empty but for blanks"


@pytest.mark.parametrize(
    "make", [missing, dangling, circular, pipe, socket, folder, pipe_in_a_folder, empty, packed_nothing]
)
@pytest.mark.parametrize("task", TASKS)
def test_what_is_no_file_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, make: Callable[[Path], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    why = make(tmp_path / "x")
    with pytest.raises(DataError, match=why):
        TASKS[task](path="x", text="t", label="l").load()
    if make not in (empty, packed_nothing):
        with pytest.raises(DataError, match=why):
            TASKS[task](path="x", text="t", label="l").identity()


@pytest.mark.parametrize("path", ["", "\0", "x" * 5_000, "~nobody-here/x.csv", "x/\udcff"])
def test_odd_paths_are_one_clear_error(path: str) -> None:
    for task in TASKS.values():
        with pytest.raises(DataError):
            task(path=path, text="t", label="l").load()


@pytest.mark.parametrize("name", ["os.listdir", "pathlib.Path.read_bytes"])
def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "x.csv").write_bytes(CSV)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(name, refuse)
    with pytest.raises(DataError, match=r"cannot be read: .*Permission denied"):
        read_table(tmp_path)


@pytest.mark.parametrize("content", [b"\n \r\n\t\n", b"\0\0\0", "\ufeff".encode(), "\ufeff \n".encode("utf-16-le")])
@pytest.mark.parametrize("task", ["csv", "jsonl"])
def test_nothing_but_blanks_is_empty(tmp_path: Path, task: str, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DataError, match="x is empty but for blanks"):
        TASKS[task](path=str(tmp_path / "x"), text="t", label="l").load()


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    for name, content in {"x.csv": b"t,l\n", "x.json": b"[]", "x.parquet": parquet(ROWS[:0])}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=r"has no (rows|column 'l'; its columns are none)"):
            TASKS[{"json": "jsonl"}.get(name[2:], name[2:])](path=str(tmp_path / name), text="t", label="l").load()


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_a_cell_without_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr("outgrow.tasks.sources.separated.LONGEST_CELL", 200_000)
    limit = csv.field_size_limit(200_000)
    try:
        (tmp_path / f"x.{suffix}").write_text("t\tl\n".replace("\t", "," if suffix == "csv" else "\t") + "x" * 300_000)
        with pytest.raises(DataError, match=r"line 2: a cell has more than 200,000 characters"):
            read_table(tmp_path / f"x.{suffix}")
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.csv", CONTENTS[".parquet"], "x.csv holds Parquet, not separated cells; read it with the task 'parquet'"),
        ("x.csv", CONTENTS[".jsonl"], "x.csv holds JSON, not separated cells; read it with the task 'jsonl', or call"),
        ("x.csv", b"\xef\xbb\xbf[\n{\n", "x.csv holds JSON"),
        ("x.jsonl", CONTENTS[".parquet"], "x.jsonl holds Parquet, not JSON"),
        ("x.jsonl", CONTENTS[".csv"], "no line holds a JSON object"),
        ("x.parquet", CONTENTS[".csv"], "x.parquet holds separated cells, not Parquet"),
        ("x.parquet", CONTENTS[".json"], "x.parquet holds JSON, not Parquet"),
        ("x.parquet", b"PAR1" + bytes(100), "x.parquet cannot be read"),
        ("x.parquet", b"PAR\0" + bytes(100), "x.parquet cannot be read"),
    ],
)
def test_a_wrong_suffix_is_named(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=why.replace(".", r"\.")):
        read_table(tmp_path / name)


def test_what_lies_beside_the_parts_and_which_are_missing_is_told(tmp_path: Path) -> None:
    for name in ("data-00000-of-00003.csv", "data-00002-of-00003.csv", "~$data.csv", "data.csv.part", "README.md"):
        (tmp_path / name).write_text("t,l\nfine,1\n")
    notes = read_table(tmp_path, columns=("t", "l")).notes
    assert notes[0].endswith(
        "data-00000-of-00003.csv to data-00002-of-00003.csv, and no other file, such as data.csv.part"
    )
    assert notes[1] == "1 of 3 parts are not there, such as data-00001-of-00003.csv"


def test_a_part_without_a_needed_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"t": "fine", "l": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"t": "odd", "lab": 1}\n')
    assert "no row of b.jsonl has 'l'" in read_table(tmp_path, columns=("t", "l")).notes
