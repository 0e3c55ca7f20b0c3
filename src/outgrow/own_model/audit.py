"""An audit of a model folder: which rows a person should check, and what follows from those that are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.auditing.checked import Checked, doubts, read_sheet
from outgrow.auditing.sheet import FORMS, spelt, write_sheet
from outgrow.errors import ConfigError, DataError
from outgrow.own_model.asked import Asked, pool, read_asked, write_asked
from outgrow.own_model.audited import AUDITED, Audited, Judging, judging, known, read_audited, write_audited
from outgrow.own_model.draw import drawn, told
from outgrow.own_model.finding import Finding
from outgrow.own_model.findings import judged
from outgrow.own_model.keep import judgement, keep_suspects
from outgrow.own_model.kept_rows import LEARNED, KeptRows, read
from outgrow.own_model.labellers import labellers
from outgrow.own_model.page import write_page
from outgrow.plain import counted, plain
from outgrow.student.folder import read_facts, retell
from outgrow.tasks.sources.content import check_encoding
from outgrow.tasks.sources.label_values import names_of
from outgrow.trust.plan import How, Plan

NAMED = 3  # contradictions that an error names
HARDLY = 1e-3  # chance that is taken for none
Said = dict[int, tuple[int, str]]  # class of each row, by its number, and who says it


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Rows to check.

    Args:
        plan: its rows and strata count the rows of the model.
        sheet: where they were written; None where no row needs a check.
        finding: in words, and what other widths cost.
    """

    plan: Plan
    sheet: Path | None
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came of checked sheets.

    Args:
        new: rows whose truth was not known before.
        found: everything that is known of the model now.
        page: where it was written.
    """

    new: int
    notes: list[str]
    found: list[Finding]
    page: Path


def plan_audit(
    folder: str | Path, *, width: float, out: str | Path, how: How | None = None, seed: int = 0,
    blind: bool = True, force: bool = False,
) -> Planned:  # fmt: skip
    """Draw the fewest rows that are expected to give an interval of accuracy of this width, and write them as a sheet.

    The model folder keeps which rows were drawn, and how. The same plan again draws the same rows, until some are read.

    Args:
        width: of the whole 95 % interval: 0.1 is plus or minus 5 points.
        out: FILE.csv or FILE.jsonl.
        how: `random` or `stratified`; None for the one that needs fewer rows.
        blind: do not show what the model answers, as somebody who sees it may lean towards it.
        force: write over a file that is there.

    Raises:
        ConfigError, DataError: the folder has no rows, the file is there, or no number of rows would be enough.
    """
    place, sheet = Path(folder), Path(out)
    if not 0 < width < 1:
        raise ConfigError(
            f"--width {width:g} is no width of an interval between 0 and 1; 0.1 is plus or minus 5 points"
        )
    if sheet.suffix.lower() not in FORMS:
        raise ConfigError(f"--out {plain(str(sheet))}: a sheet to check is called NAME.csv or NAME.jsonl")
    if sheet.exists() and not force:
        raise ConfigError(
            f"{plain(str(sheet))} is there, and may hold somebody's work: choose another --out, or write over it with "
            "--force"
        )
    facts, rows = read_facts(place), read(place)
    asked = read_asked(place, rows)
    state = judging(rows, read_audited(place, rows), asked)
    made = drawn(rows, state, width=width, how=how, seed=seed)
    finding = told(made, rows, state)
    if not made.n:
        return Planned(plan=made, sheet=None, finding=finding)
    ids = [rows.ids[i] for i in made.rows]
    strata = made.strata if made.how == "stratified" else asked.strata
    if strata is not None and asked.strata is not None and not np.array_equal(strata, asked.strata):
        raise ConfigError(
            f"{plain(str(place))} has a plan by another version of outgrow, which draws from other parts of the rows: "
            "go on with that version"
        )
    again = any(one["ids"] == ids for one in asked.rounds)
    rounds = [*asked.rounds, *([] if again else [{"seed": seed, "how": made.how, "width": width, "ids": ids}])]
    write_sheet(
        sheet, made, ids=rows.ids, numbers=rows.numbers, texts=_named(rows, facts),
        predicted=rows.answers.argmax(-1), confidence=rows.answers.max(-1), classes=names_of(rows.output), blind=blind,
    )  # fmt: skip
    try:
        write_asked(Asked(strata=strata, rounds=rounds), place)
    except BaseException:  # a sheet that the folder does not know would be filled in for nothing
        sheet.unlink(missing_ok=True)
        raise
    return Planned(plan=made, sheet=sheet, finding=finding)


def read_audit(
    folder: str | Path, paths: Sequence[str | Path], *, truth: str = "truth", random: bool = False,
    correct: bool = False, encoding: str = "",
) -> Reading:  # fmt: skip
    """Read checked sheets, keep their truths in the model folder, and say anew how good the model is.

    Args:
        paths: tables with the sheet's ids, or with the texts of its rows, and a column of truths; `?` takes back one
            that is known.
        truth: that column.
        random: rows that are not on the sheet of a plan were drawn at random, and count too.
        correct: where a sheet says something else than was known before, it is right.
        encoding: of the sheets, where it is not found out.

    Raises:
        ConfigError, DataError: a sheet cannot be read, is of another model, contradicts what is known, or was not
            drawn at random if that is said.
    """
    check_encoding(encoding, where="--encoding")
    place = Path(folder)
    facts, rows = read_facts(place), read(place)
    asked, before = read_asked(place, rows), read_audited(place, rows)
    state = judging(rows, before, asked).rows
    named = _named(rows, facts)
    texts = list({tuple(one): one for one in (rows.visible, named, spelt(named))}.values())
    said: Said = {}
    asked_for = set[str]()
    notes: list[str] = []
    for path in paths:
        sheet = read_sheet(
            path, ids=rows.ids, numbers=rows.numbers, classes=names_of(rows.output), truth=truth, texts=texts,
            encoding=encoding,
        )  # fmt: skip
        name = plain(Path(path).name)
        if random and (sheet.stratified or {rows.ids[i] for i in sheet.rows} <= asked.unequal):
            raise ConfigError(
                f"--random: the rows of {name} were drawn by confidence, some with a greater chance than others; leave "
                "--random out, and those of this model's plan count by the sheet's column `plan`"
            )
        asked_for |= _drawn(sheet, asked.by_sheet, rows)
        notes += [f"{name}: {note}" for note in sheet.notes]
        own = {int(i): (int(one), name) for i, one in zip(sheet.rows, sheet.truth, strict=True)}
        _refuse([(i, said[i], own[i]) for i in own if i in said and said[i][0] != own[i][0]], rows)
        said |= own
    earlier = {i: (int(state.truth[i]), "what was known before") for i in said if state.truth[i] >= 0}
    if not correct:
        cure = "; where the sheet is right, read it with --correct"
        _refuse([(i, earlier[i], said[i]) for i in earlier if earlier[i][0] != said[i][0]], rows, cure=cure)
    fresh = {rows.ids[i]: one for i, (one, _) in said.items() if rows.truth[i] != one}
    again = {rows.ids[i] for i in said}
    kept = {one: label for one, label in before.truth.items() if one not in again}
    audited = Audited(truth={**kept, **fresh})
    audited = replace(
        audited,
        drawn=(before.drawn | asked_for) & audited.known,
        random=(before.random | (fresh.keys() - asked_for if random else set())) & audited.known,
    )
    if audited != before:
        write_audited(audited, place, rows)
    classed = {i for i, (one, _) in said.items() if one >= 0}
    learned = sum(rows.use[i] == LEARNED for i in classed)
    new = len(classed - earlier.keys())
    words = [f"{counted(len(classed), 'truth')} read, {new:,} of them new"]
    if changed := sum(earlier[i][0] != said[i][0] for i in earlier.keys() & classed):
        words.append(f"{counted(changed, 'truth')} corrected")
    if withdrawn := len(earlier.keys() - classed):
        words.append(f"{counted(withdrawn, 'truth')} taken back, as nobody can tell")
    if learned:
        words.append(f"{counted(learned, 'row')} whose truth the model learned from: never counted")
    now = judging(rows, audited, asked)
    found, page = _kept(place, facts, now)
    return Reading(new=new, notes=[*notes, *words], found=found, page=page)


def what_is_known(folder: str | Path) -> list[Finding]:
    """Everything that is known of a model by its rows and those that were checked."""
    place = Path(folder)
    facts = read_facts(place)
    return _found(place, facts, known(place))


def _found(place: Path, facts: dict[str, Any], state: Judging) -> list[Finding]:
    about = dict(facts["about"])
    found, chosen = [labellers(state.rows)], [str(one) for one in about.get("chosen") or []]
    if chosen:
        found.append(Finding(title="Method", sentences=chosen))
    notes = [str(one) for one in about.get("notes") or []]
    return [*found, *judged(state.rows, folder=place, notes=[*notes, *state.notes])]


def _kept(place: Path, facts: dict[str, Any], state: Judging) -> tuple[list[Finding], Path]:
    """What is known now, in the terminal's form, and written wherever the folder says it."""
    found = _found(place, facts, state)
    about = dict(facts["about"])
    keep_suspects(state.rows, place)
    retell(place, {
        **judgement(state.rows),
        "audited": {"learned": state.rows.use.count(LEARNED), "checking": len(state.rows.checking)},
    })  # fmt: skip
    name = dict(about.get("data") or {}).get("name", place.name)
    return found, write_page(found, place, title=f"{name}: what was found")


