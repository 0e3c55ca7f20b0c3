"""Several people label each text: the label is what most of them say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from truths import truth_of

from outgrow.errors import ConfigError, DataError
from outgrow.spec import canonical
from outgrow.tasks.jsonl_file import JsonlFile

Rows = list[dict[str, Any]]
Made = Callable[..., JsonlFile]
VOTES = {"one": "aab", "two": "bbb", "three": "ab-", "four": "-b-", "five": "abc", "six": "---", "seven": "aaa"}
MAJORITY = {"one": "a", "two": "b", "four": "b", "seven": "a"}  # of three and five there are ties, of six nothing
LONG: Rows = [
    {"item": item, "text": item.title(), "label": label, "worker": worker}
    for worker in range(3)
    for item, labels in VOTES.items()
    if (label := labels[worker]) != "-" or item == "six"
]
WIDE: Rows = [
    {"item": item, "text": item.title(), **dict(zip("xyz", labels, strict=True))} for item, labels in VOTES.items()
]
OPTIONS = {"labels": ("a", "b", "c"), "no_label": ("-",)}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(rows: Rows, **options: Any) -> JsonlFile:
        path = tmp_path / "crowd.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        plain = {} if "kind" in options else {"text": "text", "label": "label"}
        return JsonlFile(path=str(path), **plain | options)

    return make


@pytest.mark.parametrize("wide", [False, True])
def test_most_annotators_decide_and_ties_are_dropped(wide: bool, made: Made) -> None:
    how: dict[str, Any] = {"label": ("x", "y", "z")} if wide else {"annotator": "worker"}
    found = made(WIDE if wide else LONG, id="item", **OPTIONS, **how).load()
    said = ["abc"[label] for label in truth_of(found)]
    assert dict(zip(found.ids, said, strict=True)) == MAJORITY
    assert found.notes == [
        "took the majority of 15 labels by 3 annotators of 7 examples; they differ on 3",
        "dropped 1 row without a label",
        "dropped 2 rows on which as many annotators say one thing as another",
    ]


def test_who_contradicts_himself_has_no_say(made: Made) -> None:
    rows = [*LONG, {"item": "one", "text": "One", "label": "b", "worker": 0}, {**LONG[1], "worker": 1}]
    found = made(rows, id="item", annotator="worker", **OPTIONS).load()
    assert "one" not in found.ids, "one says a, one says b, and one says both"
    assert "two" in found.ids


def test_a_row_without_an_annotator_has_one_of_its_own(made: Made) -> None:
    rows: Rows = [{"text": "t", "label": label, "worker": None} for label in "aab"]
    rows += [{"text": "u", "label": "b", "worker": "w"}]
    assert truth_of(made(rows, annotator="worker").load()).tolist() == [0, 1]


def test_without_it_what_can_be_set_is_said(made: Made) -> None:
    found = made(LONG, no_label=("-",), labels=("a", "b", "c")).load()
    assert any(
        note.startswith("dropped 8 rows with one text and two labels; ") and 'set annotator = "worker"' in note
        for note in found.notes
    )
    with pytest.raises(DataError, match=r"have the same 'item', 'one'; .*set annotator = .worker"):
        made(LONG, id="item", **OPTIONS).load()


def test_pairs_have_annotators_too(made: Made) -> None:
    rows: Rows = [
        {"q": f"q{i}", "good": f"x{i}" if right else f"y{i}", "bad": f"y{i}" if right else f"x{i}", "rater": j}
        for i in range(4)
        for j, right in enumerate((i % 2, 1, 0))
    ]
    found = made(rows, kind="preference", prompt="q", chosen="good", rejected="bad", annotator="rater").load()
    better = [both[label][-2:] for both, label in zip(found.inputs, truth_of(found), strict=True)]
    assert better == ["y0", "x1", "y2", "x3"]


def test_what_does_not_fit_annotators_is_an_error(made: Made) -> None:
    for options in ({"label": ("x", "y"), "annotator": "item"}, {"label": ("x", "x")}):
        with pytest.raises(ConfigError, match="are columns of one annotator each"):
            made(WIDE, **options)
    with pytest.raises(DataError, match="no column 'w'"):
        made(WIDE, label=("x", "w")).load()
    other = [{**row, "text": row["text"] + "!"} if row["worker"] == 2 else row for row in LONG]
    with pytest.raises(DataError, match=r"the 'item' '.*' differ in more than their label and their 'worker'"):
        made(other, id="item", annotator="worker", **OPTIONS).load()


def test_annotators_are_part_of_what_a_task_is(made: Made) -> None:
    tasks = [made(WIDE, label="x"), made(WIDE, label=("x", "y")), made(WIDE, label="x", annotator="y")]
    assert len({canonical(task) for task in tasks}) == 3
