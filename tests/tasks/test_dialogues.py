"""Dialogues in cells: lists of messages are texts, and what two candidates begin with is their prompt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truths import truth_of

from outgrow.errors import DataError
from outgrow.tasks.base import Examples
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.parquet_file import ParquetFile
from outgrow.tasks.sources.dialogues import with_dialogues
from outgrow.tasks.sources.records import Table

Load = Callable[..., Examples]
WHOLE = ["Human: Why?\n\nAssistant: Since.", "Human: Why?\n\nAssistant: No."]


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def bot(text: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@pytest.fixture(params=["x.jsonl", "x.parquet"])
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Load:
    """The examples of rows with dialogues: `load(rows, prompt="prompt")`."""

    def read(rows: list[dict[str, Any]], **options: Any) -> Examples:
        path = tmp_path / request.param
        fields = {"kind": "preference", "chosen": "chosen", "rejected": "rejected"} | options
        if path.suffix == ".parquet":
            try:
                pq.write_table(pa.Table.from_pylist(rows), path)
            except pa.ArrowException:
                pytest.skip("no table of Arrow holds values of several types")
            return ParquetFile(path=str(path), **fields).load()
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return JsonlFile(path=str(path), **fields).load()

    return read


def ordered(found: Examples) -> list[list[str]]:
    """Both candidates of each pair, the better one first."""
    return [[both[label], both[1 - label]] for both, label in zip(found.inputs, truth_of(found), strict=True)]


FORMS: dict[str, dict[str, Any]] = {
    "whole dialogues": {"chosen": [user("Why?"), bot("Since.")], "rejected": [user("Why?"), bot("No.")]},
    "prompt apart": {"prompt": [user("Why?")], "chosen": [bot("Since.")], "rejected": [bot("No.")]},
    "prompt as a text": {"prompt": "Why?", "chosen": [bot("Since.")], "rejected": [bot("No.")]},
    "prompt twice": {
        "prompt": " Why? ", "chosen": [user("Why?"), bot("Since.")], "rejected": [user("Why?"), bot("No.")]
    },
    "prompt twice, in turns": {
        "prompt": [user("Why?")], "chosen": [user("Why?"), bot("Since.")], "rejected": [user("Why?\n"), bot("No.")]
    },
    "prompt in one of them": {"prompt": "Why?", "chosen": [user("Why?"), bot("Since.")], "rejected": [bot("No.")]},
    "answers as texts": {"prompt": [user("Why?")], "chosen": "Since.", "rejected": "No."},
    "one answer as a text": {"prompt": "Why?", "chosen": [bot("Since.")], "rejected": "No."},
    "one message": {"prompt": user("Why?"), "chosen": bot("Since."), "rejected": bot("No.")},
    "from and value": {
        "chosen": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Since."}],
        "rejected": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "No."}],
    },
    "parts": {
        "chosen": [user([{"type": "text", "text": "Why?"}]), bot([{"type": "text", "text": "Since."}])],
        "rejected": [user([{"type": "text", "text": "Why?"}]), bot([{"type": "text", "text": "No."}])],
    },
    "JSON in a text": {
        "prompt": "", "chosen": json.dumps([user("Why?"), bot("Since.")]),
        "rejected": json.dumps([user("Why?"), bot("No.")], indent=1),
    },
    "empty prompt": {
        "prompt": "", "chosen": [user("Why?"), bot("Since.")], "rejected": [user("Why?"), bot("No.")]
    },
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_pairs_of_dialogues_in_every_form(load: Load, form: str) -> None:
    row = FORMS[form]
    other = json.loads(json.dumps(row).replace("Since.", "For it is."))
    third = json.loads(json.dumps(row).replace("Why?", "When?"))
    found = load([row, other, third], prompt="prompt" if "prompt" in row else "")
    asked = [text.replace("Why?", "When?") for text in WHOLE]
    assert ordered(found) == [WHOLE, [WHOLE[0].replace("Since.", "For it is."), WHOLE[1]], asked]
    one, same, apart = found.groups
    assert one == same != apart, "pairs with one prompt are a group"
    assert found.notes == []


def test_turns_that_both_begin_with_are_the_prompt(load: Load) -> None:
    start = [{"role": "system", "content": "Be brief."}, user("Hello"), bot("Hi"), user("Why?")]
    rows = [{"chosen": [*start, bot(f"Since {i}.")], "rejected": [*start, bot("No."), user("So?")]} for i in range(3)]
    rows.append({"chosen": [user("When?"), bot("Now.")], "rejected": [user("When?"), bot("Never.")]})
    found = load(rows)
    before = "System: Be brief.\n\nHuman: Hello\n\nAssistant: Hi\n\nHuman: Why?\n\n"
    assert ordered(found)[0] == [before + "Assistant: Since 0.", before + "Assistant: No.\n\nHuman: So?"]
    assert len(set(found.groups)) == 2
    prompts = ["Why?", "Why?", "Why?", "When?"]
    told = [row | {"prompt": prompt} for row, prompt in zip(rows, prompts, strict=True)]
    assert ordered(load(told, prompt="prompt")) == ordered(found)
    asked = load([row | {"prompt": "Hush"} for row in rows], prompt="Rule: {prompt}")
    assert ordered(asked)[0][0] == "Rule: Hush\n\n" + ordered(found)[0][0]


def test_dialogues_within_a_cell_are_read_too(load: Load) -> None:
    row = FORMS["prompt apart"]
    rows = [{"input": {"messages": row["prompt"]}, "yes": row["chosen"], "no": {"turns": row["rejected"]}}]
    assert ordered(load(rows, prompt="input.messages", chosen="yes", rejected="no.turns")) == [WHOLE]


def test_equal_dialogues_are_dropped_and_other_roles_keep_their_name(load: Load) -> None:
    same = [user("Why?"), bot("Since.")]
    tool = [{"role": "tool", "content": "42"}, bot("So.")]
    found = load([{"chosen": same, "rejected": same}, {"chosen": tool, "rejected": same}])
    assert ordered(found) == [["Tool: 42\n\nAssistant: So.", WHOLE[0]]]
    assert found.notes == ["dropped 1 row with both candidates the same"]


BROKEN: dict[str, Any] = {
    "has no text": bot(None),
    "has no role": {"role": None, "content": "So."},
    "has no role or no content": {"text": "So."},
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_dialogue_that_cannot_be_read_is_counted(load: Load, why: str) -> None:
    good = FORMS["whole dialogues"]
    bad = {"chosen": [user("Why?"), BROKEN[why]], "rejected": good["rejected"]}
    found = load([good, bad, bad])
    assert ordered(found) == [WHOLE]
    (note,) = found.notes
    assert note.startswith("skipped 2 rows with a dialogue that cannot be read: row 2: message 2 of 'chosen' has no ")
    assert note.endswith(", and others")
    with pytest.raises(DataError, match=r"has no rows .skipped 1 row with a dialogue"):
        load([bad])


def test_a_list_as_python_shows_it_is_named(load: Load) -> None:
    row = {"chosen": str([user("Why?"), bot("Since.")]), "rejected": str([user("Why?"), bot("No.")])}
    with pytest.raises(DataError, match=r"no rows .*row 1: 'chosen' holds a list as Python shows it; save the table"):
        load([row])
    texts = {"chosen": "[{x}] is a text", "rejected": '[{"x": 1}]'}
    assert ordered(load([row, texts])) == [["[{x}] is a text", '[{"x": 1}]']]


def test_an_empty_dialogue_is_no_text(load: Load) -> None:
    good = FORMS["whole dialogues"]
    found = load([good, {"chosen": [], "rejected": good["rejected"]}, {"chosen": None, "rejected": good["rejected"]}])
    assert ordered(found) == [WHOLE]
    assert found.notes == ["dropped 2 rows without text"]


@pytest.mark.parametrize("cell", [["Why?", "Since."], [1, 2], [["Why?"]], {"title": "Why?"}, [{"title": "Why?"}]])
def test_other_lists_and_tables_are_no_text(load: Load, cell: Any) -> None:
    with pytest.raises(DataError, match=r"row 1: 'chosen' holds a .*, not text; choose another column"):
        load([{"chosen": cell, "rejected": cell}] * 2)


def test_a_dialogue_is_a_text_to_classify(load: Load) -> None:
    rows = [{"m": [user(f"Why {i}?"), bot("Since.")], "l": i % 2, "no": i} for i in range(4)]
    found = load(rows, kind="classification", chosen="", rejected="", text="m", label="l")
    assert found.inputs[3] == "Human: Why 3?\n\nAssistant: Since."
    found = load(rows, kind="classification", chosen="", rejected="", text="({no}) {m}", label="l")
    assert found.inputs[3] == "(3) Human: Why 3?\n\nAssistant: Since."
    with pytest.raises(DataError, match="'m' holds a list"):
        load(rows, kind="classification", chosen="", rejected="", text="no", label="m")


def test_a_call_of_a_tool_is_not_passed_over() -> None:
    calls = {"role": "assistant", "content": "Let me see.", "tool_calls": [{"function": {"name": "look"}}]}
    rows = [(i, {"chosen": [{"role": "user", "content": "Why?"}, calls], "rejected": "So."}) for i in (1, 2)]
    found = with_dialogues(
        Table(source="t", columns=["chosen", "rejected"], rows=rows), ["chosen"], pair=("chosen", "rejected")
    )
    assert found.rows == []
    assert "message 2 of 'chosen' calls a tool, which is not read" in found.notes[0]
