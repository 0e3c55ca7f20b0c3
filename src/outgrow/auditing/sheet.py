"""The rows of a plan as a sheet with an empty column `truth`, for a person to fill in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from outgrow.disk import write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted
from outgrow.results.export import csv_text
from outgrow.trust.plan import Plan

OURS = ("row", "id", "truth", "plan", "predicted", "probability", "stratum", "weight")
MARK = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
FORMS = (".csv", ".jsonl")


def mark(how: str, ids: Sequence[str]) -> str:
    """What a sheet's column `plan` says: how its rows were drawn, and which; by it the sheet is known again."""
    return f"{how}-{hashlib.sha256(json.dumps(list(ids)).encode()).hexdigest()[:12]}"


def write_sheet(
    path: Path, plan: Plan, *, ids: Sequence[str], numbers: Sequence[int], texts: Mapping[str, Sequence[str]],
    predicted: np.ndarray, confidence: np.ndarray, classes: Sequence[str], blind: bool = False,
) -> Path:  # fmt: skip
    """Write the rows of a plan, in its order, which is random; returns `path`.

    In a CSV, a text that a spreadsheet would compute begins with an apostrophe, and control characters are spelt.

    Args:
        path: ends in .csv or .jsonl.
        ids: of all N rows.
        numbers: of all N rows in their table.
        texts: what a person has to see of each row, by column; a name that the sheet has itself gets `input_` before.
        predicted: class of each row, int [N].
        confidence: the model's probability of it, [N].
        classes: by name.
        blind: leave out what the model answers and how sure it is, as somebody who sees it may lean towards it.

    Raises:
        ConfigError: a name that ends otherwise, or a place that cannot be written.
        DataError: a column has not a text for every row.
    """
    if path.suffix.lower() not in FORMS:
        raise ConfigError(f"a sheet to check is called NAME.csv or NAME.jsonl, and not {path.name!r}")
    for name, values in {"id": ids, **texts}.items():
        if len(values) != len(predicted):
            raise DataError(f"column {name!r} has {counted(len(values), 'value')} for {counted(len(predicted), 'row')}")
    named, own = spelt(texts), mark(plan.how, [ids[i] for i in plan.rows])
    rows = [
        {
            "row": numbers[i],
            "id": ids[i],
            **{name: values[i] for name, values in named.items()},
            "truth": None,
            "plan": own,
            **(
                {}
                if blind
                else {
                    "predicted": classes[predicted[i]],
                    "probability": round(float(confidence[i]), 4),
                    "stratum": int(plan.strata[i]),
                    "weight": float(weight),
                }
            ),
        }
        for i, weight in zip(plan.rows, plan.weights, strict=True)
    ]
    columns = [*OURS[:2], *named, *(OURS[2:4] if blind else OURS[2:])]
    if path.suffix.lower() == ".csv":
        text = MARK + csv_text(rows, columns)
    else:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return write_whole(path, text, what="the sheet to check")


def spelt(texts: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Columns of texts by the names that a sheet has them under."""
    return {_free(name, texts): values for name, values in texts.items()}


def _free(name: str, texts: Mapping[str, object]) -> str:
    """The name of a column of texts, where the sheet has none of that name."""
    while name in OURS:
        name = f"input_{name}"
        while name in texts:
            name = f"input_{name}"
    return name
