"""Sheets to check: what is written is read back, and what people and spreadsheets do to them is told or survived."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.auditing.checked import Checked, doubts, read_sheet
from outgrow.auditing.sheet import mark, write_sheet
from outgrow.errors import ConfigError, DataError
from outgrow.trust.plan import Plan, plan

N = 300
RNG = np.random.default_rng(0)
SURE = RNG.uniform(0.5, 1, N)
PREDICTED = RNG.integers(0, 2, N)
IDS = [f"row-{i}" for i in range(N)]
NUMBERS = range(1, N + 1)
CLASSES = ["ham", "spam"]
PLAN = plan(SURE, PREDICTED, width=0.2, seed=0)


def written(path: Path, *, ids: list[str] = IDS, classes: list[str] = CLASSES, **texts: list[str]) -> Path:
    return write_sheet(
        path, PLAN, ids=ids, numbers=NUMBERS, texts=texts or {"text": [f"text {i}" for i in range(N)]},
        predicted=PREDICTED, confidence=SURE, classes=classes,
    )  # fmt: skip


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def filled(tmp_path: Path) -> Callable[..., Path]:
    """A sheet of some rows with these truths, others as told by `change`: `filled(["ham", "spam"])`."""

    def make(
        truths: list[str], change: Callable[[list[dict[str, str]]], None] = lambda rows: None, *,
        delimiter: str = ",", ids: list[str] = IDS, classes: list[str] = CLASSES,
    ) -> Path:  # fmt: skip
        rows = cells(written(tmp_path / "sheet.csv", ids=ids, classes=classes))
        for row, truth in zip(rows, truths, strict=False):
            row["truth"] = truth
        change(rows)
        path = tmp_path / "filled.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def read(path: Path) -> Checked:
    return read_sheet(path, ids=IDS, numbers=NUMBERS, classes=CLASSES)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_sheet_holds_the_rows_of_the_plan_in_its_order(form: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"sheet.{form}", text=["é\nline"] * N, truth=["of the input"] * N)
    rows = cells(path) if form == "csv" else [json.loads(line) for line in path.read_text().splitlines()]
    assert list(rows[0]) == [
        "row", "id", "text", "input_truth", "truth", "plan", "predicted", "probability", "stratum", "weight",
    ]  # fmt: skip
    assert [row["id"] for row in rows] == [IDS[i] for i in PLAN.rows]
    assert [row["predicted"] for row in rows] == [CLASSES[PREDICTED[i]] for i in PLAN.rows]
    assert [float(row["weight"]) for row in rows] == list(PLAN.weights)
    assert {row["truth"] for row in rows} == {"" if form == "csv" else None}
    assert {row["text"] for row in rows} == {"é\\nline" if form == "csv" else "é\nline"}
    assert [int(row["row"]) - 1 for row in rows] == list(PLAN.rows)


def test_a_spreadsheet_computes_nothing_of_it(tmp_path: Path) -> None:
    ids = [f"=row{i}" for i in range(N)]
    path = written(tmp_path / "sheet.csv", ids=ids, classes=["-", "+"], text=["=1+1"] * N)
    for row in cells(path):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    rows = cells(path)
    for row in rows:
        row["truth"] = row["predicted"]  # copied as it stands there
    with (tmp_path / "back.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = read_sheet(tmp_path / "back.csv", ids=ids, numbers=NUMBERS, classes=["-", "+"])
    assert sorted(PLAN.rows) == list(found.rows)
    assert (found.truth == PREDICTED[found.rows]).all()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_is_filled_in_is_read_back(delimiter: str, filled: Callable[..., Path]) -> None:
    found = read(filled(["ham", "spam", "", "?", "Spam", "HAM ", "unclear"], delimiter=delimiter))
    truth = dict(zip(found.rows.tolist(), found.truth.tolist(), strict=True))
    said = ((0, 0), (1, 1), (3, -1), (4, 1), (5, 0), (6, -1))
    assert truth == {int(PLAN.rows[i]): one for i, one in said}
    assert found.asked == {(mark(PLAN.how, [IDS[i] for i in PLAN.rows]), int(PLAN.rows[i])) for i, _ in said}
    assert found.stratified == (PLAN.how == "stratified")
    assert f"{PLAN.n - 6} rows of the sheet without a truth" in found.notes
    assert any(note.startswith("2 rows marked ? left out") for note in found.notes)


def test_a_sheet_that_a_spreadsheet_saved_in_its_own_encoding(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("row;id;text;truth\n1;a;café;ham\n", encoding="cp1252")
    options: dict[str, Any] = {"ids": ["a", "b"], "numbers": [1, 2], "classes": ["ham", "spam"]}
    with pytest.raises(DataError, match=r"is not UTF-8.*set --encoding=latin-1, or what it was saved in"):
        read_sheet(tmp_path / "sheet.csv", **options)
    found = read_sheet(tmp_path / "sheet.csv", **options, encoding="cp1252")
    assert (found.rows.tolist(), found.truth.tolist()) == ([0], [0])


def test_json_lines_are_read_back(tmp_path: Path) -> None:
    path = written(tmp_path / "sheet.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["truth"] = "spam"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read(path)
    assert (found.rows.tolist(), found.truth.tolist()) == ([int(PLAN.rows[0])], [1])


def test_classes_that_are_numbers(filled: Callable[..., Path]) -> None:
    path = filled(["1", "1.0", "0"], classes=["0", "1"])
    found = read_sheet(path, ids=IDS, numbers=NUMBERS, classes=["0", "1"])
    assert dict(zip(found.rows.tolist(), found.truth.tolist(), strict=True)) == {
        int(PLAN.rows[i]): one for i, one in enumerate([1, 1, 0])
    }


def test_the_same_row_twice_and_rows_of_others_are_counted(filled: Callable[..., Path]) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        rows.append({**rows[0]})
        rows.append({**rows[1], "id": "elsewhere", "row": ""})

    found = read(filled(["ham", "spam"], change))
    assert len(found.rows) == 2
    assert "1 row of the sheet again for an id that it has" in found.notes
    assert "1 row of the sheet left out: no id 'elsewhere'" in found.notes


def test_ids_that_differ_by_an_apostrophe_are_told_apart_by_row(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("row,id,truth\n1,'=a,ham\n2,'=a,spam\n")
    found = read_sheet(path, ids=["=a", "'=a"], numbers=[1, 2], classes=CLASSES)
    assert (found.rows.tolist(), found.truth.tolist()) == ([0, 1], [0, 1])


def test_two_truths_of_one_row_are_an_error(filled: Callable[..., Path]) -> None:
    path = filled(["ham"], lambda rows: rows.append({**rows[0], "truth": "spam"}))
    with pytest.raises(DataError, match=rf"the truth of id '{IDS[PLAN.rows[0]]}' is 'ham' and 'spam'; leave one"):
        read(path)


def test_ids_that_a_spreadsheet_took_for_numbers_are_found_by_row(filled: Callable[..., Path]) -> None:
    ids = [f"{i:04}e05" for i in range(N)]

    def rounded(rows: list[dict[str, str]]) -> None:
        for row in rows:
            row["id"] = f"{float(row['id']):.5E}"

    def lost(rows: list[dict[str, str]]) -> None:
        for row in rows[1:]:
            row["id"] = "x"

    path = filled(["ham"] * PLAN.n, rounded, ids=ids)
    assert len(read_sheet(path, ids=ids, numbers=NUMBERS, classes=CLASSES).rows) == PLAN.n
    path = filled(["ham"] * PLAN.n, lost, ids=ids)
    found = read_sheet(path, ids=ids, numbers=NUMBERS, classes=CLASSES)
    assert found.rows.tolist() == [int(PLAN.rows[0])]
    assert any("left out: no id 'x' and others" in note for note in found.notes)


@pytest.mark.parametrize(
    ("truths", "said"),
    [
        ([], "no truth is filled in; write one of 'ham', 'spam'"),
        (["ham", "spma"], "1 label is none of the classes ham, spam: 'spma' .*did you mean 'spam'"),
        (["0", "1"], "2 labels are none of the classes ham, spam: .*write the names of classes, not their numbers"),
    ],
)
def test_mistakes_of_a_person(truths: list[str], said: str, filled: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=said):
        read(filled(truths))


@pytest.mark.parametrize(
    ("classes", "mark", "written"),
    [
        (["?", "sure"], "unclear", ["?", "sure", "Unclear"]),
        (["clear", "unclear"], "?", ["Unclear", "clear", "?"]),
        (["?", "Unclear"], "cannot tell", ["?", "unclear", "cannot tell"]),
    ],
)
def test_a_class_is_a_class_whatever_it_is_called(
    classes: list[str], mark: str, written: list[str], filled: Callable[..., Path]
) -> None:
    found = read_sheet(filled(written, classes=classes), ids=IDS, numbers=NUMBERS, classes=classes)
    truth = dict(zip(found.rows.tolist(), found.truth.tolist(), strict=True))
    expected = [next((i for i, own in enumerate(classes) if own.lower() == one.lower()), -1) for one in written]
    assert [truth[i] for i in PLAN.rows[:3].tolist()] == expected
    assert sorted(expected)[0] == -1
    assert doubts(classes)[0] == mark
    assert any(note.startswith(f"1 row marked {mark} left out") for note in found.notes)


def test_doubt_beside_a_class_is_two_truths_and_doubt_alone_is_read(filled: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=rf"the truth of id '{IDS[PLAN.rows[0]]}' is '\?' and 'ham'; leave one"):
        read(filled(["ham"], lambda rows: rows.append({**rows[0], "truth": "?"})))
    found = read(filled(["?", "unclear"]))
    assert found.truth.tolist() == [-1, -1]
    assert any(note.startswith("2 rows marked ? left out") for note in found.notes)


def test_other_tables(tmp_path: Path, filled: Callable[..., Path]) -> None:
    path = tmp_path / "other.csv"
    path.write_text("id,label\na,ham\n")
    with pytest.raises(DataError, match=r"other.csv needs the columns 'id' and 'truth'; it has id, label"):
        read(path)
    path.write_text("id,truth\na,ham\nb,spam\n")
    with pytest.raises(DataError, match=r"none of its 2 rows is of this model's rows, such as id 'row-0'"):
        read(path)
    path.write_text("id,truth\nrow-0,ham\nrow-7,spam\n")
    found = read(path)
    assert (found.rows.tolist(), found.truth.tolist(), found.stratified) == ([0, 7], [0, 1], False)


def test_a_blind_sheet_says_nothing_of_the_model(tmp_path: Path) -> None:
    empty = replace(PLAN, rows=PLAN.rows[:0], weights=PLAN.weights[:0])
    for name, own in (("sheet.csv", PLAN), ("empty.csv", empty)):
        write_sheet(
            tmp_path / name, own, ids=IDS, numbers=NUMBERS, texts={"text": IDS}, predicted=PREDICTED, confidence=SURE,
            classes=CLASSES, blind=True,
        )  # fmt: skip
        assert (tmp_path / name).read_text("utf-8-sig").splitlines()[0] == "row,id,text,truth,plan"


def test_rows_are_found_by_their_texts(tmp_path: Path) -> None:
    texts = [{"text": [f" text\n{i} " for i in range(N - 1)] + ["=1"]}, {"a": IDS, "b": ["same"] * N}]
    path = tmp_path / "own.csv"

    def read_own() -> Checked:
        return read_sheet(path, ids=IDS, numbers=NUMBERS, classes=CLASSES, truth="gold", texts=texts)

    path.write_text('text,gold\n"text\n7",ham\ntext\\n8,spam\n\'=1,ham\nother,ham\n')
    found = read_own()
    assert (found.rows.tolist(), found.truth.tolist()) == ([7, 8, N - 1], [0, 1, 0])
    assert "1 row of the sheet left out: no id ''" in found.notes
    path.write_text("id,b,a,gold\n1,same,row-3,ham\nrow-4,same,of nobody,spam\n")  # an id of the model's comes first
    assert read_own().rows.tolist() == [3, 4]
    path.write_text("a,gold\nrow-3,ham\n")
    with pytest.raises(DataError, match=r"needs the columns 'id' \(or 'text'\) \(or 'a' and 'b'\) and 'gold'"):
        read_own()


def test_a_sheet_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"NAME.csv or NAME.jsonl, and not 'sheet.xlsx'"):
        written(tmp_path / "sheet.xlsx")
    with pytest.raises(DataError, match="column 'text' has 1 value for 300 rows"):
        written(tmp_path / "sheet.csv", text=["a"])
    with pytest.raises(ConfigError, match="cannot write the sheet to check"):
        written(tmp_path / "no" / "sheet.csv")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=8), st.sampled_from(["csv", "jsonl"]))
def test_any_ids_come_back(tmp_path_factory: pytest.TempPathFactory, ids: list[str], form: str) -> None:
    kept = [one for one in dict.fromkeys(one.strip() for one in ids) if one and one.isprintable()]
    if len(kept) < 2:
        return
    path = tmp_path_factory.mktemp("ids") / f"sheet.{form}"
    n = len(kept)
    every = Plan(
        rows=np.arange(n), weights=np.ones(n), strata=np.zeros(n, np.int64), how="random", known=0, width=0, widest=0,
        costs=(),
    )  # fmt: skip
    write_sheet(
        path,
        every,
        ids=kept,
        numbers=range(1, n + 1),
        texts={},
        predicted=np.zeros(n, np.int64),
        confidence=np.ones(n),
        classes=CLASSES,
    )
    if form == "csv":
        rows = cells(path)
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({**row, "truth": "spam"} for row in rows)
    else:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps({**line, "truth": "spam"}) + "\n" for line in lines))
    found = read_sheet(path, ids=kept, numbers=range(1, n + 1), classes=CLASSES)
    assert found.rows.tolist() == list(range(n))