def _drawn(sheet: Checked, plans: Mapping[str, set[str]], rows: KeptRows) -> set[str]:
    """The ids with a truth on a sheet that the plan drew whose sheet it is, as its column `plan` says.

    Where the column is gone, they are all of its rows, if so many that were chosen otherwise would hardly all be among
    those that plans drew.
    """
    if any(own for own, _ in sheet.asked):
        return {rows.ids[i] for own, i in sheet.asked if rows.ids[i] in plans.get(own, ())}
    ids, asked = {rows.ids[i] for _, i in sheet.asked}, set[str]().union(*plans.values())
    return ids if ids <= asked and (len(asked) / len(pool(rows))) ** len(ids) < HARDLY else set()


def _named(rows: KeptRows, facts: dict[str, Any]) -> dict[str, list[str]]:
    """What a person has to see of each row, by columns as the table calls them, if they were read as they are."""
    columns, named = dict(facts["columns"]), {}
    for role, own in rows.visible.items():
        given = str(columns.get(role, role))
        named[role if "{" in given or "prompt" in columns else given] = own
    return named


def _refuse(clashes: Sequence[tuple[int, tuple[int, str], tuple[int, str]]], rows: KeptRows, *, cure: str = "") -> None:
    """DataError that names rows of which two truths are told."""
    if not clashes:
        return
    names = [*names_of(rows.output), *doubts(names_of(rows.output))[:1]]  # the last is what says -1
    listed = "; ".join(
        f"row {rows.numbers[i]:,} ({rows.ids[i]}) is {names[new[0]]!r} in {new[1]} and {names[old[0]]!r} in {old[1]}"
        for i, old, new in clashes[:NAMED]
    )
    more = f", and {counted(len(clashes) - NAMED, 'other row')}" if len(clashes) > NAMED else ""
    raise DataError(
        f"{counted(len(clashes), 'row')} with two truths: {listed}{more}; correct one of both"
        f"{cure}; nothing was read into {AUDITED}"
    )
