"""What stands in a label column: one spelling for a value, what is no label, what is no class."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.sources.classes import classes_found, spelled

Read = Callable[..., Examples]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1, 1.0, "1", " 1.0 ", "1.", "+1", "1e0"), "1"),
        ((0, 0.0, -0.0, "0.0", "-0"), "0"),
        ((0.5, "0.50", "5e-1"), "0.5"),
        ((True, "True", "TRUE", "true "), "true"),
        ((None, "", " ", float("nan"), "nan", "NaN", "<NA>"), ""),
        (("007",), "007"),
        (("1_000",), "1_000"),
        (("Not spam ",), "Not spam"),
    ],
)
def test_one_value_has_one_spelling(values: tuple[Any, ...], text: str) -> None:
    assert {spelled(value, where="row 1") for value in values} == {text}


@pytest.mark.parametrize(
    ("value", "kind"),
    [(["bad", "short"], "a list"), ({"value": 0}, "a table"), (b"bad", "bytes"), ((0.1, 0.9), "a list")],
)
def test_what_holds_several_is_no_label(value: Any, kind: str) -> None:
    with pytest.raises(DataError, match=f"^row 1 holds {kind}, .*a label is one value"):
        spelled(value, where="row 1")


@pytest.mark.parametrize("text", ["['bad', 'short']", "[0.1, 0.9]", "{'bad': 1}", '["bad"]', "(1, 2)"])
def test_a_list_written_as_text_is_no_label(text: str) -> None:
    with pytest.raises(DataError, match=r"^row 1 holds a list written as text, .*a label is one value"):
        spelled(text, where="row 1")
    assert spelled("[unk]", where="row 1") == "[unk]"
    assert spelled("(a) good", where="row 1") == "(a) good"


@pytest.mark.parametrize("text", ["NULL", "N/A", "#N/A", "-nan"])
def test_what_programs_write_for_nothing_is_no_label(text: str) -> None:
    assert spelled(text, where="row 1") == ""


def found(*labels: str) -> tuple[list[str], list[str]]:
    return classes_found(labels, source="t.csv", column="label")


def test_classes_stand_in_order() -> None:
    assert found("b", "a", "b", "", "a") == (["a", "b"], [])
    assert found(*["9", "10", "9", "10", "2", "2"])[0] == ["2", "9", "10"]


def test_what_stands_there_once_among_many_is_no_class() -> None:
    classes, (note,) = found(*["good", "bad"] * 20, "Total", "450 rows")
    assert classes == ["bad", "good"]
    assert (
        note
        == "taken for no class, since 'label' has it only once: 'Total', '450 rows'; set labels = [...] if it is one"
    )
    assert found(*["good", "bad"] * 5, "fine")[0] == ["bad", "fine", "good"], "of few rows nothing can be told"


def test_a_value_for_nearly_every_row_is_no_label() -> None:
    with pytest.raises(DataError, match="has 365 different values in 450 rows"):
        found(*(f"0.{i % 365:03}" for i in range(450)))


def test_minus_one_beside_other_numbers_has_to_be_explained() -> None:
    with pytest.raises(DataError, match=r"is -1 in 3 rows, .*'0', '1': .*no_label = \[-1\].*labels = \[-1, 0, 1\]"):
        found(*["0", "1"] * 10, "-1", "-1", "-1")
    assert found(*["-1", "1"] * 10)[0] == ["-1", "1"], "two classes in a common form"


@pytest.mark.parametrize(
    ("nothing", "cure"),
    [("-100", r"no_label = \[-100\].*labels = \[-100, 0, 1\]"), ("None", r'no_label = \["None"\].*0, 1, "None"\]')],
)
def test_other_words_for_nothing_have_to_be_explained(nothing: str, cure: str) -> None:
    with pytest.raises(DataError, match=cure):
        found(*["0", "1"] * 10, nothing, nothing)


def test_a_scale_on_both_sides_of_zero_is_classes() -> None:
    assert found(*["-2", "-1", "0", "1", "2"] * 5)[0] == ["-2", "-1", "0", "1", "2"]


@pytest.mark.parametrize("other", ["Spam", "SPAM", "spa\u200bm", "s pam"])
def test_classes_that_are_alike_are_an_error(other: str) -> None:
    with pytest.raises(DataError, match=r"says both '.*' \(\d+ rows\) and '.*' \(\d+\), which are alike but for"):
        found(*["ham", "spam"] * 10, other, other)


def test_classes_with_next_to_no_rows_are_told(read: Read) -> None:
    lines = table(40)
    lines += ["another one,c", "another two,c"]
    assert read("t.csv", "\n".join(lines)).notes == [
        "classes with next to no rows: 'c' (2); if they are none, set labels or no_label"
    ]
    (note,) = read("t.csv", "\n".join(table(40)), labels=("a", "b", "d")).notes
    assert "'d' (0)" in note


def test_true_and_one_are_not_two_classes() -> None:
    with pytest.raises(DataError, match="both 1 or 0 and true or false"):
        found(*["true", "0"] * 10)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def load(name: str, content: str, **options: Any) -> Examples:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        kind = JsonlFile if name.endswith("jsonl") else CsvFile
        return kind(path=str(path), **({"text": "text", "label": "label"} | options)).load()

    return load


def table(rows: int, *, between: str = ",", label: Callable[[int], str] = lambda i: "ab"[i % 2]) -> list[str]:
    return [f"text{between}label", *(f"row {i} says so{between}{label(i)}" for i in range(rows))]


def test_rows_without_a_label_are_dropped_and_counted(read: Read) -> None:
    lines = table(60, label=lambda i: str(i % 3 - 1))
    examples = read("t.csv", "\n".join(lines), no_label=(-1,))
    assert examples.class_names == ("0", "1")
    assert len(examples.ids) == 40
    assert examples.notes == ["dropped 20 rows without a label"]
    assert read("t.csv", "\n".join(lines), labels=(-1, 0, 1)).n_classes == 3


def test_a_header_in_the_middle_and_a_blank_line_above_it_are_no_rows(read: Read) -> None:
    lines = table(40)
    examples = read("t.csv", "\n".join(["", *lines[:20], lines[0], *lines[20:]]))
    assert (examples.class_names, len(examples.ids)) == (("a", "b"), 40)
    assert examples.notes == ["skipped 1 repeat of the header: line 22"]


def test_columns_without_a_name_are_left_out(read: Read) -> None:
    lines = [f"{line},," for line in table(20)]
    assert len(read("t.csv", "\n".join(lines)).ids) == 20


@pytest.mark.parametrize("other", ["plain", '"quoted"'])
def test_a_stray_quote_swallows_no_row(read: Read, other: str) -> None:
    lines = table(60, between="\t")
    lines[10], lines[30] = f'"{lines[10]}', f'"{lines[30]}'
    lines[40] = f"{other}\ta"
    examples = read("t.tsv", "\n".join(lines))
    assert len(examples.ids) == 60
    assert max(map(len, examples.inputs)) < 40
    assert "quotes are read as letters, since the quote in line 11 is not closed properly" in examples.notes
    lines = table(60)
    lines[10] = f'"{lines[10]}'
    with pytest.raises(DataError, match="line 11: a quote opens there that is not closed properly"):
        read("t.csv", "\n".join(lines))


def test_quotes_that_are_closed_are_quotes(read: Read) -> None:
    lines = table(20)
    lines[3] = '"one, ""two""\nand three", "b"'
    examples = read("t.csv", "\n".join(lines))
    assert 'one, "two"\nand three' in examples.inputs
    assert examples.class_names == ("a", "b")


def test_one_prompt_for_all_pairs_is_an_error_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(f'{{"q": "Go on.", "a": "good {i}", "b": "bad {i}", "by": {i}}}' for i in range(20)))
    task = JsonlFile(path=str(path), kind="preference", prompt="q", chosen="a", rejected="b")
    with pytest.raises(DataError, match=r"all 20 pairs have one prompt, 'Go on\.', .*set group .* or leave prompt out"):
        task.load()
    assert len(set(dataclasses.replace(task, group="by").load().groups)) == 20
    assert len(set(dataclasses.replace(task, prompt="").load().groups)) == 20


def test_pairs_without_a_prompt_stand_alone(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        "\n".join(f'{{"q": {q}, "a": "good {i}", "b": "bad {i}"}}' for i, q in enumerate(['""', "null"] * 10))
    )
    examples = JsonlFile(path=str(path), kind="preference", prompt="q", chosen="a", rejected="b").load()
    assert len(set(examples.groups)) == 20


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (["0", "1", "999"], r"is 999 in 10 rows, .*no_label = \[999\].*labels = \[0, 1, 999\]"),
        (["1", "2", "3", "9"], r"no_label = \[9\]"),
        (["0", "1", "-1", "-99"], r"is -1 or -99 in 20 rows.*no_label = \[-1, -99\]"),
        (["bad", "good", "-99"], r'no_label = \[-99\].*labels = \[-99, "bad", "good"\]'),
        (["bad", "good", "Unknown"], r'no_label = \["Unknown"\]'),
        (["bad", "good", "?", "not sure"], r'no_label = \["\?", "not sure"\]'),
        (["0", "1", "\u22121"], "no_label"),
        (["yes", "no", "true", "false"], "both true or false and yes or no"),
        (["yes", "no", "ja", "nein"], "both yes or no and ja or nein"),
        (["0", "1", "yes", "no"], "both 1 or 0 and yes or no"),
        (["pos", "neg", "positive", "negative"], "both positive or negative and pos or neg"),
        (["good", "g\u043eod", "bad"], "alike"),
        (["not good", "not_good", "good"], "alike"),
        (["good", "good.", "bad"], "alike"),
        (["bad", "'bad'", "good"], "alike"),
        (["1", "01", "2"], "alike"),
        (["1,0", "1", "2"], "alike"),
        (["0.25", "0.5", "0.75"], "numbers with decimals, as scores are"),
        (["2024-01", "2024-02", "2024-03"], "holds dates"),
        (["0", "1", "bad", "good"], "numbers, '0', '1', and names, 'bad', 'good'"),
        (["bad", "short", "bad|short"], "several labels of one row"),
    ],
)
def test_labels_that_do_not_go_together_are_named(labels: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        found(*labels * 10)


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        ["yes", "no", "maybe"],
        ["A", "A-", "B", "B-"],
        ["c", "c++", "c#"],
        ["Business, Finance", "Sports"],
        ["0.5", "1"],
        ["1.1", "nn"],
        ["f", "n", "t", "x", "y"],
        ["other", "bad", "good"],
        ["2020-01-01", "2021-01-01"],
        ["en", "no", "ja"],
        ["100000000000000000000", "100000000000000000001"],
    ],
)
def test_labels_that_go_together_are_classes(labels: list[str]) -> None:
    assert sorted(found(*labels * 10)[0]) == sorted(labels)


def test_long_numbers_stay_what_they_are_and_decimals_are_rounded() -> None:
    assert spelled(10**20 + 1, where="row 1") == "100000000000000000001"
    assert spelled("9007199254740993", where="row 1") == "9007199254740993"
    assert spelled(0.1 + 0.2, where="row 1") == "0.3"
    assert spelled("1\0", where="row 1") == "1"


@pytest.mark.parametrize("text", ["[0 1]", "[0.01 0.99]", "tensor([0.1, 0.9])", "array([1, 0], dtype=int32)"])
def test_an_array_written_as_text_is_no_label(text: str) -> None:
    with pytest.raises(DataError, match="a list written as text"):
        spelled(text, where="row 1")
    assert spelled("tensor(1)", where="row 1") == "tensor(1)"


def test_many_whole_numbers_are_told() -> None:
    (note,) = found(*[str(i) for i in range(21)] * 10)[1]
    assert note.startswith("each of the 21 whole numbers in 'label', from 0 to 20, is a class; if they are scores")
    assert found(*[str(i) for i in range(20)] * 10)[1] == []


def test_repeated_totals_are_no_class(read: Read) -> None:
    lines = table(40)
    lines[10:10] = ["Subtotal,9"]
    examples = read("t.csv", "\n".join([*lines, "Subtotal,9"]))
    assert examples.class_names == ("a", "b")
    assert "taken for no class, since 'label' has it only once: '9'; set labels = [...] if it is one" in examples.notes


@pytest.mark.parametrize("row", ["text,label", "Text,LABEL"])
def test_a_header_among_the_rows_is_no_row(read: Read, row: str) -> None:
    lines = table(40)
    examples = read("t.csv", "\n".join([*lines, row, row]))
    assert (examples.class_names, len(examples.ids)) == (("a", "b"), 40)
    assert any("repeats of the" in note for note in examples.notes)
    first, second = row.split(",")
    objects = [f'{{"text": "row {i}", "label": "{"ab"[i % 2]}"}}' for i in range(40)]
    again = f'{{"text": "{first}", "label": "{second}"}}'
    examples = read("t.jsonl", "\n".join([*objects, again, again]))
    assert (examples.class_names, len(examples.ids)) == (("a", "b"), 40)
    assert examples.notes == ["skipped 2 repeats of the names of the columns: row 41, and others"]


def test_one_column_per_class_is_not_one_per_annotator(read: Read) -> None:
    lines = ["text,good,bad", *(f"row {i} says so,{i % 2},{1 - i % 2}" for i in range(40))]
    with pytest.raises(DataError, match="just one is 1 in every row, so they are one column per class"):
        read("t.csv", "\n".join(lines), label=("good", "bad"))
