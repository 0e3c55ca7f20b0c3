"""Which rows plans asked a person to check, as a file of the model folder: by it, what was checked is weighed later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.auditing.sheet import mark
from outgrow.disk import sha256, write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.own_model.kept_rows import CHECKING, FILE, LEARNED, KeptRows
from outgrow.plain import plain

PLAN, FORMAT = "plan.json", 1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The rows that were asked for, in however many rounds.

    Args:
        strata: of every row of the model, int64 [n], -1 outside of what rows are drawn from; None where all rounds were
            random.
        rounds: of each its seed, how its rows were drawn, the width that was wanted, and ids.
    """

    strata: np.ndarray | None = None
    rounds: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def ids(self) -> set[str]:
        """Of all rows that were asked for."""
        return {one for own in self.rounds for one in own["ids"]}

    @property
    def unequal(self) -> set[str]:
        """The ids that were drawn by confidence."""
        return {one for own in self.rounds if own["how"] == "stratified" for one in own["ids"]}

    @property
    def by_sheet(self) -> dict[str, set[str]]:
        """The ids of each round, by what its sheet has in the column `plan`."""
        return {mark(str(own["how"]), own["ids"]): set(own["ids"]) for own in self.rounds}


def pool(rows: KeptRows) -> np.ndarray:
    """Numbers of the rows that can tell how good the model is, int64, rising: answered, and not learned from.

    Neither is a row whose truth the training had and left aside, as it is like one that was learned from.
    """
    use = np.array(rows.use, object)
    aside = (use == LEARNED) | ((rows.truth >= 0) & (use != CHECKING))
    return np.flatnonzero(rows.answers.any(-1) & ~aside)


def read_asked(folder: Path, rows: KeptRows) -> Asked:
    """What was asked for so far; nothing where there is no plan.

    Raises:
        ConfigError: it is of another version, or was made for other rows.
        DataError: it is damaged.
    """
    file, shown = folder / PLAN, plain(str(folder))
    if not file.is_file():
        return Asked()
    try:
        found = json.loads(file.read_bytes())
        if found["format"] != FORMAT:
            raise ConfigError(
                f"{shown}/{PLAN} has the format {found['format']!r}, this version reads {FORMAT}: use the version of "
                "outgrow that wrote it"
            )
        if found["rows"] != sha256(folder / FILE):
            raise ConfigError(
                f"{shown}/{PLAN} was made for other rows than those of {FILE}: put both back as they were, or delete "
                f"{PLAN} and plan anew"
            )
        strata = found["strata"]
        rounds = [{**one, "ids": [str(id_) for id_ in one["ids"]]} for one in found["rounds"]]
        if strata is not None:
            strata = np.array(strata, np.int64)
            if strata.shape != (len(rows.ids),) or not np.array_equal(np.flatnonzero(strata >= 0), pool(rows)):
                raise ValueError("strata do not fit the rows")
        asked = Asked(strata=strata, rounds=rounds)
        if not asked.ids <= set(rows.ids):
            raise ValueError("ids of no row")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{shown}/{PLAN} is damaged ({plain(str(error))}); without it nobody knows how rows were drawn: put it "
            "back from a copy, or delete it, plan anew and read the checked rows again"
        ) from None
    return asked


def write_asked(asked: Asked, folder: Path) -> Path:
    """Write what was asked for into the model folder."""
    import outgrow

    found = {
        "format": FORMAT,
        "outgrow": outgrow.__version__,
        "rows": sha256(folder / FILE),
        "strata": None if asked.strata is None else asked.strata.tolist(),
        "rounds": list(asked.rounds),
    }
    return write_whole(folder / PLAN, json.dumps(found, ensure_ascii=False) + "\n", what="plan")
