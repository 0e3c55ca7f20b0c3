"""Which rows of a model a person is asked to check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from audited_models import NAMES, Made, N, cells, contents, fill, keep, rows_of

from outgrow.errors import ConfigError, DataError
from outgrow.own_model import audit
from outgrow.own_model.accuracy import checked_rows
from outgrow.own_model.asked import PLAN, read_asked
from outgrow.own_model.audit import plan_audit, read_audit
from outgrow.own_model.audited import known
from outgrow.own_model.kept_rows import read
from outgrow.trust.plan import How


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_a_plan_writes_a_sheet_and_remembers_what_it_asked_for(
    how: How, made: Callable[..., Made], tmp_path: Path
) -> None:
    model = made(learned=40, checking=40)
    done = plan_audit(model.folder, width=0.15, how=how, out=tmp_path / "sheet.csv")
    assert done.sheet is not None
    sheet = cells(done.sheet)
    assert list(sheet[0]) == ["row", "id", "body", "truth", "plan"]
    asked = read_asked(model.folder, read(model.folder))
    assert asked.ids == {row["id"] for row in sheet}
    assert (asked.strata is None) == (how == "random")
    assert len(sheet) == done.plan.n > 50
    assert not {int(one, 16) for one in asked.ids} & set(range(80))  # known already
    assert done.plan.known == 40
    assert asked.rounds == [{"seed": 0, "how": how, "width": 0.15, "ids": [row["id"] for row in sheet]}]
    said = " ".join(done.finding.sentences)
    assert "Counted on: 40 rows checked earlier, as if drawn at random" in said
    assert "40 rows whose truth the model learned from: not drawn" in said
    assert "Write no, yes into the column truth" in said
    assert done.finding.table is not None
    assert [row[0] for row in done.finding.table.rows] == ["0.2", "0.15", "0.1", "0.05"]


def test_the_sheet_shows_answers_only_where_that_is_asked_for(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv", blind=False)
    row = cells(tmp_path / "sheet.csv")[0]
    answers = read(model.folder).answers[int(row["id"], 16)]
    assert row["predicted"] == NAMES[int(answers.argmax())]
    assert float(row["probability"]) == pytest.approx(float(answers.max()), abs=1e-4)


def test_the_same_plan_again_asks_for_the_same_rows_until_some_are_read(
    made: Callable[..., Made], tmp_path: Path
) -> None:
    model = made()
    first, again, later = (tmp_path / f"{name}.csv" for name in ("first", "again", "later"))
    plan_audit(model.folder, width=0.2, how="random", out=first)
    plan_audit(model.folder, width=0.2, how="random", out=again)
    assert first.read_bytes() == again.read_bytes()
    assert len(read_asked(model.folder, read(model.folder)).rounds) == 1
    read_audit(model.folder, [fill(first, model)])
    done = plan_audit(model.folder, width=0.1, how="random", out=later)
    before, now = ({row["id"] for row in cells(one)} for one in (first, later))
    assert not before & now
    assert done.plan.known == len(before)
    read_audit(model.folder, [fill(later, model)])
    assert len(checked_rows(known(model.folder).rows)) == len(before | now)


@pytest.mark.parametrize("there", ["nodir/sheet.csv", "sheet.csv"])
def test_a_plan_that_cannot_be_kept_leaves_nothing(
    there: str, made: Callable[..., Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ConfigError("the disk is full")

    model = made()
    before = contents(tmp_path), contents(model.folder)
    monkeypatch.setattr(audit, "write_asked", full)
    with pytest.raises(ConfigError, match="the disk is full" if there == "sheet.csv" else "cannot write the sheet"):
        plan_audit(model.folder, width=0.2, out=tmp_path / there)
    assert (contents(tmp_path), contents(model.folder)) == before


def test_a_plan_says_what_marks_doubt(tmp_path: Path) -> None:
    rows, _ = rows_of(N, 0)
    keep(replace(rows, output=replace(rows.output, class_names=("?", "sure"))), tmp_path / "model")
    done = plan_audit(tmp_path / "model", width=0.2, out=tmp_path / "sheet.csv")
    assert done.finding.sentences[-1] == (
        "Write ?, sure into the column truth, from the top; unclear where nobody can tell."
    )


def test_another_seed_asks_for_other_rows(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    drawn = [
        set(plan_audit(model.folder, width=0.2, seed=seed, out=tmp_path / f"{seed}.csv").plan.rows) for seed in (0, 1)
    ]
    assert drawn[0] != drawn[1]


def test_a_plan_that_is_fulfilled_writes_nothing(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(checking=600)
    done = plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv")
    assert (done.sheet, done.plan.n) == (None, 0)
    assert "no further row needs a check" in " ".join(done.finding.sentences)
    assert not (tmp_path / "sheet.csv").exists()
    assert not (model.folder / PLAN).exists()


def test_only_rows_with_an_answer_can_be_drawn(made: Callable[..., Made], tmp_path: Path) -> None:
    rows, _ = rows_of(N, 0, learned=10, checking=10)
    answers = rows.answers.copy()
    answers[:900] = 0
    keep(replace(rows, answers=answers), tmp_path / "tuned")
    done = plan_audit(tmp_path / "tuned", width=0.3, out=tmp_path / "sheet.csv")
    assert done.plan.rows.min() >= 900
    assert "only 300 of 1,200 rows with an answer" in " ".join(done.finding.sentences).lower()
    with pytest.raises(ConfigError, match=r"--width 0.05: even all 300 rows .* with --training probe every row"):
        plan_audit(tmp_path / "tuned", width=0.05, out=tmp_path / "other.csv")
    answers[:] = 0
    keep(replace(rows, answers=answers), tmp_path / "none")
    with pytest.raises(DataError, match=r"no row has an answer .* --training probe"):
        plan_audit(tmp_path / "none", width=0.3, out=tmp_path / "other.csv")
