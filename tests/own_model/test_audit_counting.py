"""Which checked rows count: those that the sheet of a plan has a truth for, and none that somebody picked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audited_models import Made, cells, contents, fill

from outgrow.errors import ConfigError
from outgrow.own_model.accuracy import checked_rows, estimates
from outgrow.own_model.asked import PLAN
from outgrow.own_model.audit import plan_audit, read_audit
from outgrow.own_model.audited import AUDITED, known
from outgrow.trust.plan import How


def test_rows_that_nobody_asked_for_are_kept_and_not_counted(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    wrong = np.flatnonzero(~model.right)[:30]
    sheet = tmp_path / "own.csv"
    sheet.write_text("body,t\n" + "".join(f'"text\n{i}",{model.name(i)}\n' for i in wrong))
    read_audit(model.folder, [sheet], truth="t")
    state = known(model.folder)
    assert estimates(state.rows) is None
    assert any(note.startswith("30 checked rows not from the sheet of a plan") for note in state.notes)
    assert (state.rows.truth[wrong] == model.truth[wrong]).all()
    read_audit(model.folder, [sheet], truth="t", random=True)
    assert len(checked_rows(known(model.folder).rows)) == 30
    before = contents(model.folder)
    read_audit(model.folder, [sheet], truth="t")  # what was said of them stays said
    assert contents(model.folder) == before


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", ["random", "stratified"])
def test_rows_that_somebody_picked_count_only_by_the_sheet_that_drew_them(
    how: How, first: bool, made: Callable[..., Made], tmp_path: Path
) -> None:
    model = made(n=300)
    sheet, own = tmp_path / "sheet.csv", tmp_path / "own.csv"
    own.write_text("id,truth\n" + "".join(f"{i:016x},{model.name(i)}\n" for i in range(150)))
    if first:
        read_audit(model.folder, [own])
    done = plan_audit(model.folder, width=0.2, how=how, out=sheet)
    if not first:
        read_audit(model.folder, [own])
    again = int((done.plan.rows < 150).sum())
    assert again > 0
    assert first == (f"On the sheet again: {again} rows" in " ".join(done.finding.sentences))
    assert len(cells(sheet)) == done.plan.n
    assert estimates(known(model.folder).rows) is None
    fill(sheet, model, first=done.plan.n * 2 // 3)
    read_audit(model.folder, [sheet])
    state = known(model.folder)
    assert checked_rows(state.rows).tolist() == sorted(done.plan.rows[: done.plan.n * 2 // 3])
    assert any(f"sheet: {done.plan.n - done.plan.n * 2 // 3} of {done.plan.n};" in note for note in state.notes)
    read_audit(model.folder, [fill(sheet, model)])
    assert len(checked_rows(known(model.folder).rows)) == done.plan.n


def test_the_sheet_of_another_model_does_not_count(made: Callable[..., Made], tmp_path: Path) -> None:
    model, other = made(n=300), made(n=300, seed=1, name="other")
    sheets = [tmp_path / f"{one.folder.name}.csv" for one in (model, other)]
    for one, sheet in zip((model, other), sheets, strict=True):
        plan_audit(one.folder, width=0.15, how="stratified", out=sheet)
    fill(sheets[1], model)
    with pytest.raises(ConfigError, match=r"--random: the rows of other.csv were drawn by confidence"):
        read_audit(model.folder, [sheets[1]], random=True)
    assert not (model.folder / AUDITED).exists()
    done = read_audit(model.folder, [sheets[1]])
    assert done.new > 100
    state = known(model.folder)
    assert estimates(state.rows) is None
    assert any(note.startswith(f"{done.new} checked rows not from the sheet of a plan") for note in state.notes)
    assert f"{done.new} checked rows and none that counts: nobody knows" in " ".join(done.found[-1].sentences)
    read_audit(model.folder, [fill(sheets[0], model)])
    assert len(checked_rows(known(model.folder).rows)) == len(cells(sheets[0]))


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_a_sheet_without_its_column_plan_is_known_by_its_rows(
    made: Callable[..., Made], tmp_path: Path, how: How
) -> None:
    model = made()
    plan_audit(model.folder, width=0.2, how=how, out=tmp_path / "sheet.csv")
    rows = cells(fill(tmp_path / "sheet.csv", model))
    drawn = {one["id"] for one in rows}
    (picked,) = [one for one in known(model.folder).rows.ids if one not in drawn][:1]
    answer = rows[0]["truth"]
    lines = [f"{one['id']},{one['truth']}\n" for one in rows]

    def counted_after(*more: str) -> int:
        (tmp_path / "cut.csv").write_text("".join(["id,truth\n", *more]))
        read_audit(model.folder, [tmp_path / "cut.csv"], correct=True)
        return len(checked_rows(known(model.folder).rows))

    before = len(checked_rows(known(model.folder).rows))
    assert counted_after(*lines, f"{picked},{answer}\n") == before, "a row that was not drawn: somebody chose them"
    assert counted_after(lines[0]) == before, "one row may be among the drawn ones by chance"
    if how == "stratified":
        with pytest.raises(ConfigError, match=r"leave --random out, and those of this model's plan count by"):
            read_audit(model.folder, [tmp_path / "cut.csv"], random=True)
    assert counted_after(*lines) == before + len(rows)


def test_a_sheet_that_shows_unequal_weights_is_not_random(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    plan_audit(model.folder, width=0.15, how="stratified", out=tmp_path / "sheet.csv", blind=False)
    rows = cells(fill(tmp_path / "sheet.csv", model))
    (tmp_path / "old.csv").write_text(
        "id,truth,weight\n" + "".join(f"{one['id']},{one['truth']},{one['weight']}\n" for one in rows)
    )
    (model.folder / PLAN).unlink()
    with pytest.raises(ConfigError, match=r"--random: the rows of old.csv were drawn by confidence"):
        read_audit(model.folder, [tmp_path / "old.csv"], random=True)
