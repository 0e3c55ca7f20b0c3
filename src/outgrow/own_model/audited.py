"""The truths that somebody read off sheets, as a file of the model folder, and which of them judge the model."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from outgrow.disk import write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.own_model.asked import PLAN, Asked, pool, read_asked
from outgrow.own_model.kept_rows import CHECKING, KeptRows, read
from outgrow.plain import counted, plain
from outgrow.tasks.sources.label_values import names_of
from outgrow.trust.strata import sampling_weights

AUDITED, FORMAT = "audited.json", 1


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What was read off sheets.

    Args:
        truth: class by id, only what the training did not know; -1 where it knew one that nobody can tell.
        drawn: ids of which the truth stood on the sheet of the plan that drew them.
        random: ids of which somebody said that they were drawn at random.
    """

    truth: Mapping[str, int] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset()
    random: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        """Ids with a truth."""
        return frozenset(one for one, label in self.truth.items() if label >= 0)


@dataclass(frozen=True, kw_only=True)
class Judging:
    """Rows with all truth that is known.

    Args:
        rows: those by which the model is judged are `checking`, with their weights.
        alike: ids of rows with a truth that had all the same chance to be drawn.
        notes: what to know of it.
    """

    rows: KeptRows
    alike: frozenset[str]
    notes: list[str]


def read_audited(folder: Path, rows: KeptRows) -> Audited:
    """What was read so far. Raises ConfigError for another version's file, DataError for a damaged one."""
    file, shown = folder / AUDITED, plain(str(folder))
    if not file.is_file():
        return Audited()
    names = {None: -1} | {name: i for i, name in enumerate(names_of(rows.output))}
    try:
        found = json.loads(file.read_bytes())
        if found["format"] != FORMAT:
            raise ConfigError(
                f"{shown}/{AUDITED} has the format {found['format']!r}, this version reads {FORMAT}: use the version "
                "of outgrow that wrote it"
            )
        truth = {str(one): names[name] for one, name in found["truth"].items()}
        drawn, random = (frozenset(map(str, found.get(name, ()))) for name in ("drawn", "random"))
        if not {*truth, *drawn, *random} <= set(rows.ids):
            raise ValueError("ids of no row")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{shown}/{AUDITED} is damaged ({plain(str(error))}): put it back from a copy, or delete it and read the "
            "checked sheets again"
        ) from None
    return Audited(truth=truth, drawn=drawn, random=random)


def write_audited(audited: Audited, folder: Path, rows: KeptRows) -> Path:
    """Write what was read into the model folder."""
    names = names_of(rows.output)
    found = {
        "format": FORMAT,
        "truth": {one: names[label] if label >= 0 else None for one, label in audited.truth.items()},
        "drawn": sorted(audited.drawn),
        "random": sorted(audited.random),
    }
    return write_whole(folder / AUDITED, json.dumps(found, ensure_ascii=False, indent=1) + "\n", what="checked rows")


def judging(rows: KeptRows, audited: Audited, asked: Asked) -> Judging:
    """Which truths judge the model: those that the training set aside, and of those read, the ones drawn by chance.

    A row that a plan drew counts by what its sheet says. A truth that it has from elsewhere, such as the list of
    suspects, would count while the rest of the draw waits, and such rows are not like the rest.

    Args:
        rows: as the training left them.
    """
    place = {one: i for i, one in enumerate(rows.ids)}
    inside = pool(rows)
    truth, use = rows.truth.copy(), list(rows.use)
    for one, label in audited.truth.items():
        truth[place[one]] = label
    there = {rows.ids[i] for i in inside}
    by_plan = asked.ids & audited.drawn & audited.known & there
    drawn = by_plan | (audited.random & audited.known & there)
    for one in drawn:
        use[place[one]] = CHECKING
    notes = []
    given = {rows.ids[i] for i in inside if use[i] == CHECKING and truth[i] >= 0} - drawn
    if others := len((audited.known & there) - drawn - given):
        notes.append(
            f"{counted(others, 'checked row')} not from the sheet of a plan, by its column `plan`: kept, and not "
            "counted, as nobody knows how they were chosen; if at random, read them again with --random"
        )
    waiting = (asked.ids & there) - drawn - given
    if drawn and waiting:
        notes.append(
            f"rows that were asked for and have no truth on their sheet: {len(waiting):,} of {len(asked.ids):,}; if "
            "these are the hard ones, the accuracy found is too high"
        )
    if drawn and given:
        notes.append(f"{counted(len(given), 'checked row')} that the training was given, taken as drawn at random")
    if len(inside) and not rows.answers.any(-1).all():
        notes.append(
            f"only {len(rows.answers[rows.answers.any(-1)]):,} of {len(rows.ids):,} rows with an answer of a model "
            "that had not learned them; some of these said when the fine-tuning was good, by their weak labels, so "
            "that accuracy on them may be a little too high"
        )
    alike = {rows.ids[i] for i in np.flatnonzero(rows.truth >= 0)} | (audited.random & audited.known)
    judged = replace(rows, truth=truth, use=use)
    if asked.strata is None or not asked.unequal & by_plan:
        return Judging(rows=judged, alike=frozenset(alike | drawn), notes=notes)
    counts = np.intersect1d(judged.checking, inside)
    missing = np.setdiff1d(asked.strata[inside], asked.strata[counts])
    if len(missing):
        if drawn:
            notes.append(
                f"{counted(len(drawn), 'checked row')} not counted yet: none is of "
                f"{counted(len(missing), 'part')} of the rows, by confidence, that the plan drew from; go on with the "
                "sheet from its top"
            )
        return Judging(rows=replace(rows, truth=truth), alike=frozenset(alike), notes=notes)
    weights = np.zeros(len(rows.ids))
    weights[counts] = sampling_weights(asked.strata[inside], np.searchsorted(inside, counts))
    use = [one if one != CHECKING or weights[i] else "" for i, one in enumerate(use)]
    if drawn:
        notes.append("checked rows were drawn by confidence: each counts for its part of the rows that are like it")
    return Judging(rows=replace(judged, use=use, weights=weights), alike=frozenset(alike), notes=notes)


def known(folder: Path) -> Judging:
    """What a model folder knows of its rows. Raises ConfigError where it has none, DataError for damage."""
    rows = read(folder)
    return judging(rows, read_audited(folder, rows), read_asked(folder, rows))


def check_unaudited(folder: Path, *, option: Literal["--out", "--to"] = "--out") -> None:
    """ConfigError where another model would write over what a person checked, or is about to.

    Args:
        option: that names the folder: of a training, or of an export.
    """
    shown = plain(str(folder))
    if os.path.isfile(folder / AUDITED):
        raise ConfigError(
            f"{shown} holds rows that somebody checked ({AUDITED}), which another model would make useless: choose "
            f"another {option}"
            + (f"; with --audited {shown} the new model learns from them too" if option == "--out" else "")
        )
    if os.path.isfile(folder / PLAN):
        raise ConfigError(
            f"{shown} waits for rows that somebody may be checking ({PLAN}): choose another {option}, or delete that "
            "file if nobody is"
        )
