"""JSON as programs write it: lines, arrays, objects that hold a table; cut, nested, or no text at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.parquet_file import ParquetFile
from outgrow.tasks.sources.reading import read_table

ROWS: list[dict[str, Any]] = [{"t": "fi,ne", "l": 1}, {"t": "o\u2028d\x85d", "l": 0}, {"t": "mo\\re }", "l": 1}]
LINES = [json.dumps(row, ensure_ascii=False) for row in ROWS]
FORMS = {
    "lines": "\n".join(LINES),
    "lines of Windows": "\ufeff" + "\r\n".join(LINES) + "\r\n",
    "lines of an old Mac": "\r".join(LINES),
    "blank lines": "\n\n" + "\n\n".join(LINES),
    "marks of files pasted together": "\ufeff" + "\n\ufeff".join(LINES),
    "commas": ",\n".join(LINES) + ",\n",
    "array": json.dumps(ROWS),
    "pretty array": json.dumps(ROWS, indent=2),
    "array of lines": "[\n" + ",\n".join(LINES) + "\n]\n",
    "comma before the bracket": "[\n" + "".join(line + ",\n" for line in LINES) + "]",
    "pretty array with a comma before the bracket": json.dumps(ROWS, indent=2).replace("}\n]", "},\n]"),
    "no line ends": "".join(LINES),
    "pretty objects": "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "data": json.dumps({"version": 1, "data": ROWS}),
    "pretty data": json.dumps({"data": ROWS, "version": None}, indent=4),
    "data of lines": '{"data": [\n' + ",\n".join(LINES) + "\n]}",
    "columns": json.dumps({"t": [row["t"] for row in ROWS], "l": [row["l"] for row in ROWS]}),
    "columns by row": json.dumps({key: {str(i): row[key] for i, row in enumerate(ROWS)} for key in ("t", "l")}),
}
Load = Callable[..., Examples]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The examples of a file of JSON: `load(content, label="meta.label")`."""

    def read(content: str, **options: Any) -> Examples:
        path = tmp_path / "x.json"
        path.write_bytes(content.encode())
        return JsonlFile(path=str(path), **{"text": "t", "label": "l", **options}).load()

    return read


@pytest.mark.parametrize("form", FORMS)
def test_json_of_every_layout(tmp_path: Path, load: Load, form: str) -> None:
    found = load(FORMS[form])
    assert found.inputs.tolist() == [row["t"] for row in ROWS]
    assert found.class_names == ("0", "1")
    assert found.notes == []
    assert [record for _, record in read_table(tmp_path / "x.json").rows] == ROWS, "whatever is needed"


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("lines", "line 3: Unterminated string"),
        ("array", "line 1: Unterminated string"),
        ("pretty array", "line 10: "),
        ("array of lines", "line 4: Unterminated"),
        ("no line ends", "line 1: Unterminated"),
        ("pretty objects", "line 9: "),
    ],
)
def test_a_file_that_is_cut_short_keeps_its_rows_and_says_so(load: Load, form: str, where: str) -> None:
    found = load(FORMS[form][: FORMS[form].rindex("re }")])
    assert found.inputs.tolist() == [row["t"] for row in ROWS[:2]]
    (note,) = found.notes
    assert note.startswith(f"skipped 1 bad line: {where}")


@pytest.mark.parametrize(("begin", "between", "end"), [("", "\n", ""), ("[\n", ",\n", "\n]")])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_line_that_is_broken_costs_no_other(load: Load, begin: str, between: str, end: str, at: int) -> None:
    found = load(begin + between.join([*LINES[:at], '{"t": "cut of', *LINES[at:]]) + end)
    assert found.inputs.tolist() == [row["t"] for row in ROWS]
    (note,) = found.notes
    assert note.startswith(f"skipped 1 bad line: line {at + 1 + len(begin) // 2}: Unterminated string")


