"""The card says where a student comes from and how good it is, and shows texts from outside letter by letter."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tiny_students import PAIRS, THREE

from outgrow.export.card import NO_ACCURACY, accuracy, card, escaped, method_words, yaml
from outgrow.export.licence import base_of
from outgrow.export.reading import reads
from outgrow.models.base import models
from outgrow.models.bases.language import LanguageModel
from outgrow.student import Student
from outgrow.tasks.base import Output

ABOUT = {
    "method": {"name": "confidence", "alpha": 0.5},
    "chosen": ["It was best on rows held out."],
    "supervisors": [{"name": "lf_<b>", "coverage": 0.5, "agreement": 0.75}, {"name": "ann"}],
    "data": {"name": "tickets.csv", "rows": 1200},
    "accuracy": {"value": 0.81, "low": 0.77, "high": 0.85, "n": 400, "how": "by rows that were checked"},
    "seed": 3,
    "outgrow": "0.1.0",
}


def a_student(about: dict[str, Any], output: Output = THREE, name: str = "minilm-l6") -> Student:
    return Student(model=models[name](), output=output, state={}, about=about)


def text_of(about: dict[str, Any], output: Output = THREE, **fields: Any) -> str:
    said: dict[str, Any] = {"format": "transformers", "appended": False, "difference": 2e-7, **fields}
    return card(a_student(about, output), **said)


def test_a_card_tells_supervisors_method_data_accuracy_and_licence() -> None:
    text = text_of(ABOUT)
    for said in (
        "Method: confidence (alpha 0.5). It was best on rows held out.",
        r"Supervisors: lf\_\<b\> (coverage 0.500, agreement with the vote 0.750); ann.",
        "Data: tickets.csv, 1,200 rows.",
        "Accuracy 0.810, 95 % interval 0.770 to 0.850, from 400 checked rows (by rows that were checked).",
        "licence MIT (upstream Apache-2.0)",
        "(sentence-transformers/all-MiniLM-L6-v2)",
        "seed 3, outgrow 0.1.0",
        "differ by at most 2e-07",
        'base_model: "sentence-transformers/all-MiniLM-L6-v2"',
        'pipeline_tag: "text-classification"',
    ):
        assert said in text, said
    assert "license:" not in text  # none of the names that hubs know


def test_a_licence_that_hubs_know_stands_in_the_header() -> None:
    assert base_of(models["smollm2-135m"]()).licence_id == "apache-2.0"
    assert 'license: "apache-2.0"' in card(
        a_student({}, name="smollm2-135m"), format="onnx", appended=False, difference=None
    )


def test_a_folder_tells_its_licence_itself(tmp_path: Path) -> None:
    made = LanguageModel(name="transformer", path=str(tmp_path))
    assert base_of(made).licence == ""
    (tmp_path / "README.md").write_text("---\ntags:\n- a\nlicense: 'mit'\n---\nlicense: no\n")
    assert base_of(made).licence == "mit"
    (tmp_path / "README.md").write_text("license: no\n")
    assert base_of(made).licence == ""
    assert base_of(LanguageModel(name="transformer", path="org/name")).repository == "org/name"


def test_where_nothing_is_known_the_card_says_so() -> None:
    text = text_of({})
    assert NO_ACCURACY in text
    assert "Supervisors: not told." in text


@pytest.mark.parametrize("found", [None, {}, {"value": None}, "good"])
def test_no_accuracy_is_a_sentence(found: object) -> None:
    assert accuracy({"accuracy": found, "audited": {"learned": 0, "checking": 0}}) == NO_ACCURACY


@pytest.mark.parametrize(
    ("audited", "said"),
    [
        ({"learned": 62}, "62 rows that it learned from."),
        ({"uncounted": 1}, "1 row that cannot count, as they do not stand for all rows."),
        ({"learned": 62, "uncounted": 15}, "62 rows that it learned from, and 15 other rows that cannot count"),
    ],
)
def test_rows_that_were_checked_and_do_not_count_are_told(audited: dict[str, int], said: str) -> None:
    text = text_of({**ABOUT, "accuracy": None, "audited": audited})
    assert f"No accuracy is known. Checked were {said}" in text
    assert NO_ACCURACY not in text


def test_truth_that_the_training_knew_is_told() -> None:
    text = text_of({**ABOUT, "audited": {"learned": 62, "checking": 40}})
    assert "# minilm-l6, taught by weak labels with the truth of 62 rows\n" in text
    assert "* Truth: that of 62 rows was known to the training." in text
    assert "Accuracy 0.810" in text
    assert "truth of" not in text_of({**ABOUT, "audited": {"learned": 0, "checking": 40}})


def test_who_learned_from_ground_truth_had_no_supervisors() -> None:
    assert "* Supervisors: none, it learned from ground truth." in text_of({"supervisors": []})


def test_how_a_text_is_made_is_told() -> None:
    columns = {"first": "a", "second": "{b} {c}", "labels": ["ann"]}
    asked = text_of({"columns": {"prompt": "q", **columns}}, PAIRS)
    assert r"the prompt, a blank line (`\n\n`) and the answer" in asked
    assert r'prompt is the column "q", first is the column "a", second is the template "\{b\} \{c\}".' in asked
    assert "A text is a whole candidate, with nothing before it." in text_of({"columns": columns}, PAIRS)
    assert r'text is the template "Site \{site\}:\\n\{body\}".' in text_of(
        {"columns": {"text": "Site {site}:\n{body}"}}
    )
    assert reads(a_student({"columns": {"image": "path"}})) == {}
    assert reads(a_student({"columns": columns}, PAIRS)).keys() == {"how", "first", "second"}


def test_the_prompt_and_the_answer_stand_as_the_card_says() -> None:
    """Tables of labels and tasks make the text of a pair alike, and as `WITH_PROMPT` has it."""
    from outgrow.own_labels.seen import seen
    from outgrow.tasks.sources.records import Table

    rows: list[Any] = [(1, {"q": " why? ", "a": "so. ", "b": "no."}), (2, {"q": "", "a": "so.", "b": "no."})]
    table = Table(source="t", columns=["q", "a", "b"], rows=rows, notes=[])
    found = seen(table, {"prompt": "q", "first": "a", "second": "b"})
    assert found == [("why?\n\nso.", "why?\n\nno."), ("so.", "no.")]


def test_an_accuracy_without_interval_says_so() -> None:
    assert accuracy({"accuracy": {"value": 0.5, "metric": "macro_f1"}}) == "Macro f1 0.500, no interval is known."


def test_rewards_are_explained_and_an_appended_layer_is_told() -> None:
    text = text_of({}, PAIRS, appended=True)
    assert "reward of first - reward of second" in text
    assert '"reward-model"' in text
    assert "one more layer was appended" in text


def test_text_from_outside_stays_text() -> None:
    about = {"method": "x\n# big\x1b[31m", "data": {"name": "[a](b) `c` | *d*\u202e", "rows": 1}}
    text = text_of(about)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n# big" not in text
    assert r"\[a\](b) \`c\` \| \*d\*" in text
    assert escaped("<script>") == r"\<script\>"


def test_the_header_is_quoted() -> None:
    lines = yaml({"license": 'a: "b"\n---', "tags": ["x", "y"], "base_model": ""}).split("\n")
    assert lines[0] == lines[-1] == "---"
    assert len(lines) == 4
    assert json.loads(lines[1].removeprefix("license: ")) == 'a: "b"\n---'


def test_several_methods_are_named_in_their_order() -> None:
    assert method_words([{"name": "filter", "share": 0.5}, {"name": "confidence"}, "x"]) == (
        "filter (share 0.5), then confidence, then x"
    )


def test_the_lines_of_use_are_true(tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python in a card runs in the exported folder as it stands there."""
    pytest.importorskip("transformers")
    from tiny_students import TWO, student

    from outgrow.export import export

    made = LanguageModel(name="transformer", path=str(tiny("bert")), training="probe", max_length=40)
    onnx: Any = "onnx" if find_spec("onnxscript") and find_spec("onnxruntime") else None
    numbers = itertools.count()
    for output, format in ((TWO, None), (PAIRS, None), (TWO, onnx), (PAIRS, onnx)):
        folder = export(student(made, output), tmp_path / str(next(numbers)), format=format).folder
        code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
        monkeypatch.chdir(folder)
        exec(compile(code, "card", "exec"), {})
