"""CSV as programs and people write it: encodings, delimiters, headers and quotes are read, or named with a cure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.spec import canonical
from outgrow.tasks.base import Examples
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.sources.reading import read_table

PLAIN = "t,l\nfine,1\nodd,0\n"
LINES = '{"t": "fine", "l": 1}\n{"t": "odd", "l": 0}\n'
Load = Callable[..., Examples]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The examples of a CSV file: `load(content, delimiter=";")`."""

    def read(content: str | bytes, *, name: str = "x.csv", **options: Any) -> Examples:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return CsvFile(path=str(tmp_path / name), **{"text": "t", "label": "l", **options}).load()

    return read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(("task", "content"), [(CsvFile, PLAIN), (JsonlFile, LINES)])
def test_a_mark_says_the_encoding(tmp_path: Path, task: type[CsvFile | JsonlFile], content: str, encoding: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(("\ufeff" + content.replace("odd", "œdd 🙂")).encode(encoding))
    found = task(path=str(path), text="t", label="l")
    assert found.load().inputs.tolist() == ["fine", "œdd 🙂"]
    given = task(path=str(path), text="t", label="l", encoding=encoding)
    assert given.load().inputs.tolist() == ["fine", "œdd 🙂"], "a mark is no letter"
    assert canonical(given) != canonical(found)
    with pytest.raises(DataError, match=r"begins with the mark of UTF-.*encoding is 'latin-1'; leave encoding out"):
        task(path=str(path), text="t", label="l", encoding="latin-1").load()


@pytest.mark.parametrize(
    ("encoding", "cure"),
    [("latin-1", "latin-1"), ("cp1252", "latin-1"), ("mac-roman", "cp1252"), ("cp1251", "latin-1")],
)
def test_other_encodings_are_named_and_can_be_given(load: Load, encoding: str, cure: str) -> None:
    text = "ё" if encoding == "cp1251" else "é"
    content = f"t,l\nfine,1\nodd {text},0\n".encode(encoding)
    with pytest.raises(DataError, match=f'not UTF-8 text: byte 15, in line 3, is 0x.*set encoding = "{cure}", or what'):
        load(content)
    assert load(content, encoding=encoding).inputs.tolist() == ["fine", f"odd {text}"]
    with pytest.raises(DataError, match=r"not UTF-8 text: .*leave encoding out, or set what"):
        load(content, encoding="UTF-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(load: Load, encoding: str) -> None:
    with pytest.raises(DataError, match=f'looks like .* without a mark; set encoding = "{encoding}"'):
        load(PLAIN.encode(encoding))
    assert load(PLAIN.encode(encoding), encoding=encoding).inputs.tolist() == ["fine", "odd"]


@pytest.mark.parametrize("encoding", ["latin-11", "base64", "\0", "utf 9"])
@pytest.mark.parametrize("task", [CsvFile, JsonlFile])
def test_an_unknown_encoding_is_named(task: type[CsvFile | JsonlFile], encoding: str) -> None:
    with pytest.raises(ConfigError, match=r"encoding = .* is unknown; \"utf-8\", \"latin-1\""):
        task(path="x", text="t", label="l", encoding=encoding)


@pytest.mark.parametrize(("mark", "written"), [(";", ";"), ("|", "|"), ("\t", r"\t"), (",", ",")])
def test_other_delimiters_are_named_and_can_be_given(load: Load, tmp_path: Path, mark: str, written: str) -> None:
    content = f"t{mark}l\nfine: so, so|{mark}1\nodd{mark}0\n" if mark == ";" else PLAIN.replace(",", mark)
    name = "x.tsv" if mark == "," else "x.csv"
    with pytest.raises(DataError) as refused:
        load(content, name=name)
    assert f'set delimiter = "{written}"' in str(refused.value)
    with pytest.raises(DataError) as refused:  # also where nobody says which columns are needed
        read_table(tmp_path / name)
    assert f'Then set delimiter = "{written}"' in str(refused.value)
    assert load(content, name=name, delimiter=mark).inputs[1] == "odd"
    assert canonical(CsvFile(path=__file__, text="t", label="l")) != canonical(
        CsvFile(path=__file__, text="t", label="l", delimiter=mark)
    )


@pytest.mark.parametrize("content", ["Export of May\nt;l\nfine;1\n", "x, y;t;l\n1,2;fine;1\n", '"x, y";"t";"l"\n'])
def test_a_header_that_names_more_with_another_delimiter_is_named(load: Load, content: str) -> None:
    with pytest.raises(DataError, match=r"line . names l and t if cells are separated by ';', not by ','; set"):
        load(content)
    with pytest.raises(DataError, match=r"no column 'x'"):
        load("t;l,t;l\n", label="x")


def test_quoted_cells_with_another_delimiter_are_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 1 names l and t"):
        load('"t";"l"\n"fine";"1"\n')
    with pytest.raises(DataError, match=r"line 1: a quote opens there .*, or set delimiter = \";\" if"):
        read_table(tmp_path / "x.csv")


def test_lines_that_are_quoted_as_a_whole_are_named(load: Load) -> None:
    with pytest.raises(DataError, match="the whole header stands in quotes, 't,l'"):
        load('"t,l"\n"fine,1"\n"odd,0"\n')


@pytest.mark.parametrize("delimiter", ["::", "\n", '"', "tab"])
def test_a_delimiter_is_one_character(delimiter: str) -> None:
    with pytest.raises(ConfigError, match="must be one character"):
        CsvFile(path="x", text="t", label="l", delimiter=delimiter)


@pytest.mark.parametrize("said", ["sep=;\n", '"sep=;"\r\n', "SEP=;\n", "\ufeffsep=;\n"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_a_first_line_may_say_the_delimiter(load: Load, said: str, name: str) -> None:
    found = load(said + "t;l\nfine, so to say;1\nodd;0\nshort\n", name=name)
    assert found.inputs.tolist() == ["fine, so to say", "odd"]
    assert found.notes == ["skipped 1 bad row: line 5 has 1 cells, the header 2"]


def test_a_first_line_alone_has_no_columns(load: Load) -> None:
    with pytest.raises(DataError, match="no column 'l'; its columns are none"):
        load("sep=;\n")


@pytest.mark.parametrize("above", ["Export of 3 May\n", "Export of 3 May,\n\n", "Export, of\n,by,me\n\n", "\n,\n\n"])
def test_lines_above_the_header_are_counted(load: Load, above: str) -> None:
    found = load(above + PLAIN)
    assert found.inputs.tolist() == ["fine", "odd"]
    assert [note[:18] for note in found.notes] == ["the header is line"] * above.startswith("Export")
    if found.notes:
        assert f"line {above.count(chr(10)) + 1}; skipped" in found.notes[0]
        assert "line 1 begins with 'Export" in found.notes[0]


def test_a_row_that_names_no_more_columns_is_no_header(load: Load) -> None:
    assert load("t,l\nfine,1\nt,1\nodd,0\n").notes == []
    with pytest.raises(DataError, match="no column 'txt'; did you mean 't'"):
        load("t,l\nfine,1\nt,l\nodd,0\n", text="txt")
    with pytest.raises(DataError, match="no column 'l'; its columns are fine, 1"):
        load("fine,1\nodd,0\n")


def test_headers_of_a_survey_are_no_rows(load: Load) -> None:
    ids = '"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
    found = load(PLAIN.replace("fine", "What did you think?,How do you rate it?\n" + ids + "fine"))
    assert found.class_names == ("0", "1")
    assert found.notes == ["skipped 2 rows of questions below the header: line 3 holds ImportIds"]


@pytest.mark.parametrize("content", ["t,l,n\nfine,1,\nodd,0,,,\n", "t,l,\nfine,1\nodd,0\n", "t,l\nfine,1,\nodd,0,\n"])
def test_separators_at_the_end_of_a_line_are_no_cells(load: Load, content: str) -> None:
    assert load(content).inputs.tolist() == ["fine", "odd"]


def test_what_stands_right_of_the_header_is_counted(load: Load) -> None:
    found = load("t,l,,\nfine,1,,more\nodd,0,,\nlong,0,x,y,z\n")
    assert found.inputs.tolist() == ["fine", "odd"]
    assert found.notes == [
        "skipped 1 bad row: line 4 has 5 cells, the header 2",
        "cells to the right of the last named column are not read: those of 1 row, such as line 2",
    ]


def test_one_name_for_two_columns_matters_where_it_is_used(load: Load) -> None:
    content = "t,x,x,l\nfine,,,1\nodd,,,0\n"
    assert load(content).inputs.tolist() == ["fine", "odd"]
    with pytest.raises(DataError, match="its header names 'x' twice"):
        load(content, group="x")


def test_a_file_pasted_below_another_repeats_header_and_mark(load: Load) -> None:
    found = load("\ufeff" + PLAIN + "\ufeff" + PLAIN.replace("fine", "more"))
    assert found.inputs.tolist() == ["fine", "odd", "more"]
    assert found.notes[0] == "skipped 1 repeat of the header: line 4"


def test_quotes_of_every_style(load: Load) -> None:
    assert load('t, l\n"fine, so", "1"\n"odd ""one""", "0"\n').inputs.tolist() == ["fine, so", 'odd "one"']
    found = load('t,l\n"a \\"fine\\" one\\\\",1\n"odd \\n",0\n')
    assert found.inputs.tolist() == ['a "fine" one\\\\', "odd \\n"]
    assert found.notes == ['\\" is read as a quote within a cell, as in the row of line 2']
    assert load('t,l\n"a \\\\\\"fine\\\\\\" one",1\nodd,0\n').inputs[0] == 'a \\\\"fine\\\\" one'
    for broken in ('t,l\n"fine" one,1\nodd,0\n', 't,l\nfine,1\n"odd,0\n', 't,l\n"a \\"fine\\" one,1\nodd,0\n'):
        with pytest.raises(DataError, match=r"line \d: a quote opens there that is not closed properly"):
            load(broken)


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name in names:
            opened.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
    return packed.getvalue()


FOREIGN = {
    "an Excel file, not a table; save it as CSV": archive("[Content_Types].xml", "xl/workbook.xml"),
    "an Excel or other old Office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
    "a spreadsheet .ODS.": archive("mimetype"),
    "an archive .ZIP., not a table; unpack it": archive("x/y.csv" + "z" * 200),
    "an archive .tar.": bytes(257) + b"ustar" + bytes(250),
    "a PDF": b"%PDF-1.7\n",
    "a web page, not a table; download the file itself": b"\n<!DOCTYPE html><html></html>",
    "an XML file": b'<?xml version="1.0"?>',
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "an Arrow file, not a table; save it as Parquet": b"ARROW1\0\0",
}


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_of_another_kind_is_named(tmp_path: Path, what: str, name: str) -> None:
    (tmp_path / name).write_bytes(FOREIGN[what])
    with pytest.raises(DataError, match=rf"{name} is {what}"):
        read_table(tmp_path / name)


def rows_of(n: int, mark: str, quote: dict[int, str]) -> str:
    """A table of texts and labels, some of whose lines begin or end a quote."""
    lines = [f"{quote.get(i, '')}row {i} says so{mark}{i % 2}" for i in range(n)]
    return "\n".join([f"t{mark}l", *lines, ""])


@pytest.mark.parametrize("mark", [",", ";", "|"])
@pytest.mark.parametrize("last", [11, 12, 30])
def test_a_quote_that_closes_rows_below_is_named(mark: str, last: int, load: Load) -> None:
    content = rows_of(60, mark, {10: '"'}).replace(f"row {last} says so{mark}", f'row {last} says so"{mark}')
    with pytest.raises(DataError, match=r"x\.csv, line 12: a quote opens there .*rows of the table stand within"):
        load(content, delimiter=mark)


def test_a_quote_that_closes_rows_below_is_a_letter_among_tabs(load: Load) -> None:
    content = rows_of(60, "\t", {10: '"'}).replace("row 30 says so\t", 'row 30 says so"\t')
    found = load(content, name="x.tsv")
    assert len(found.ids) == 60
    assert max(map(len, found.inputs)) < 20
    assert found.notes == ["quotes are read as letters, since the quote in line 12 is not closed properly"]


@pytest.mark.parametrize(
    "cell", ["Dear all,\nso it is, and\nyours,\nme", "first, 1\nsecond, 2", "a\nb\nc", "0\n1\n0\n1"]
)
def test_cells_of_several_lines_are_no_rows(cell: str, load: Load) -> None:
    found = load(rows_of(60, ",", {}) + f'"{cell}",1\n')
    assert found.inputs[-1] == cell
    assert len(found.ids) == 61


def test_text_of_two_encodings_is_named(load: Load) -> None:
    lines = [f"caf\xe9 {i},{i % 2}\n".encode("latin-1" if i % 5 == 0 else "utf-8") for i in range(20)]
    mixed = b"t,l\n" + b"".join(lines)
    with pytest.raises(DataError, match=r"partly UTF-8, as line 3 is, and partly not: .*in line 2, .*two encodings"):
        load(mixed)
    with pytest.raises(DataError, match=r"16 of 20 lines .*such as line 3, and encoding = 'latin-1' would garble them"):
        load(mixed, encoding="latin-1")
    with pytest.raises(DataError, match="leave encoding out"):
        load(b"t,l\n" + lines[1] + lines[2], encoding="cp1252")
    assert load(b"t,l\n" + lines[0] + lines[5], encoding="cp1252").inputs[0] == "caf\xe9 0"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["fine", "\u6570\u636e\u6587\u672c", "\u0434\u0430\u043d\u043d\u044b\u0435"])
def test_wide_text_without_a_mark_is_named(encoding: str, text: str, load: Load) -> None:
    content = "text,label\n" + "".join(f"{text * 3} {i},{i % 2}\n" for i in range(40))
    with pytest.raises(DataError, match=f'set encoding = "{encoding}"'):
        load(content.encode(encoding), text="text", label="label")
    assert len(load(content.encode(encoding), text="text", label="label", encoding=encoding).ids) == 40