def test_what_is_no_object_is_counted(load: Load) -> None:
    for content in ("\n".join([*LINES, "[1]", "7"]), json.dumps([*ROWS, [1], 7])):
        (note,) = load(content).notes
        assert note.startswith("skipped 2 bad lines: ")
        assert note.endswith("4: an array, not an object, and others")
    half = [*ROWS, {"t": "\ud83d", "l": 1}, {"t": "\ud83d\ude00", "l": 1}]
    for content in ("\n".join(map(json.dumps, half)), json.dumps(half), json.dumps(half, indent=1)[:-2]):
        found = load(content)
        assert found.inputs.tolist()[2:] == [ROWS[2]["t"], "\U0001f600"]
        assert "'utf-8' codec can't encode" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[1, 2]", "no line holds a JSON object .element 1: a number.*or an array of objects"),
        ("[]", "has no column 'l'; its columns are none"),
        ("{}", "has no column 'l'"),
        ('"t"', "no line holds a JSON object .line 1: a text"),
        ("t,l\nfine,1\n", "no line holds a JSON object .line 1: Expecting value"),
        (json.dumps({"train": ROWS, "test": ROWS}), "one object with several arrays of objects, 'train', 'test'; save"),
        (json.dumps(ROWS, indent=1).replace('"l": 0', '"l": O'), "is no JSON from line 6 on: Expecting value"),
        ("[" * 100_000, "is no JSON from line 1 on|no line holds"),
        ("[" + "9" * 5_000 + "]", "is no JSON from line 1 on: Exceeds the limit|no line holds"),
        ('[{"t": ' + "9" * 5_000 + ', "l": 1}]', "is no JSON from line 1 on: Exceeds the limit|no line holds"),
        (LINES[0].replace('"l"', '"t"') + "\n" + LINES[1], "an object names 't' twice"),
    ],
)
def test_what_cannot_be_a_table_is_named(load: Load, content: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        load(content)


@pytest.mark.parametrize("number", ["9" * 5_000, "1e400", "NaN", "-Infinity", "[" * 2_000 + "]" * 2_000])
def test_odd_values_do_no_harm_where_they_are_not_used(load: Load, number: str) -> None:
    lines = [*LINES, '{"t": "last", "l": 0, "odd": ' + number + "}"]
    found = load("\n".join(lines))
    assert len(found.ids) == 4 - number.startswith(("9", "["))
    assert len(found.notes) == 4 - len(found.ids)


NESTED: list[dict[str, Any]] = [
    {
        "m": [{"role": "user", "content": f"Why {i}?"}, {"role": "bot", "content": f"Since {i}."}],
        "meta": {"l": i % 2},
        "tags": ["a", "b"],
    }
    for i in range(4)
]


@pytest.fixture(params=["x.jsonl", "x.parquet"])
def nested(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., JsonlFile | ParquetFile]:
    """A task on rows with lists and tables in them: `nested(rows, text="m.0.content")`."""

    def make(rows: list[dict[str, Any]], **options: Any) -> JsonlFile | ParquetFile:
        path = tmp_path / request.param
        if path.suffix == ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
            return ParquetFile(path=str(path), **options)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return JsonlFile(path=str(path), **options)

    return make


def test_values_within_a_cell_are_columns(nested: Callable[..., JsonlFile]) -> None:
    found = nested(NESTED, text="m.0.content", label="meta.l").load()
    assert found.inputs.tolist() == [f"Why {i}?" for i in range(4)]
    assert found.class_names == ("0", "1")
    found = nested(NESTED, text="{m.0.content} {m.-1.content}", label="meta.l").load()
    assert found.inputs[3] == "Why 3? Since 3."
    gaps = [NESTED[0] | {"m": NESTED[0]["m"][:1]}, *NESTED[1:], {"m": None, "meta": None}]
    found = nested(gaps, text="m.1.content", label="meta.l").load()
    assert found.inputs.tolist() == [f"Since {i}." for i in range(1, 4)]
    assert found.notes == ["dropped 2 rows without text"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            {"text": "m.0.contents"},
            r"no column 'm.0.contents'; did you mean 'm.0.content'.*columns are m, meta, tags, .*m.0.role",
        ),
        ({"text": "{m[0][content]}"}, r"no column 'm\[0\]\[content\]'; did you mean 'm.0.content'"),
        ({"label": "l"}, "no column 'l'.*meta.l"),
        ({"label": "meta.l.x"}, "no column 'meta.l.x'; did you mean 'meta.l'"),
        ({"text": "m.9.content"}, "no column 'm.9.content'"),
        (
            {"text": "tags"},
            "row 1: 'tags' holds a list, not text; choose another column, or a value within it as in 'tags.0'",
        ),
        ({"text": "meta"}, "row 1: 'meta' holds a table, not text; .* 'meta.l'"),
    ],
)
def test_a_name_within_a_cell_that_is_not_there_lists_what_is(
    nested: Callable[..., JsonlFile], options: dict[str, str], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        nested(NESTED, **{"text": "m.0.content", "label": "meta.l", **options}).load()


def test_a_column_whose_own_name_has_a_dot_comes_first(nested: Callable[..., JsonlFile]) -> None:
    rows = [row | {"meta.l": f"own {i % 2}"} for i, row in enumerate(NESTED)]
    assert nested(rows, text="m.0.content", label="meta.l").load().class_names == ("own 0", "own 1")


@pytest.mark.parametrize(
    "content",
    [
        [["t", "l"], ["fine", 1], ["odd", 0]],
        {"columns": ["t", "l"], "index": [0, 1], "data": [["fine", 1], ["odd", 0]]},
        {"0": {"t": "fine", "l": 1}, "1": {"t": "odd", "l": 0}},
    ],
)
def test_tables_as_other_programs_write_them(content: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(content))
    assert JsonlFile(path=str(tmp_path / "x.json"), text="t", label="l").load().inputs.tolist() == ["fine", "odd"]


def test_a_name_twice_in_any_row_is_told(tmp_path: Path) -> None:
    lines = [f'{{"t": "row {i}", "l": {i % 2}}}' for i in range(6)]
    lines.insert(3, '{"t": "twice", "l": 0, "l": 1}')
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    found = JsonlFile(path=str(tmp_path / "x.jsonl"), text="t", label="l").load()
    assert "twice" not in found.inputs.tolist()
    assert found.notes == ["skipped 1 bad line: line 4: an object names 'l' twice; give each value a name of its own"]


def test_one_column_under_two_names_is_an_error(tmp_path: Path) -> None:
    lines = [f'{{"t": "row {i}", "{"lL"[i % 3 == 0]}": {i % 2}}}' for i in range(6)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    with pytest.raises(DataError, match="2 rows, such as row 1, have 'L' and not 'l'; give the column one name"):
        JsonlFile(path=str(tmp_path / "x.jsonl"), text="t", label="l").load()
