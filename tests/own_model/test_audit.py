"""An audit as a command, and what becomes of its truths."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audited_models import NAMES, Made, N, cells, contents, fill, rows_of

from outgrow.errors import ConfigError, DataError
from outgrow.own_model.asked import PLAN
from outgrow.own_model.audit import plan_audit, read_audit
from outgrow.own_model.audited import AUDITED, check_unaudited, judging, known
from outgrow.own_model.kept_rows import read
from outgrow.own_model.truths import is_audited, take_truths

Cli = Callable[..., tuple[int, str, str]]


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
    (("MODEL", "--encoding", "cp1252"), "--encoding is for sheets"),
    (("MODEL", "here.csv", "--encoding", "nosuch"), "encoding = 'nosuch' is unknown"),
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
