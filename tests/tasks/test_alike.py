"""Texts that are alike but for blanks, case, punctuation or Unicode form, and the groups that they make one."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import DataError
from outgrow.specs import SplitSpec
from outgrow.steps.examples import set_aside
from outgrow.tasks.base import Examples
from outgrow.tasks.csv_file import CsvFile
from outgrow.tasks.jsonl_file import JsonlFile
from outgrow.tasks.sources.alike import folded, joined
from outgrow.tasks.sources.rows import Pair, TextRow, classification, key, preference

TEXT = "Séan said: 'the film\u2026 was fine' - twice, 10 \ufb01ngers"


@pytest.mark.parametrize(
    "twin",
    [
        TEXT.upper(),
        TEXT.replace(" ", "  "),
        TEXT.replace(" ", "\n"),
        TEXT.replace(" ", "\u00a0"),
        TEXT.replace(" ", " \u200b").replace("film", "fi\u00adlm"),
        f"\ufeff{TEXT}\u200d",
        unicodedata.normalize("NFD", TEXT),
        unicodedata.normalize("NFKC", TEXT),
        TEXT.replace(": '", ": \u2018").replace("fine'", "fine\u2019"),
        TEXT.replace(" - ", " \u2013 "),
        TEXT.replace("10", "\uff11\uff10"),
    ],
)
def test_what_looks_alike_is_alike(twin: str) -> None:
    assert twin != TEXT
    assert folded(twin) == folded(TEXT)


@pytest.mark.parametrize("other", [TEXT + ".", TEXT.replace("é", "e"), TEXT.replace("10", "11"), TEXT[1:]])
def test_other_letters_are_another_text(other: str) -> None:
    assert folded(other) != folded(TEXT)


def test_ascii_and_other_texts_are_folded_alike() -> None:
    assert folded("It's `A` \tB") == folded("It\u2019s \u00b4a\u00b4b\u200b") == "it's'a'b"


def test_groups_that_share_a_mark_are_one_whatever_the_order() -> None:
    groups = ["d", "c", "b", "a", "x", "e"]
    marks = [["1"], ["1", "2"], ["3"], ["2", "3"], [], ["4"]]
    assert joined(groups, marks) == ["a", "a", "a", "a", "x", "e"]
    for seed in range(5):
        order = random.Random(seed).sample(range(6), 6)
        found = joined([groups[i] for i in order], [marks[i] for i in order])
        assert [found[order.index(i)] for i in range(6)] == ["a", "a", "a", "a", "x", "e"]


def rows() -> list[TextRow]:
    """60 texts, every second of them twice, in a group of its own each time."""
    texts = [f"Text no. {i}" for i in range(60)]
    twins = [text.replace(" ", "\n").lower() for text in texts[::2]]
    return [TextRow(text=text, label=i % 2, group=key(text)) for i, text in enumerate([*texts, *twins])]


def test_twins_stay_in_one_group_and_are_told() -> None:
    found = classification(rows(), source="rows", classes=("no", "yes"))
    assert len(found.ids) == 90
    assert found.ids == [key(row.text) for row in rows()]
    assert len(set(found.groups)) == 60
    group = {folded(text): group for text, group in zip(found.inputs, found.groups, strict=True)}
    assert [group[folded(text)] for text in found.inputs] == found.groups
    assert found.notes == [
        "30 rows are like an earlier one but for blanks, case, punctuation or Unicode form, 15 of them with another "
        "label; so that no two parts share one, joined 30 groups with another"
    ]
    parts = set_aside(found, SplitSpec(supervisor=10, transfer=10, validation=10, test=30))
    sides = [{folded(found.inputs[row]) for row in part} for part in parts.values()]
    assert sum(map(len, sides)) == len(set.union(*sides))


def test_groups_without_twins_keep_their_names_and_are_not_told() -> None:
    given = [TextRow(text=f"text {i}", label=i % 2, group=f"g{i // 2}") for i in range(10)]
    given.append(TextRow(text="Text 0", label=0, group="g0"))
    found = classification(given, source="rows", classes=("no", "yes"))
    assert found.groups == [row.group for row in given]
    assert found.notes == []


def test_a_column_of_groups_is_joined_where_texts_are_alike(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label,by\nOne more,a,x\nTwo,b,x\none  more,a,y\nThree,b,y\nFour,a,z\n")
    found = CsvFile(path=str(path), text="text", label="label", group="by").load()
    assert found.groups == ["x", "x", "x", "x", "z"]
    assert "1 row is like an earlier one" in found.notes[0]
    assert found.notes[0].endswith("joined 1 group with another")


def test_a_text_of_unseen_characters_is_no_text() -> None:
    given = [*rows()[:4], TextRow(text="\u200b\u2060 ", label=1, group="x")]
    assert classification(given, source="rows", classes=("no", "yes")).notes == ["dropped 1 row without text"]


def test_pairs_go_by_prompt_or_by_the_pair(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    lines = ['{"q": "Why me?", "a": "yes", "b": "no"}', '{"q": "why\\u00a0 me?", "a": "no idea", "b": "ask"}']
    path.write_text("\n".join([*lines, '{"q": "How?", "a": "so", "b": "not so"}']))
    found = JsonlFile(path=str(path), kind="preference", prompt="q", chosen="a", rejected="b").load()
    assert found.groups[0] == found.groups[1] != found.groups[2]
    assert found.notes == ["joined 1 group whose prompts are alike but for blanks, case, punctuation or Unicode form"]

    bare = [Pair(better="Yes", worse="No", group="1"), Pair(better=" NO", worse="yes", group="2")]
    found = preference([*bare, Pair(better="so", worse="not so", group="3")], source="pairs")
    assert found.groups == ["1", "1", "3"]
    assert (
        "1 row is like an earlier one but for blanks, case, punctuation or Unicode form, 1 of them with"
        in found.notes[0]
    )


def test_a_group_of_ones_own_is_not_joined_by_prompt(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(f'{{"q": "Why?", "a": "good {i}", "b": "bad {i}", "by": "{i}"}}' for i in range(4)))
    task = JsonlFile(path=str(path), kind="preference", prompt="q", chosen="a", rejected="b", group="by")
    assert task.load().groups == ["0", "1", "2", "3"]


@pytest.mark.parametrize("twin", ["Is it so", "is it so?!", "'Is it so?'", "Is it, so...", "Is it so \u2026"])
def test_punctuation_makes_no_other_group(twin: str) -> None:
    rows = [TextRow(text=text, label=i, group=text) for i, text in enumerate(["Is it so?", twin, "It is not so."])]
    found = classification(rows, source="these", classes=("a", "b", "c"))
    assert [one == found.groups[0] for one in found.groups] == [True, True, False]
    signs = [TextRow(text=text, label=i, group=text) for i, text in enumerate([":)", ":("])]
    assert len(set(classification(signs, source="these", classes=("a", "b")).groups)) == 2


def pairs_in(tmp_path: Path, records: list[dict[str, str]], **options: Any) -> Examples:
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    fields = {"chosen": "chosen", "rejected": "rejected", **options}
    return JsonlFile(path=str(tmp_path / "p.jsonl"), kind="preference", **fields).load()


@pytest.mark.parametrize("shared", ["chosen", "rejected"])
def test_pairs_without_a_prompt_that_share_a_candidate_are_one_group(shared: str, tmp_path: Path) -> None:
    records = [
        {"chosen": f"good {i}", "rejected": f"bad {i}", "who": str(i)} | {shared: f"the same {i // 3}"}
        for i in range(12)
    ]
    found = pairs_in(tmp_path, records)
    assert len(set(found.groups)) == 4
    assert found.notes[0] == "joined 8 pairs without a prompt with others that share a candidate"
    assert len(set(pairs_in(tmp_path, records, group="who").groups)) == 12
    asked = [one | {"prompt": f"Why {i}?"} for i, one in enumerate(records)]
    assert len(set(pairs_in(tmp_path, asked, prompt="prompt").groups)) == 12, "an answer may suit several questions"


@pytest.mark.parametrize("nothing", ["", " ", "None", "nan", "NULL"])
def test_words_for_no_prompt_are_no_prompt(nothing: str, tmp_path: Path) -> None:
    found = pairs_in(
        tmp_path,
        [{"prompt": nothing, "chosen": f"good {i}", "rejected": f"bad {i}"} for i in range(4)],
        prompt="prompt",
    )
    assert len(set(found.groups)) == 4
    assert sorted(found.inputs[0])[0].startswith("bad")


@pytest.mark.parametrize(
    "form",
    [
        "\n\nHuman: Why {}?\n\nAssistant: {}",
        "<|im_start|>user\nWhy {}?<|im_end|>\n<|im_start|>assistant\n{}",
        "[INST] Why {}? [/INST] {}",
        "### Question: Why {}?\n### Response: {}",
    ],
)
def test_dialogues_written_as_text_go_by_what_they_begin_with(form: str, tmp_path: Path) -> None:
    records = [{side: form.format(i // 2, f"{side} {i}") for side in ("chosen", "rejected")} for i in range(12)]
    found = pairs_in(tmp_path, records)
    assert len(set(found.groups)) == 6
    assert records[0]["chosen"].strip() in found.inputs.ravel()


def test_prompts_that_are_alike_for_all_are_an_error(tmp_path: Path) -> None:
    records = [{"prompt": "Sum it up."[: 10 - i % 2], "chosen": f"good {i}", "rejected": f"bad {i}"} for i in range(6)]
    with pytest.raises(DataError, match="all 6 pairs have one prompt, 'Sum it up"):
        pairs_in(tmp_path, records, prompt="prompt")


def test_a_group_of_a_quarter_of_the_rows_is_told(tmp_path: Path) -> None:
    records = [
        {"prompt": "Sum it up." if i < 10 else f"Why {i}?", "chosen": f"good {i}", "rejected": f"bad {i}"}
        for i in range(40)
    ]
    (note,) = pairs_in(tmp_path, records, prompt="prompt").notes
    assert note.startswith("one group has 10 of 40 rows, which stay in one part: 'Sum it up.")
    assert pairs_in(tmp_path, records[1:], prompt="prompt").notes == []


def test_twins_that_are_preferred_the_other_way_round_are_told(tmp_path: Path) -> None:
    records = [{"prompt": f"Why {i}?", "chosen": f"good {i}", "rejected": f"bad {i}"} for i in range(6)]
    turned = [
        {"prompt": one["prompt"], "chosen": one["rejected"].upper(), "rejected": one["chosen"]} for one in records[:2]
    ]
    (note,) = pairs_in(tmp_path, records + turned, prompt="prompt").notes
    assert "2 rows are like an earlier one" in note
    assert "2 of them with another label" in note
