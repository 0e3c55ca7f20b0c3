"""The rows of a plan as a sheet with an empty column `truth`, for a person to fill in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.disk import write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted
from outgrow.results.export import csv_text
from outgrow.trust.plan import Plan

OURS = ("row", "id", "truth", "predicted", "probability", "stratum", "weight")
MARK = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
FORMS = (".csv", ".jsonl")


def write_sheet(
    path: Path, plan: Plan, *, ids: Sequence[str], texts: Mapping[str, Sequence[str]], predicted: np.ndarray,
    confidence: np.ndarray, classes: Sequence[str], blind: bool = False,
) -> Path:  # fmt: skip
    """Write the rows of a plan, in its order, which is random; returns `path`.

    In a CSV, a text that a spreadsheet would compute begins with an apostrophe, and control characters are spelt.

    Args:
        path: ends in .csv or .jsonl.
        ids: of all N rows.
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
    rows = [
        {
            "row": int(i) + 1,
            "id": ids[i],
            **{_free(name, texts): values[i] for name, values in texts.items()},
            "truth": None,
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
    return write_whole(path, _text(rows, path, texts, OURS[2:3] if blind else OURS[2:]), what="the sheet to check")


def _text(rows: list[dict[str, Any]], path: Path, texts: Mapping[str, Sequence[str]], last: tuple[str, ...]) -> str:
    if path.suffix.lower() == ".csv":
        return MARK + csv_text(rows, [*OURS[:2], *(_free(name, texts) for name in texts), *last])
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _free(name: str, texts: Mapping[str, object]) -> str:
    """The name of a column of texts, where the sheet has none of that name."""
    while name in OURS:
        name = f"input_{name}"
        while name in texts:
            name = f"input_{name}"
    return name
