"""What is known of a student is found beside it: rows that were checked, the file of its task, truth that it knew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from audited_models import Made
from tiny_students import PAIRS, TWO, student

import outgrow
from outgrow.export.card import accuracy
from outgrow.export.source import about, one_row, student_at
from outgrow.models.bases.language import LanguageModel
from outgrow.own_model.audited import Audited, write_audited
from outgrow.own_model.kept_rows import read
from outgrow.results.table import Record
from outgrow.store import Store
from outgrow.student import save


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    place = tmp_path_factory.mktemp("store")
    outgrow.run("toy", seeds=[0], store=place, progress=False)
    return one_row(Store.existing(place), ["method=naive"])


def own(record: Record, table: dict[str, Any], **row: Any) -> Record:
    return replace(record, settings={**record.settings, "task": table}, row=replace(record.row, **row))


def test_data_are_called_by_their_file(record: Record) -> None:
    table = {"name": "csv", "path": "/some/where/gold.csv", "text": "Site {site}: {body}", "label": "truth"}
    found = about(own(record, table, task="csv"), "student")
    assert found["data"]["name"] == "gold.csv"
    assert found["accuracy"]["how"] == "on test examples of gold.csv, whose truth is known"
    assert found["columns"] == {"text": "Site {site}: {body}"}
    pairs = {"name": "hub", "repo": "org/pairs", "prompt": "q", "chosen": "a", "rejected": "b", "text": ""}
    found = about(own(record, pairs, task="hub"), "weak")
    assert found["data"]["name"] == "org/pairs"
    assert found["columns"] == {"prompt": "q", "chosen": "a", "rejected": "b"}
    found = about(record, "student")
    assert (found["data"]["name"], found["columns"]) == ("toy", {})
    assert found["accuracy"]["how"] == "on test examples of the task toy, whose truth is known"


def test_truth_is_of_the_student_and_supervisors_are_nobody_elses(record: Record) -> None:
    budget = own(record, {"name": "toy"}, n_ground_truth=50)
    assert about(budget, "student")["audited"] == {"learned": 50}
    assert len(about(budget, "student")["supervisors"]) == 1
    for role in ("weak", "ceiling"):
        found = about(budget, role)
        assert (found["audited"], found["supervisors"]) == ({"learned": 0}, [])


@pytest.mark.parametrize(("learned", "checked"), [(10, 7), (0, 7), (10, 0)])
def test_rows_that_somebody_picked_are_counted(
    made: Callable[..., Made], tiny: Callable[..., Path], learned: int, checked: int
) -> None:
    pytest.importorskip("transformers")
    folder = made(n=100, learned=learned).folder
    base = LanguageModel(name="transformer", path=str(tiny("bert")), training="probe", max_length=40)
    save(student(base, TWO, about={"audited": {"learned": learned, "checking": 0}}), folder)
    rows = read(folder)
    if checked:
        write_audited(Audited(truth=dict.fromkeys(rows.ids[50 : 50 + checked], 1)), folder, rows)
    said = accuracy(student_at(folder).student.about)
    assert (f"{learned} rows that it learned from" in said) == bool(learned)
    assert ("7 other rows that cannot count" in said) == bool(learned and checked)
    assert ("7 rows that cannot count" in said) == bool(checked and not learned)


def test_the_folder_says_how_texts_are_made(tiny: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from outgrow.export import export

    base = LanguageModel(name="transformer", path=str(tiny("bert")), training="probe", max_length=40)
    for output, columns in ((TWO, {"text": "Site {site}: {body}"}), (PAIRS, {"prompt": "q", "first": "a"}), (TWO, {})):
        one = student(base, output, about={"columns": columns})
        folder = export(one, tmp_path / "-".join([output.kind, *columns])).folder
        told = json.loads((folder / "outgrow.json").read_text()).get("text", {})
        assert {name: value for name, value in told.items() if name != "how"} == columns
        assert (r"`\n\n`" in told.get("how", "")) == ("prompt" in columns)
