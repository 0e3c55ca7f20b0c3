"""Labels of new data: every row, in order, with its columns as they were."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.labelling import label_file
from outgrow.learning.machine import machine_of
from outgrow.runtime import Runtime
from outgrow.student import Student

Make = Callable[..., Student]
ADDED = ["label", "probability", "p_neg", "p_pos"]
TEXTS = ['a "good" film', "bad, bad book", "film", "  padded good", "two\nbad lines", "ünï\rgood"]


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def table(path: Path, texts: list[str] = TEXTS, **options: Any) -> Path:
    with open(path, "w", newline="", encoding=options.pop("encoding", "utf-8")) as file:
        writer = csv.writer(file, **options)
        writer.writerows([["id", "text", "n"], *([i, text, i / 4] for i, text in enumerate(texts))])
    return path


def test_each_row_has_its_columns_and_what_the_student_answers(student: Make, tmp_path: Path) -> None:
    one = student()
    found = label_file(one, table(tmp_path / "new.csv"), tmp_path / "out.csv", batch=4)
    read = rows(tmp_path / "out.csv")
    assert list(read[0]) == ["id", "text", "n", *ADDED]
    assert [row["text"] for row in read] == TEXTS
    answers = one.answers(np.array(TEXTS, object), machine_of(Runtime()))
    np.testing.assert_array_equal(np.array([[row["p_neg"], row["p_pos"]] for row in read], np.float32), answers)
    assert [row["label"] for row in read] == ["pos", "neg", "pos", "pos", "neg", "pos"]
    assert all(row["probability"] == max(row["p_neg"], row["p_pos"], key=float) for row in read)
    assert found.rows == found.labelled == 6
    assert found.classes == {"neg": 2, "pos": 4}
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("made", ["csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_every_form_becomes_every_form(student: Make, tmp_path: Path, form: str, made: str) -> None:
    source, out = tmp_path / f"new.{form}", tmp_path / f"out.{made}"
    records = [{"id": i, "text": text, "n": i / 4} for i, text in enumerate(TEXTS)]
    if form == "jsonl":
        source.write_text("".join(json.dumps(one) + "\n" for one in records))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), source)
    else:
        table(source, delimiter="," if form == "csv" else "\t")
    label_file(student(), source, out, batch=4)
    if made == "parquet":
        read = pq.read_table(out).to_pylist()
        assert pq.read_schema(out).field("p_pos").type == pa.float32()
    else:
        text = (gzip.decompress(out.read_bytes()) if made.endswith("gz") else out.read_bytes()).decode()
        if made.startswith("jsonl"):
            read = [json.loads(line) for line in text.splitlines()]
        else:
            read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if made == "tsv" else ","))
    assert list(read[0]) == ["id", "text", "n", *ADDED]
    typed = form in ("jsonl", "parquet") and not made.startswith(("csv", "tsv"))
    assert [row["id"] for row in read] == [i if typed else str(i) for i in range(6)]
    assert [row["text"] for row in read] == TEXTS
    assert [float(row["n"]) for row in read] == [i / 4 for i in range(6)]
    assert [row["label"] for row in read] == ["pos", "neg", "pos", "pos", "neg", "pos"]
    assert all(float(row["probability"]) > 0.5 for row in read)


def test_json_stays_as_it_is_written(student: Make, tmp_path: Path) -> None:
    lines = [
        '{"text": "good", "x": 1.10, "y": [1, {"z": 1e400}], "big": 123456789012345678901}',
        '{"text":"bad" }',
        "{}",
    ]
    (tmp_path / "new.jsonl").write_text("\n".join(lines))
    label_file(student(), tmp_path / "new.jsonl", tmp_path / "out.jsonl")
    found = (tmp_path / "out.jsonl").read_text().splitlines()
    assert found[0].startswith(lines[0][:-1] + ', "label": "pos", "probability": 0.98')
    assert found[1].startswith('{"text":"bad", "label": "neg"')
    assert found[2] == '{"label": null, "probability": null, "p_neg": null, "p_pos": null}'


@pytest.mark.parametrize("text", [
    '[{"text": "good"}, {"text": "bad"}]', '[\n{"text": "good"},\n{"text": "bad"}\n]',
    '{"text":\n "good"}\n{"text":\n "bad"}', '\ufeff{"text": "good"}\r\n{"text": "bad"}\r\n',
])  # fmt: skip
def test_objects_are_read_however_they_are_laid_out(student: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "new.json").write_text(text)
    label_file(student(), tmp_path / "new.json", tmp_path / "out.jsonl")
    read = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["text"], row["label"]) for row in read] == [("good", "pos"), ("bad", "neg")]


def test_objects_longer_than_what_is_read_at_once(
    student: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outgrow.labelling.json_rows.BLOCK", 7)
    records = [{"text": f"good {i}", "x": ["]", "}", i]} for i in range(20)]
    (tmp_path / "new.json").write_text(json.dumps(records, indent=2))
    assert label_file(student(), tmp_path / "new.json", tmp_path / "out.jsonl", batch=3).rows == 20
    read = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [{"text": row["text"], "x": row["x"]} for row in read] == records


def test_parquet_keeps_its_types(student: Make, tmp_path: Path) -> None:
    given = pa.table({
        "text": pa.array(["good", None, "bad"]).dictionary_encode(), "when": pa.array([1, 2, None], pa.timestamp("us")),
        "list": pa.array([[1], [], None], pa.list_(pa.int8())),
    })  # fmt: skip
    pq.write_table(given, tmp_path / "new.parquet")
    found = label_file(student(), tmp_path / "new.parquet", tmp_path / "out.parquet", batch=1)
    read = pq.read_table(tmp_path / "out.parquet")
    assert read.select(["text", "when", "list"]).cast(given.schema).equals(given)
    assert read.column("label").to_pylist() == ["pos", None, "neg"]
    assert found.notes == ["no label for 1 row without text"]


def test_no_row_is_lost(student: Make, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("id,text,\n1,good,\n2,,\n3\n4,bad,x,y,z\n\nid,text,\n5,bad\n6, ,\n7,film,,,\n")
    found = label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", batch=2)
    with open(tmp_path / "out.csv", newline="") as file:
        read = list(csv.reader(file))
    assert read[0] == ["id", "text", "", *ADDED]
    assert [row[:4] for row in read[1:]] == [
        ["1", "good", "", "pos"], ["2", "", "", ""], ["3", "", "", ""], ["4", "bad", "x,y,z", ""],
        ["id", "text", "", ""], ["5", "bad", "", "neg"], ["6", " ", "", ""], ["7", "film", "", "pos"],
    ]  # fmt: skip
    assert read[2][4:] == ["", "", ""]
    assert found.rows == 8
    assert found.labelled == 3
    assert found.notes == [
        "no label for 2 rows with too few or too many cells, as nobody knows which is which: line 4 has 1 cells, the "
        "header 3, and others",
        "no label for 1 repeated header: line 7",
        "1 blank line left out",
        "no label for 2 rows without text",
    ]


def test_pairs(student: Make, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("q,a,b\nfilm?,good,bad\nfilm?,bad,good\n,film,book\n,same,same\n,good,\n")
    found = label_file(student("preference"), tmp_path / "new.csv", tmp_path / "out.csv", columns={"prompt": "q"})
    read = rows(tmp_path / "out.csv")
    assert list(read[0]) == ["q", "a", "b", "label", "probability", "p_first", "p_second"]
    assert [row["label"] for row in read] == ["first", "second", "first", "", ""]
    assert read[2]["probability"] == read[2]["p_second"] == "0.5"
    assert found.notes == [
        "no label for 2 rows without two different candidates",
        "the largest probability of 1 row belongs to several classes alike; the label is the first of them",
    ]


def test_a_folder_is_for_models_of_images(student: Make, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder, and the model reads 'text' of a table: give its file"):
        label_file(student(), tmp_path, tmp_path / "out.csv")


@pytest.mark.parametrize(
    "held", [{"rows": [{"text": "film"}]}, {"columns": ["text"], "rows": [["film"]]}], ids=["objects", "arrays"]
)
def test_rows_inside_of_one_object_are_pointed_at(student: Make, tmp_path: Path, held: object) -> None:
    (tmp_path / "new.json").write_text(json.dumps(held))
    with pytest.raises(DataError, match=r"no column 'text'.*inside of 'rows': save them alone"):
        label_file(student(), tmp_path / "new.json", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_columns_by_another_name_and_templates(student: Make, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("Text,more\nfilm,good\nfilm,bad\n")
    with pytest.raises(DataError, match=r"new.csv has no column 'text'; did you mean 'Text'\? .*say --text COLUMN"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv")
    label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", columns={"text": "{Text}: {more}"})
    assert [row["label"] for row in rows(tmp_path / "out.csv")] == ["pos", "neg"]
    (tmp_path / "new.jsonl").write_text('{"a": {"b": "good"}}\n{"a": 1}\n{"a": {"b": "bad"}}\n')
    label_file(student(), tmp_path / "new.jsonl", tmp_path / "out.jsonl", columns={"text": "a.b"}, batch=1)
    labels = [json.loads(line)["label"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert labels == ["pos", None, "neg"]
    with pytest.raises(ConfigError, match="--first 'x': this model sees texts; say --text"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "x.csv", columns={"first": "x"})
    with pytest.raises(ConfigError, match=r"does not say which columns it sees; say --first COLUMN --second COLUMN"):
        label_file(student("preference", text="t"), tmp_path / "new.csv", tmp_path / "x.csv")


def test_clashes_and_what_is_there_already(student: Make, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("text,label\ngood,x\n")
    with pytest.raises(ConfigError, match=r"has a column 'label' already; say --prefix NAME_"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv")
    label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", prefix="m_")
    assert list(rows(tmp_path / "out.csv")[0]) == ["text", "label", *(f"m_{name}" for name in ADDED)]
    with pytest.raises(ConfigError, match="is there already; --force replaces it"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", prefix="n_")
    label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", prefix="n_", force=True)
    assert "n_label" in rows(tmp_path / "out.csv")[0]
    with pytest.raises(ConfigError, match="is the input itself"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "new.csv", prefix="n_", force=True)
    for name in ("out.xlsx", "out.json", "out.parquet.gz", "out.csv.bz2"):
        with pytest.raises(ConfigError, match=r"its suffix is none of \.csv"):
            label_file(student(), tmp_path / "new.csv", tmp_path / name)
    with pytest.raises(ConfigError, match="there is no folder"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "none" / "out.csv", prefix="n_")


def test_spreadsheets_get_no_formulas_only_when_asked(student: Make, tmp_path: Path) -> None:
    table(tmp_path / "new.csv", ["=good()", "@bad", "film"])
    label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv")
    label_file(student(), tmp_path / "new.csv", tmp_path / "safe.csv", spreadsheet=True)
    assert [row["text"] for row in rows(tmp_path / "out.csv")] == ["=good()", "@bad", "film"]
    assert [row["text"] for row in rows(tmp_path / "safe.csv")] == ["'=good()", "'@bad", "film"]
    with pytest.raises(ConfigError, match="--spreadsheet is for CSV"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "safe.jsonl", spreadsheet=True)


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, lambda data: pa.compress(data, "zstd").to_pybytes()]
)
def test_packed_inputs(student: Make, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    data = pack(table(tmp_path / "plain.csv").read_bytes())
    (tmp_path / "new.csv.gz").write_bytes(data)
    assert label_file(student(), tmp_path / "new.csv.gz", tmp_path / "out.csv").labelled == 6
    (tmp_path / "new.csv.gz").write_bytes(data[:-9])
    with pytest.raises(DataError, match=r"cannot be (unpacked|read)"):
        label_file(student(), tmp_path / "new.csv.gz", tmp_path / "cut.csv")


def test_a_little_file_that_unpacks_to_a_large_one_is_refused(
    student: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outgrow.tasks.sources.content.SMALL", 1_000)
    monkeypatch.setattr("outgrow.tasks.sources.content.RATIO", 10)
    (tmp_path / "new.csv.gz").write_bytes(gzip.compress(b"text\n" + b"good\n" * 1_000_000))
    with pytest.raises(DataError, match="unpacks to more than"):
        label_file(student(), tmp_path / "new.csv.gz", tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("encoding", "given"), [("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")]
)
def test_encodings(student: Make, tmp_path: Path, encoding: str, given: str) -> None:
    table(tmp_path / "new.csv", encoding=encoding)
    label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv", encoding=given)
    assert [row["text"] for row in rows(tmp_path / "out.csv")] == TEXTS
    marked = (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert marked == (encoding in ("utf-8-sig", "utf-16")), "programs that need the mark keep it"


def test_what_is_wrong_is_told_before_anything_is_computed(student: Make, tmp_path: Path) -> None:
    new, many = tmp_path / "new.csv", "".join(f"{i},good {i}\n" for i in range(5_000))
    wrong: dict[bytes, str] = {
        f"id,text\n{many}".encode()
        + b"1,caf\xe9\n": r"is not UTF-8 text: byte 72,793, in line 5,002, is 0xe9; set encoding",
        f'id,text\n{many}1,"open\n{many}'.encode(): "line 5,002: a quote opens there that is not closed properly",
        b"": "is empty",
        b" \n": "is empty but for blanks",
        b"id,text\n": "has no rows below its header",
        b"id;text\n1;good\n": "separated by ';'",
        b'{"text": "good"}\n': "holds JSON, not separated cells",
        b"PK\x03\x04" + b"\0" * 40: "is an archive",
    }
    assert len(wrong) == 8
    for data, told in wrong.items():
        new.write_bytes(data)
        with pytest.raises(DataError, match=told):
            label_file(student(), new, tmp_path / "out.csv")
        assert {one.name for one in tmp_path.iterdir()} == {"new.csv"}
    (tmp_path / "new.jsonl").write_text('{"text": "good"}\nnone\n{"text": "bad"}\n[1]\n')
    with pytest.raises(DataError, match=r"2 lines of 4 hold no JSON object, such as line 2: .*mend or remove them"):
        label_file(student(), tmp_path / "new.jsonl", tmp_path / "out.jsonl")
    (tmp_path / "new.jsonl").write_text('{"text": "good"}\n{"text": ["bad"]}\n')
    with pytest.raises(DataError, match="row 2: 'text' holds a list, not text"):
        label_file(student(), tmp_path / "new.jsonl", tmp_path / "out.jsonl")


def test_quotes_that_are_letters_and_rows_that_a_quote_swallowed(student: Make, tmp_path: Path) -> None:
    (tmp_path / "new.tsv").write_text('id\ttext\n1\t"good\n2\tbad "film\n')
    found = label_file(student(), tmp_path / "new.tsv", tmp_path / "out.tsv")
    assert [row["label"] for row in rows(tmp_path / "out.tsv", "\t")] == ["pos", "neg"]
    assert found.notes == ["quotes are read as letters, since otherwise one of them is not closed properly"]
    lines = [f"{i},good {i},{'ab'[i % 2]}\n" for i in range(40)]
    lines[20] = '20,"good,a\n'
    lines[30] = '30,good",a\n'
    (tmp_path / "new.csv").write_text("id,text,split\n" + "".join(lines))
    with pytest.raises(DataError, match="line 22: a quote opens"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv")


def test_a_row_that_never_ends_is_told(student: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stream", "json_rows"):
        monkeypatch.setattr(f"outgrow.labelling.{name}.LONGEST", 1_000)
    monkeypatch.setattr("outgrow.labelling.json_rows.BLOCK", 100)
    (tmp_path / "new.csv").write_text("id,text\n1,good\n2," + "x" * 1_000)
    with pytest.raises(DataError, match="line 3: a row has more than 1,000 characters"):
        label_file(student(), tmp_path / "new.csv", tmp_path / "out.csv")
    (tmp_path / "new.json").write_text('[{"text": "good"}, {"text": "' + "x" * 1_000_000)
    with pytest.raises(DataError, match="the object that begins in line 1 is none"):
        label_file(student(), tmp_path / "new.json", tmp_path / "out.csv")


def test_chunks_are_bounded_by_letters_too(student: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    for name in ("separated_rows", "json_rows"):
        monkeypatch.setattr(f"outgrow.labelling.{name}.LETTERS", 1_000)
    texts = ["good " * 100] * 100
    table(tmp_path / "new.csv", texts)
    (tmp_path / "new.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    for name in ("new.csv", "new.jsonl"):
        seen.clear()
        label_file(student(), tmp_path / name, tmp_path / f"out-{name}", watch=lambda done, n: seen.append(done))
        assert len(seen) > 20
        assert seen[-1] == 100
