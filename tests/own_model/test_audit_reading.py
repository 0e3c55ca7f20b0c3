"""What is read off checked sheets, and what may be said then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audited_models import NAMES, Made, cells, contents, fill, keep, rows_of

from outgrow.errors import ConfigError, DataError
from outgrow.own_model.accuracy import checked_rows, estimates
from outgrow.own_model.asked import pool, read_asked
from outgrow.own_model.audit import plan_audit, read_audit, what_is_known
from outgrow.own_model.audited import AUDITED, known, read_audited
from outgrow.own_model.kept_rows import read
from outgrow.student.folder import FACTS
from outgrow.trust.strata import sampling_weights


def test_checked_rows_give_an_interval(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    assert "nobody knows" in what_is_known(model.folder)[-1].sentences[1]
    done = plan_audit(model.folder, width=0.15, how="random", out=tmp_path / "sheet.csv")
    result = read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)])
    assert result.new == done.plan.n
    found = estimates(known(model.folder).rows)
    assert found is not None
    powered, plain = found
    assert plain.value == pytest.approx(model.right[done.plan.rows].mean())
    assert powered.n == done.plan.n
    assert powered.low < model.right.mean() < powered.high
    assert powered.width < 0.2
    accuracy = json.loads((model.folder / FACTS).read_text())["about"]["accuracy"]
    assert (accuracy["n"], accuracy["value"]) == (done.plan.n, pytest.approx(powered.value))
    assert f"by {done.plan.n} checked rows" in (model.folder / "findings.html").read_text()
    assert (model.folder / "suspects.csv").is_file()
    said = " ".join(sentence for one in result.found for sentence in one.sentences)
    assert "naive, by evidence" in said
    assert "a training's note" in said


def test_a_second_reading_changes_nothing(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(learned=20, checking=20)
    plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv")
    fill(tmp_path / "sheet.csv", model)
    read_audit(model.folder, [tmp_path / "sheet.csv"])
    before = contents(model.folder)
    again = read_audit(model.folder, [tmp_path / "sheet.csv", tmp_path / "sheet.csv"])
    assert again.new == 0
    assert contents(model.folder) == before


def test_stratified_rows_are_weighed_even_if_a_sheet_is_filled_in_part(
    made: Callable[..., Made], tmp_path: Path
) -> None:
    model = made(checking=30)
    plan_audit(model.folder, width=0.1, how="stratified", out=tmp_path / "sheet.csv")
    fill(tmp_path / "sheet.csv", model, first=60)
    read_audit(model.folder, [tmp_path / "sheet.csv"])
    rows = read(model.folder)
    asked, state = read_asked(model.folder, rows), known(model.folder)
    inside, checked = pool(rows), checked_rows(state.rows)
    assert len(checked) == 90
    assert asked.strata is not None
    assert state.rows.weights is not None
    np.testing.assert_allclose(
        state.rows.weights[checked], sampling_weights(asked.strata[inside], np.searchsorted(inside, checked))
    )
    assert state.rows.weights[checked].sum() == pytest.approx(len(inside))
    assert len(np.unique(state.rows.weights[checked])) > 1
    found = estimates(state.rows)
    assert found is not None
    assert "strata" in found[0].how
    assert found[0].low < model.right.mean() < found[0].high
    assert "30 checked rows that the training was given, taken as drawn at random" in state.notes
    done = plan_audit(model.folder, width=0.1, out=tmp_path / "next.csv")  # goes on like that
    assert (done.plan.how, done.plan.known) == ("stratified", 90)
    with pytest.raises(ConfigError, match="--how random: the rows checked earlier were drawn by confidence"):
        plan_audit(model.folder, width=0.1, how="random", out=tmp_path / "other.csv")


def test_unweighted_a_stratified_audit_would_be_wrong(made: Callable[..., Made], tmp_path: Path) -> None:
    ours: list[float] = []
    naive: list[float] = []
    for seed in range(20):
        model = made(seed=seed, name=f"model{seed}")
        plan_audit(model.folder, width=0.1, how="stratified", seed=seed, out=tmp_path / f"{seed}.csv")
        read_audit(model.folder, [fill(tmp_path / f"{seed}.csv", model)])
        rows = known(model.folder).rows
        for into, weights in ((ours, rows.weights), (naive, None)):
            found = estimates(replace(rows, weights=weights))
            assert found is not None
            into.append(found[1].value - model.right.mean())
    assert abs(np.mean(ours)) < 0.015
    assert np.mean(naive) < -0.03  # rows of which the model is unsure are checked more often


def test_a_stratum_that_nobody_checked_is_waited_for(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    plan_audit(model.folder, width=0.15, how="stratified", out=tmp_path / "sheet.csv")
    fill(tmp_path / "sheet.csv", model, first=3)
    read_audit(model.folder, [tmp_path / "sheet.csv"])
    state = known(model.folder)
    assert estimates(state.rows) is None
    assert any(note.startswith("3 checked rows not counted yet") for note in state.notes)
    assert len(read_audited(model.folder, read(model.folder)).truth) == 3


def test_a_stratified_sheet_that_waits_takes_nothing_back(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(checking=2)
    sheet = tmp_path / "own.csv"
    sheet.write_text("id,truth\n" + "".join(f"{i:016x},{model.name(i)}\n" for i in range(2, 5)))
    read_audit(model.folder, [sheet], random=True)
    before = estimates(known(model.folder).rows)
    plan_audit(model.folder, width=0.1, how="stratified", out=tmp_path / "sheet.csv")
    state = known(model.folder)
    assert (estimates(state.rows), state.rows.weights) == (before, None)
    read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)])
    assert known(model.folder).rows.weights is not None


def test_ids_that_were_sorted_alone_are_not_believed(made: Callable[..., Made], tmp_path: Path) -> None:
    model, sheet = made(), tmp_path / "sheet.csv"
    plan_audit(model.folder, width=0.2, out=sheet)
    rows = cells(fill(sheet, model))
    header, kept = ",".join(rows[0]), sorted(one["id"] for one in rows)
    lines = [",".join({**own, "id": one}.values()) for own, one in zip(rows, kept, strict=True)]
    sheet.write_text("\n".join([header, *lines]) + "\n")
    with pytest.raises(
        DataError, match=r"sheet.csv: \d+ rows with the id of one row and the text or number of another"
    ):
        read_audit(model.folder, [sheet])
    assert not (model.folder / AUDITED).exists()


def test_doubt_takes_a_truth_back(made: Callable[..., Made], tmp_path: Path) -> None:
    model, sheet = made(checking=5), tmp_path / "sheet.csv"
    plan_audit(model.folder, width=0.2, how="random", out=sheet)
    read_audit(model.folder, [fill(sheet, model)])
    rows = cells(sheet)
    taken = [one["id"] for one in rows[:7]] + [f"{i:016x}" for i in range(2)]  # two of the training's
    (tmp_path / "doubt.csv").write_text("id,truth\n" + "".join(f"{one},?\n" for one in taken))
    with pytest.raises(DataError, match=r"9 rows with two truths: .* is '\?' in doubt.csv and .*with --correct"):
        read_audit(model.folder, [tmp_path / "doubt.csv"])
    with pytest.raises(DataError, match=r"7 rows with two truths: .* is '\?' in doubt.csv and '\w+' in sheet.csv"):
        read_audit(model.folder, [sheet, tmp_path / "doubt.csv"])
    done = read_audit(model.folder, [tmp_path / "doubt.csv"], correct=True)
    assert "9 truths taken back, as nobody can tell" in done.notes
    assert "0 truths read, 0 of them new" in done.notes
    state = known(model.folder)
    places = [int(one, 16) for one in taken]
    assert (state.rows.truth[places] == -1).all()
    assert len(checked_rows(state.rows)) == len(rows) + 5 - 9
    assert any(f"have no truth on their sheet: 7 of {len(rows)};" in note for note in state.notes)
    assert any(note.startswith("3 checked rows that the training was given") for note in state.notes)
    before = contents(model.folder)
    read_audit(model.folder, [tmp_path / "doubt.csv"])  # nothing is known of them that it would contradict
    assert contents(model.folder) == before
    (tmp_path / "sure.csv").write_text(f"id,truth\n{0:016x},{model.name(0)}\n")
    assert read_audit(model.folder, [tmp_path / "sure.csv"]).new == 1
    assert known(model.folder).rows.truth[0] == model.truth[0]


def test_learned_rows_alone_are_no_reason_to_say_that_none_was_checked(made: Callable[..., Made]) -> None:
    said = " ".join(what_is_known(made(learned=62).folder)[-1].sentences)
    assert "62 checked rows and none that counts (the model learned from 62 of them): nobody knows how" in said


def test_commands_stand_as_code_on_the_page(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(name="a<b>")
    read_audit(model.folder, [_given(model, tmp_path)])
    page = (model.folder / "findings.html").read_text()
    assert "`" not in page
    assert "a&lt;b&gt;&#x27; --plan --width 0.1 --out to-check.csv</code>" in page


def test_what_was_learned_from_is_never_scored(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(learned=30, checking=10)
    sheet = tmp_path / "all.csv"
    sheet.write_text("id,truth\n" + "".join(f"{i:016x},{model.name(i)}\n" for i in range(60)))
    result = read_audit(model.folder, [sheet], random=True)
    assert result.new == 20
    assert "30 rows whose truth the model learned from: never counted" in result.notes
    assert set(checked_rows(known(model.folder).rows)) == set(range(30, 60))


def test_contradictions_name_the_rows(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(learned=5, checking=5)
    plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv")
    one = cells(tmp_path / "sheet.csv")[0]["id"]
    i = int(one, 16)
    other = NAMES[1 - model.truth[i]]
    (tmp_path / "wrong.csv").write_text(f"id,truth\n{one},{other}\n")
    fill(tmp_path / "sheet.csv", model, first=40)
    message = rf"1 row with two truths: row {i + 2:,} \({one}\) is '{other}' in wrong.csv and '{model.name(i)}' in"
    with pytest.raises(DataError, match=message + r" sheet.csv.*nothing was read into audited.json"):
        read_audit(model.folder, [tmp_path / "sheet.csv", tmp_path / "wrong.csv"])
    assert not (model.folder / AUDITED).exists()
    read_audit(model.folder, [tmp_path / "sheet.csv"])
    with pytest.raises(DataError, match=message + " what was known before.*--correct"):
        read_audit(model.folder, [tmp_path / "wrong.csv"])
    result = read_audit(model.folder, [tmp_path / "wrong.csv"], correct=True)
    assert "1 truth corrected" in result.notes
    assert known(model.folder).rows.truth[i] == 1 - model.truth[i]
    (tmp_path / "given.csv").write_text(f"id,truth\n{0:016x},{NAMES[1 - model.truth[0]]}\n")
    with pytest.raises(DataError, match="1 row with two truths"):  # of what the training was given
        read_audit(model.folder, [tmp_path / "given.csv"])


def test_the_list_of_suspects_can_be_filled_in(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(checking=20)
    read_audit(model.folder, [_given(model, tmp_path)])
    rows = cells(model.folder / "suspects.csv")
    assert len(rows) > 50
    plan_audit(model.folder, width=0.1, out=tmp_path / "sheet.csv")
    by_text = {row["body"]: row["row"] for row in cells(tmp_path / "sheet.csv")}
    both = [row for row in rows if row["text"] in by_text]
    assert len(both) > 10
    assert all(row["row"] == by_text[row["text"]] for row in both)  # one numbering
    places = [int(row["row"]) - 2 for row in rows[:20]]
    (tmp_path / "gone.csv").write_text("text,truth\n" + "".join(f"text\\n{i},{model.name(i)}\n" for i in places))
    result = read_audit(model.folder, [tmp_path / "gone.csv"])
    assert result.new == len(set(places) - set(range(20)))
    assert len(checked_rows(known(model.folder).rows)) == 20


def _given(model: Made, folder: Path) -> Path:
    (folder / "given.csv").write_text(f"id,truth\n{0:016x},{model.name(0)}\n")
    return folder / "given.csv"


def test_images_are_shown_by_their_paths(tmp_path: Path) -> None:
    rows, _ = rows_of(200, 0)
    images = [f"image:/data/./cats%20and%20dogs/{i}.png?sha256=ab" for i in range(200)]
    keep(replace(rows, inputs={"image": images}), tmp_path / "model", columns={"image": "path"})
    done = plan_audit(tmp_path / "model", width=0.3, out=tmp_path / "sheet.csv")
    shown = {row["path"] for row in cells(tmp_path / "sheet.csv")}
    assert shown == {f"/data/cats and dogs/{i}.png" for i in done.plan.rows}
