"""An audit of a model folder: what is asked of a person, what is read back, and what may be said then."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.own_model.accuracy import checked_rows, estimates
from outgrow.own_model.asked import PLAN, pool, read_asked
from outgrow.own_model.audit import plan_audit, read_audit, what_is_known
from outgrow.own_model.audited import AUDITED, check_unaudited, judging, known, read_audited
from outgrow.own_model.kept_rows import CHECKING, LEARNED, KeptRows, read, write
from outgrow.own_model.truths import is_audited, take_truths
from outgrow.student.folder import FACTS
from outgrow.tasks.base import Output
from outgrow.trust.plan import How
from outgrow.trust.strata import sampling_weights

Cli = Callable[..., tuple[int, str, str]]
N, NAMES = 1_200, ("no", "yes")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A model folder whose truth is known to the test."""

    folder: Path
    truth: np.ndarray
    right: np.ndarray

    def name(self, i: int) -> str:
        return NAMES[self.truth[i]]


def rows_of(n: int, seed: int, *, learned: int = 0, checking: int = 0) -> tuple[KeptRows, np.ndarray]:
    """Rows whose model is right as often as it is sure, and two labellers who err."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    sure = rng.uniform(0.5, 1, n)
    right = rng.random(n) < sure
    answer = np.where(right, truth, 1 - truth)
    answers = np.zeros((n, 2), np.float32)
    answers[np.arange(n), answer], answers[np.arange(n), 1 - answer] = sure, 1 - sure
    votes = np.zeros((2, n, 2), np.float32)
    for i, share in enumerate((0.8, 0.7)):
        votes[i, np.arange(n), np.where(rng.random(n) < share, truth, 1 - truth)] = 1
    use = [LEARNED] * learned + [CHECKING] * checking + [""] * (n - learned - checking)
    rows = KeptRows(
        output=Output(kind="classification", n_classes=2, class_names=NAMES),
        ids=[f"{i:016x}" for i in range(n)],
        numbers=list(range(2, n + 2)),
        inputs={"text": [f"text\n{i}" for i in range(n)]},
        labellers=["a", "b"],
        votes=votes,
        fused=votes.mean(0),
        answers=answers,
        truth=np.where(np.arange(n) < learned + checking, truth, -1),
        use=use,
        sources={"from": ["web" if i % 2 else "app" for i in range(n)]},
    )
    return rows, truth


def keep(rows: KeptRows, folder: Path, *, columns: dict[str, str] | None = None) -> None:
    """A folder as a training leaves it, but for the weights."""
    folder.mkdir()
    facts = {
        "format": 1, "columns": columns or {"text": "body"},
        "about": {"data": {"name": "mine.csv"}, "chosen": ["naive, by evidence"], "notes": ["a training's note"]},
    }  # fmt: skip
    (folder / FACTS).write_text(json.dumps(facts))
    write(rows, folder)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Made]:
    def make(*, n: int = N, seed: int = 0, learned: int = 0, checking: int = 0, name: str = "model") -> Made:
        rows, truth = rows_of(n, seed, learned=learned, checking=checking)
        keep(rows, tmp_path / name)
        return Made(folder=tmp_path / name, truth=truth, right=rows.answers.argmax(-1) == truth)

    return make


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path: Path, model: Made, *, first: int | None = None, column: str = "truth", **wrong: str) -> Path:
    """A sheet with the truth of its first rows; of some ids what is told."""
    rows = cells(path)
    for row in rows[:first]:
        row[column] = wrong.get(row["id"], model.name(int(row["id"], 16)))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


# The plan


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_a_plan_writes_a_sheet_and_remembers_what_it_asked_for(
    how: How, made: Callable[..., Made], tmp_path: Path
) -> None:
    model = made(learned=40, checking=40)
    done = plan_audit(model.folder, width=0.15, how=how, out=tmp_path / "sheet.csv")
    assert done.sheet is not None
    sheet = cells(done.sheet)
    assert list(sheet[0]) == ["row", "id", "body", "truth"]
    asked = read_asked(model.folder, read(model.folder))
    assert asked.ids == {row["id"] for row in sheet}
    assert (asked.strata is None) == (how == "random")
    assert len(sheet) == done.plan.n > 50
    assert not {int(one, 16) for one in asked.ids} & set(range(80))  # known already
    assert done.plan.known == 40
    assert asked.rounds == [{"seed": 0, "how": how, "width": 0.15, "ids": [row["id"] for row in sheet]}]
    said = " ".join(done.finding.sentences)
    assert "40 rows checked earlier count, as if drawn at random" in said
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
    assert "only 300 of 1,200 rows have an answer" in " ".join(done.finding.sentences).lower()
    with pytest.raises(ConfigError, match=r"--width 0.05: even all 300 rows .* with --training probe every row"):
        plan_audit(tmp_path / "tuned", width=0.05, out=tmp_path / "other.csv")
    answers[:] = 0
    keep(replace(rows, answers=answers), tmp_path / "none")
    with pytest.raises(DataError, match=r"no row has an answer .* --training probe"):
        plan_audit(tmp_path / "none", width=0.3, out=tmp_path / "other.csv")


# Reading back


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
    assert "30 checked rows that the training was given count as drawn at random" in state.notes
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


def test_rows_that_nobody_asked_for_are_kept_and_not_counted(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    wrong = np.flatnonzero(~model.right)[:30]
    sheet = tmp_path / "own.csv"
    sheet.write_text("body,t\n" + "".join(f'"text\n{i}",{model.name(i)}\n' for i in wrong))
    read_audit(model.folder, [sheet], truth="t")
    state = known(model.folder)
    assert estimates(state.rows) is None
    assert any(note.startswith("30 checked rows that no plan asked for: kept, and not counted") for note in state.notes)
    assert (state.rows.truth[wrong] == model.truth[wrong]).all()
    read_audit(model.folder, [sheet], truth="t", random=True)
    assert len(checked_rows(known(model.folder).rows)) == 30
    before = contents(model.folder)
    read_audit(model.folder, [sheet], truth="t")  # what was said of them stays said
    assert contents(model.folder) == before


def test_a_known_row_that_a_plan_draws_counts_and_is_not_asked_for(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made(n=300)
    sheet = tmp_path / "own.csv"
    sheet.write_text("id,truth\n" + "".join(f"{i:016x},{model.name(i)}\n" for i in range(150)))
    read_audit(model.folder, [sheet])
    done = plan_audit(model.folder, width=0.2, how="random", out=tmp_path / "sheet.csv")
    already = int((done.plan.rows < 150).sum())
    assert already > 0
    assert len(cells(tmp_path / "sheet.csv")) == done.plan.n - already
    assert f"{already} rows of these are known already" in " ".join(done.finding.sentences)
    read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)])
    assert len(checked_rows(known(model.folder).rows)) == done.plan.n


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


# What is kept for another training


def test_truths_that_were_not_drawn_at_random_do_not_check_another_model(
    made: Callable[..., Made], tmp_path: Path
) -> None:
    from outgrow.own_labels.columns import Columns
    from outgrow.own_labels.table import WeakTable

    model = made(learned=10, checking=10)
    plan_audit(model.folder, width=0.2, how="stratified", out=tmp_path / "sheet.csv")
    asked = read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)]).new
    rows = read(model.folder)

    def table(first: int = 0) -> WeakTable:
        return WeakTable(
            name="mine.csv", ids=rows.ids[first:], groups=rows.ids[first:], inputs=np.empty(0), output=rows.output,
            labellers=rows.labellers, votes=rows.votes[:, first:], truth=np.full(N - first, -1),
            rows=rows.numbers[first:], columns=Columns(text="body", labels=("a", "b")),
        )  # fmt: skip

    whole = table()
    chosen = take_truths(whole, model.folder)
    assert len(chosen) == asked
    assert len(whole.audited) == asked + 20
    assert (whole.truth[whole.audited] == model.truth[whole.audited]).all()
    assert not set(chosen) & set(range(20))
    part = table(first=10)
    take_truths(part, model.folder)
    assert any("10 checked rows of" in note for note in part.notes)
    part.truth[:] = 1 - model.truth[10:]
    with pytest.raises(DataError, match="the table not so"):
        take_truths(part, model.folder)
    assert is_audited(str(model.folder))
    assert not is_audited("gold")


def test_a_training_does_not_write_over_what_somebody_checked(made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    check_unaudited(model.folder)
    plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv")
    with pytest.raises(ConfigError, match="waits for rows that somebody may be checking"):
        check_unaudited(model.folder)
    read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)])
    with pytest.raises(ConfigError, match=r"choose another --out; with --audited .* learns from them too"):
        check_unaudited(model.folder)


@pytest.mark.parametrize("damage", ["cut", "format", "other"])
@pytest.mark.parametrize("name", [PLAN, AUDITED])
def test_damage_is_told(made: Callable[..., Made], tmp_path: Path, name: str, damage: str) -> None:
    model = made()
    plan_audit(model.folder, width=0.2, how="stratified", out=tmp_path / "sheet.csv")
    read_audit(model.folder, [fill(tmp_path / "sheet.csv", model)])
    file = model.folder / name
    found = json.loads(file.read_text())
    if damage == "format":
        file.write_text(json.dumps({**found, "format": 2}))
        with pytest.raises(ConfigError, match="has the format 2, this version reads 1"):
            known(model.folder)
        return
    if damage == "other":
        found |= {"strata": [0]} if name == PLAN else {"truth": {"nobody": "yes"}}
    file.write_text(json.dumps(found) if damage == "other" else file.read_text()[:50])
    with pytest.raises(DataError, match=rf"{name} is damaged .*put it back from a copy"):
        known(model.folder)


def test_a_plan_of_other_rows_is_refused(made: Callable[..., Made], tmp_path: Path) -> None:
    model, other = made(), made(seed=1, name="other")
    plan_audit(model.folder, width=0.2, out=tmp_path / "sheet.csv")
    (other.folder / PLAN).write_bytes((model.folder / PLAN).read_bytes())
    with pytest.raises(ConfigError, match="was made for other rows"):
        known(other.folder)


def test_judging_without_an_audit_is_what_the_training_left() -> None:
    rows, _ = rows_of(100, 0, learned=10, checking=10)
    from outgrow.own_model.asked import Asked
    from outgrow.own_model.audited import Audited

    state = judging(rows, Audited(), Asked())
    assert state.rows.use == rows.use
    assert (state.rows.weights, state.notes) == (None, [])
    assert len(state.alike) == 20


# The command


def test_the_command_plans_and_reads(cli: Cli, made: Callable[..., Made], tmp_path: Path) -> None:
    model = made()
    sheet = str(tmp_path / "to check.csv")
    status, said, err = cli("audit", str(model.folder), "--plan", "--width", "0.2", "--out", sheet)
    assert (status, err) == (0, "")
    assert "Rows to check" in said
    assert f"outgrow audit {model.folder} '{sheet}'" in " ".join(said.split())
    fill(Path(sheet), model)
    status, said, err = cli("audit", str(model.folder), sheet)
    assert (status, err) == (0, "")
    assert "The model is right on" in said
    assert "prediction-powered" in said
    assert "binomial" in said
    status, again, _ = cli("audit", str(model.folder))
    assert status == 0
    assert "The model is right on" in again
    status, _, err = cli("train", "mine.csv", "--text", "body", "--labels", "a", "--model", "toy-xs",
                         "--out", str(model.folder))  # fmt: skip
    assert status == 2
    assert "choose another --out" in err


def test_from_weak_labels_to_an_audit_and_to_another_model(
    cli: Cli, tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng, lines, truth = np.random.default_rng(0), ["body,a,b,gold"], {}
    for i in range(240):
        body, one = f"{'the cat sat' if i % 2 else 'a dog ran'}, {i}", i % 2
        votes = [one if rng.random() < share else 1 - one for share in (0.8, 0.7)]
        truth[body] = NAMES[one]
        lines.append(f'"{body}",{NAMES[votes[0]]},{NAMES[votes[1]]},{NAMES[one] if i < 20 else ""}')
    Path("mine.csv").write_text("\n".join(lines) + "\n")
    training = ("train", "mine.csv", "--text", "body", "--labels", "a,b", "--model", str(tiny("bert")),
                "--set", "max_length=64", "--store", "store", "--method", "naive")  # fmt: skip
    assert cli(*training, "--audited", "gold", "--out", "model")[0] == 0
    status, said, err = cli("audit", "model", "--plan", "--width", "0.25", "--how", "random", "--out", "sheet.csv")
    assert (status, err) == (0, "")
    rows = cells(Path("sheet.csv"))
    asked = {row["body"] for row in rows}
    with Path("sheet.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "truth": truth[row["body"]]} for row in rows)
    status, said, err = cli("audit", "model", "sheet.csv")
    assert (status, err) == (0, "")
    assert f"by {len(asked) + 10} checked rows" in " ".join(said.split())
    before = contents(Path("model"))
    status, _, err = cli(*training, "--out", "model")
    assert status == 2
    assert "with --audited model the new model learns from them too" in " ".join(err.split())
    assert contents(Path("model")) == before
    status, said, err = cli(*training, "--audited", "model", "--out", "other")
    assert (status, "Traceback" in err) == (0, False), err
    half = (len(asked) + 20) // 2
    assert f"{half} to learn from, {len(asked) + 20 - half} to check by" in " ".join(said.split())


MISTAKES = [
    (("no-model",), "is not there"),
    (("MODEL", "--plan", "--width", "0", "--out", "a.csv"), "--width 0 is no width"),
    (("MODEL", "--plan", "--width", "2", "--out", "a.csv"), "--width 2 is no width"),
    (("MODEL", "--plan", "--width", "nan", "--out", "a.csv"), "is no width"),
    (("MODEL", "--plan", "--width", "0.001", "--out", "a.csv"), "even all 1,200 rows"),
    (("MODEL", "--plan"), "--out is missing"),
    (("MODEL", "--plan", "--out", "here.csv"), "here.csv is there"),
    (("MODEL", "--plan", "--out", "sheet.xlsx"), "NAME.csv or NAME.jsonl"),
    (("MODEL", "here.csv", "--plan", "--out", "a.csv"), "leave --plan or the sheets out"),
    (("MODEL", "here.csv", "--width", "0.1"), "--width is for --plan"),
    (("MODEL", "--out", "a.csv"), "--out is for --plan"),
    (("MODEL", "--random"), "--random is for sheets"),
    (("MODEL", "here.csv"), "none of its 1 rows is of this model's rows"),
    (("MODEL", "here.csv", "--truth", "gold"), "needs the columns 'id' (or 'text') (or 'body') and 'gold'"),
    (("MODEL", "gone.csv"), "gone.csv"),
    (("BARE", "--plan", "--out", "a.csv"), "has no rows.parquet"),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES)
def test_a_mistake_is_one_message(
    cli: Cli, made: Callable[..., Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    model, bare = made(), made(n=50, name="bare")
    (bare.folder / "rows.parquet").unlink()
    Path("here.csv").write_text("id,truth\nelsewhere,yes\n")
    before = contents(model.folder)
    places = {"MODEL": str(model.folder), "BARE": str(bare.folder)}
    status, said, err = cli("audit", *(places.get(one, one) for one in arguments))
    assert (status, said) == (2, "")
    assert words in " ".join(err.split())
    assert "Traceback" not in err
    assert contents(model.folder) == before
    assert not Path("a.csv").exists()
