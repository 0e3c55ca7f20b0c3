"""Tables of one's own: all that columns, templates, labels and ids can have wrong with them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truths import truth_of

from outgrow.config import expand
from outgrow.errors import ConfigError, DataError
from outgrow.spec import canonical
from outgrow.tasks.base import tasks
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.parquet_file import ParquetFile
from outgrow.tasks.sources.file_table import FileTask
from outgrow.tasks.sources.rows import key
from outgrow.tasks.sources.templates import shown

Rows = list[dict[str, Any]]
Write = Callable[..., str]
REVIEWS: Rows = [
    {"film": "Fog", "review": "dim, and long", "verdict": "bad", "no": 7},
    {"film": "Fog", "review": 'a "gem"', "verdict": "good", "no": 8},
    {"film": "Kelp", "review": "soggy\nand salty", "verdict": "bad", "no": 9},
    {"film": "", "review": "crisp", "verdict": "good", "no": 10},
]
FORMATS: dict[str, type[FileTask]] = {"csv": CsvFile, "jsonl": JsonlFile, "parquet": ParquetFile}


def write(path: Path, rows: Rows) -> str:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        cells: list[list[Any]] = [list(rows[0]), *([row.get(name) for name in rows[0]] for row in rows)]
        quoted = (['"' + str("" if cell is None else cell).replace('"', '""') + '"' for cell in row] for row in cells)
        path.write_text("".join(",".join(row) + "\n" for row in quoted))
    return str(path)


@pytest.fixture(params=FORMATS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., FileTask]:
    """The same task in every format: `made(rows, text=...)`."""

    def make(rows: Rows, **options: Any) -> FileTask:
        path = write(tmp_path / f"reviews.{request.param}", rows)
        plain = {} if options.get("kind") == "preference" else {"text": "review", "label": "verdict"}
        return FORMATS[request.param](path=path, **plain | options)

    return make


def csv(path: Path, content: bytes | str, **options: Any) -> CsvFile:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvFile(path=str(path), **{"text": "review", "label": "verdict"} | options)


def test_columns_become_texts_labels_and_groups(made: Callable[..., FileTask]) -> None:
    found = made(REVIEWS, group="film").load()
    assert found.inputs.tolist() == ["dim, and long", 'a "gem"', "soggy\nand salty", "crisp"]
    assert found.class_names == ("bad", "good")
    assert truth_of(found).tolist() == [0, 1, 0, 1]
    assert found.groups == ["Fog", "Fog", "Kelp", key("crisp")]
    assert found.ids == [key(text) for text in found.inputs]
    assert found.notes == []


def test_a_template_holds_columns(made: Callable[..., FileTask]) -> None:
    found = made(REVIEWS, text="{{{film}}} says: {review} ({no})", labels=("good", "bad"), id="no").load()
    assert found.inputs[0] == "{Fog} says: dim, and long (7)"
    assert found.class_names == ("good", "bad")
    assert truth_of(found).tolist() == [1, 0, 1, 0]
    assert found.ids == ["7", "8", "9", "10"]


@pytest.mark.parametrize(
    ("options", "kind", "why"),
    [
        ({"text": "reviev"}, DataError, "no column 'reviev'; did you mean 'review'.*columns are film, review, verdict"),
        ({"label": "zzz"}, DataError, "no column 'zzz'; its columns are"),
        ({"group": "films"}, DataError, "no column 'films'; did you mean 'film'"),
        ({"id": "nr"}, DataError, "no column 'nr'"),
        ({"text": "Q: {quest}"}, DataError, "text: reviews.* has no column 'quest'"),
        ({"text": "Q: {review"}, ConfigError, "is no template.*write {{ for a brace"),
        ({"text": "Q: {}"}, ConfigError, "only {COLUMN} can stand in braces"),
        ({"text": "Q: {review!r}"}, ConfigError, "only {COLUMN} can stand in braces"),
        ({"text": "Q: {no:>9}"}, ConfigError, "only {COLUMN} can stand in braces"),
        ({"text": "{review.__class__}"}, DataError, "no column 'review.__class__'"),
        ({"labels": ("good", "poor")}, DataError, r"row \d: the label 'bad' is not in labels = \['good', 'poor'\]"),
        ({"id": "verdict"}, ConfigError, "id = 'verdict' is the column of the labels too"),
        ({"group": "verdict"}, ConfigError, "group = 'verdict' is the column of the labels too"),
        ({"text": "{review} {verdict}"}, ConfigError, r"text = '.*' shows a model the label, 'verdict'"),
        ({"id": "film", "group": "film"}, DataError, "rows . and . have the same 'film', 'Fog'"),
    ],
)
def test_what_does_not_fit_the_table_is_named(
    made: Callable[..., FileTask], options: dict[str, Any], kind: type[Exception], why: str
) -> None:
    with pytest.raises(kind, match=why.replace("{", r"\{")):
        made(REVIEWS, **options).load()


def test_rows_without_text_label_or_id(made: Callable[..., FileTask]) -> None:
    rows = [*REVIEWS, {"film": "Ash", "review": None, "verdict": "bad", "no": 11}]
    rows += [{"film": "Ash", "review": "grey", "verdict": None, "no": 12}]
    found = made(rows).load()
    assert len(found.ids) == 4
    assert found.notes == ["dropped 1 row without text", "dropped 1 row without a label"]
    with pytest.raises(DataError, match=r"row \d+: no 'film'; every row needs one"):
        made([*reversed(REVIEWS)], id="film").load()


def test_one_class_alone_and_no_rows_are_errors(made: Callable[..., FileTask]) -> None:
    with pytest.raises(DataError, match=r"reviews\..*every usable row has the label 'bad'"):
        made([row for row in REVIEWS if row["verdict"] == "bad"]).load()
    with pytest.raises(DataError, match="no usable row"):
        made([row | {"review": " "} for row in REVIEWS]).load()


def test_too_many_labels_are_probably_the_wrong_column(made: Callable[..., FileTask]) -> None:
    rows = [{"review": f"text {i}", "verdict": f"v{i % 1_001}"} for i in range(2_002)]
    with pytest.raises(DataError, match="'verdict' has 1,001 different values in 2,002 rows, such as 'v0'; it is"):
        made(rows).load()
    assert made([row for row in rows if row["verdict"] != "v0"]).load().n_classes == 1_000


def test_balance_and_limit(made: Callable[..., FileTask]) -> None:
    rows = [{"review": f"text {i}", "verdict": "yes" if i % 4 else "no"} for i in range(40)]
    assert np.bincount(truth_of(made(rows).load())).tolist() == [10, 30]
    assert np.bincount(truth_of(made(rows, balance=True).load())).tolist() == [10, 10]
    assert len(made(rows, limit=12).load().ids) == 12


def test_preference_pairs(made: Callable[..., FileTask]) -> None:
    rows: Rows = [{"ask": f"Why {i // 2}?", "good": f"Since {i}.", "bad": f"No {i}."} for i in range(6)]
    rows.append({"ask": "Why 9?", "good": "Since.", "bad": None})
    found = made(rows, kind="preference", prompt="Q: {ask}", chosen="good", rejected="A: {bad}").load()
    assert found.inputs.shape == (6, 2)
    assert {both[label] for both, label in zip(found.inputs, truth_of(found), strict=True)} == {
        f"Q: Why {i // 2}?\n\nSince {i}." for i in range(6)
    }
    assert "Q: Why 0?\n\nA: No 0." in found.inputs[0]
    assert len(set(found.groups)) == 3
    alone = made(rows, kind="preference", chosen="good", rejected="bad", group="ask").load()
    assert set(alone.inputs[0]) == {"Since 0.", "No 0."}
    assert alone.groups[:3] == ["Why 0?", "Why 0?", "Why 1?"]
    assert alone.notes == ["dropped 1 row without text"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"text": ""}, "task 'csv' of kind classification needs text"),
        ({"label": ""}, "needs label"),
        ({"kind": "preference"}, "needs chosen"),
        ({"kind": "preference", "chosen": "a"}, "needs rejected"),
        ({"kind": "preference", "chosen": "a", "rejected": "b"}, 'text is for tasks with kind = "classification"'),
        ({"chosen": "a"}, 'chosen is for tasks with kind = "preference"'),
        ({"prompt": "a"}, 'prompt is for tasks with kind = "preference"'),
        ({"labels": ("1", 1)}, "labels names a class twice"),
    ],
)
def test_fields_that_do_not_go_together(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        CsvFile(**{"path": "x.csv", "text": "review", "label": "verdict"} | options)


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "hub"])
def test_a_place_is_needed_and_fields_are_strict(name: str) -> None:
    with pytest.raises(ConfigError, match="needs"):
        tasks[name](text="a", label="b")  # type: ignore[call-arg]
    place = {"repo": "a/b"} if name == "hub" else {"path": "x"}
    for wrong in ({"limit": -1}, {"limit": "3"}, {"texts": "a"}, {"kind": "generation"}):
        with pytest.raises(ConfigError):
            tasks[name](**place | {"text": "a", "label": "b"} | wrong)


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (1, "1"), (1.0, "1"), (0.5, "0.5"), (None, "")])
def test_labels_are_shown_as_text(value: object, text: str) -> None:
    assert shown(value) == text
    assert shown(float("nan")) == ""
    assert shown(" a ") == "a"


@pytest.mark.parametrize(
    ("values", "classes"),
    [([True, False], ("false", "true")), ([10, 9], ("9", "10")), ([1.0, 0.5], ("0.5", "1")), (["b", "a"], ("a", "b"))],
)
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_labels_of_every_type(tmp_path: Path, format: str, values: list[Any], classes: tuple[str, ...]) -> None:
    path = write(tmp_path / f"x.{format}", [{"t": f"text {i}", "l": value} for i, value in enumerate(values)])
    task = FORMATS[format](path=path, text="t", label="l")
    assert task.load().class_names == classes
    assert truth_of(task.load()).tolist() == [1, 0]
    given = dataclasses.replace(task, labels=tuple(values))
    assert truth_of(given.load()).tolist() == [0, 1]
    assert json.loads(canonical(given))["labels"] == list(reversed(classes))


def test_a_cell_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", [{"t": "fine", "l": 0}, {"t": ["a", "b"], "l": 1}])
    with pytest.raises(DataError, match=r"x\.jsonl, row 2: 't' holds a list, not text"):
        JsonlFile(path=path, text="t", label="l").load()


@pytest.mark.parametrize("format", FORMATS)
def test_missing_empty_and_broken_files(tmp_path: Path, format: str) -> None:
    task = FORMATS[format](path=str(tmp_path / "x"), text="t", label="l")
    for call in (task.load, task.identity):
        with pytest.raises(DataError, match="x does not exist"):
            call()
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(DataError, match="x is empty"):
        task.load()
    with pytest.raises(DataError, match="is a folder without tables; they end in"):
        dataclasses.replace(task, path=str(tmp_path)).load()
    (tmp_path / "x").write_bytes(b"t,l\nfine,a\nodd \xff,b\n")
    why = (
        "x holds separated cells, not Parquet; read it with the task 'csv'"
        if format == "parquet"
        else "not UTF-8 text: byte 15, in line 3, is 0xff; set encoding"
    )
    with pytest.raises(DataError, match=why):
        task.load()


def test_csv_of_every_style(tmp_path: Path) -> None:
    marked = csv(tmp_path / "a.csv", b"\xef\xbb\xbfreview , verdict\r\nfine,1\r\n\r\nodd,0\r\n").load()
    assert marked.inputs.tolist() == ["fine", "odd"]
    tabs = csv(tmp_path / "a.tsv", "review\tverdict\nfine, so to say\t1\nodd\t0\n").load()
    assert tabs.inputs.tolist() == ["fine, so to say", "odd"]
    long = csv(tmp_path / "long.csv", f"review,verdict\n{'x' * 200_000},1\nodd,0\n").load()
    assert len(long.inputs[0]) == 200_000


def test_csv_rows_of_another_length_are_skipped_and_counted(tmp_path: Path) -> None:
    found = csv(tmp_path / "a.csv", "review,verdict\nfine,1\nodd,0\nthis, that,1\nshort\n").load()
    assert found.inputs.tolist() == ["fine", "odd"]
    assert found.notes == ["skipped 2 bad rows: line 4 has 3 cells, the header 2, and others"]
    with pytest.raises(DataError, match=r"a\.csv has no rows \(skipped 1 bad row: line 2 has 1 cells, the header 2\)"):
        csv(tmp_path / "a.csv", "review,verdict\nshort\n").load()
    with pytest.raises(DataError, match=r"a\.csv has no rows$"):
        csv(tmp_path / "a.csv", "review,verdict\n").load()
    with pytest.raises(DataError, match="its header names 'review' twice"):
        csv(tmp_path / "a.csv", "review,review,verdict\na,b,1\n").load()
    with pytest.raises(DataError, match="is not in labels") as refused:
        csv(tmp_path / "a.csv", 'review,verdict\n"two\nlines",1\nodd,0\n', labels=("1", "2")).load()
    assert "row 4:" in str(refused.value), "rows are numbered as an editor numbers lines"


def test_bad_json_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"t": "a", "l": 0}\n\n{"t": \n[1]\n{"t": "b\\u2028", "l": 1, "more": 2}\n' + "[" * 100_000)
    task = JsonlFile(path=str(path), text="t", label="l")
    found = task.load()
    assert found.inputs.tolist() == ["a", "b"]
    assert found.notes[0].startswith("skipped 3 bad lines: line 3: Expecting value")
    path.write_text('{"t": "\\ud83d", "l": 0}\n{"t": "\\ud83d\\ude00", "l": 1}\n{"t": "b", "l": 0}\n')
    found = task.load()
    assert found.inputs.tolist() == ["\U0001f600", "b"]
    assert found.notes[0].startswith("skipped 1 bad line: line 1: 'utf-8' codec can't encode")
    path.write_text("one\ntwo\n")
    with pytest.raises(DataError, match=r"no line holds a JSON object \(line 1: .*one object a line"):
        task.load()
    path.write_text("[1]\n")
    with pytest.raises(DataError, match="element 1: a number, not an object"):
        task.load()


def test_the_identity_is_the_content_and_the_columns_but_no_path(made: Callable[..., FileTask], tmp_path: Path) -> None:
    one = made(REVIEWS)
    identity = one.identity()
    assert str(tmp_path) not in canonical(one)
    assert len(identity["fingerprint"]) == 64
    assert "path" not in identity
    assert canonical(dataclasses.replace(one, group="film")) != canonical(one)
    assert canonical(made(REVIEWS)) == canonical(one)
    assert made(REVIEWS[:2]).identity()["fingerprint"] != identity["fingerprint"]


def test_an_experiment_names_a_table_in_toml(document: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path / "reviews.csv", REVIEWS)
    table = {"name": "csv", "path": path, "text": "{film}: {review}", "label": "verdict", "labels": ["bad", "good"]}
    document["task"] = table
    task: object = expand(document, name="mine")[0].task
    assert task == CsvFile(path=path, text="{film}: {review}", label="verdict", labels=("bad", "good"))
    del table["label"]
    with pytest.raises(ConfigError, match='needs label = "COLUMN"'):
        expand(document, name="mine")
    del table["path"]
    with pytest.raises(ConfigError, match="task"):
        expand(document, name="mine")
