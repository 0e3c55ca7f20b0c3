"""A model folder written: the student, the rows behind it, and what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.disk import write_whole
from outgrow.own_model.accuracy import estimates
from outgrow.own_model.audited import check_unaudited
from outgrow.own_model.doubts import SUSPECTS, suspect_cells
from outgrow.own_model.kept_rows import CHECKING, LEARNED, KeptRows, write
from outgrow.own_model.labellers import vote_of
from outgrow.own_model.train import Grown
from outgrow.results.export import csv_text
from outgrow.student import save


def keep(grown: Grown, folder: Path) -> KeptRows:
    """Write a student and its rows into a folder.

    Raises:
        ConfigError: something else is there, or rows of another model that somebody checked.
    """
    check_unaudited(folder)
    rows = rows_of(grown)
    about = {**grown.student.about, "notes": grown.notes, **judgement(rows)}
    save(replace(grown.student, about=about), folder)
    write(rows, folder)
    keep_suspects(rows, folder)
    return rows


def judgement(rows: KeptRows) -> dict[str, Any]:
    """What a card says of how good a model and its supervisors are; `accuracy` is None where nobody checked."""
    vote, speaks = vote_of(rows), rows.votes.any(-1)
    found, supervisors = estimates(rows), []
    for name, own, says in zip(rows.labellers, rows.votes, np.asarray(speaks), strict=True):
        both = says & vote.any(-1)
        agreement = float((own * vote).sum(-1)[both].mean()) if both.any() else None
        supervisors.append({"name": name, "coverage": float(says.mean()), "agreement": agreement})
    accuracy = None
    if found is not None:
        one = found[0]
        accuracy = {"value": one.value, "low": one.low, "high": one.high, "n": one.n, "how": one.how}
    return {"supervisors": supervisors, "accuracy": accuracy}


def keep_suspects(rows: KeptRows, folder: Path) -> Path:
    """Write the weak labels that are probably wrong as a table for a person to go through."""
    text = csv_text(suspect_cells(rows), ("row", *rows.inputs, "labeller", "label", "instead"))
    return write_whole(folder / SUSPECTS, text, what="table")


def rows_of(grown: Grown) -> KeptRows:
    """The rows of the table that a student grew from."""
    prepared, table = grown.prepared, grown.prepared.table
    use = [""] * len(table.ids)
    for name, rows in ((LEARNED, prepared.learned), (CHECKING, prepared.checking)):
        for row in rows:
            use[row] = name
    fused = prepared.weak.mean() if grown.choice is None else grown.choice.fused
    return KeptRows(
        output=table.output,
        ids=table.ids,
        numbers=table.rows,
        inputs=_inputs(grown),
        labellers=table.labellers,
        votes=table.votes,
        fused=fused,
        answers=grown.answers,
        truth=table.truth,
        use=use,
        sources=table.sources,
    )


def _inputs(grown: Grown) -> dict[str, list[str]]:
    table = grown.prepared.table
    if table.inputs.ndim == 2:
        return {name: [str(one) for one in table.inputs[:, i]] for i, name in enumerate(("first", "second"))}
    return {"image" if table.columns.image else "text": [str(one) for one in table.inputs]}
