"""Labels and probabilities by example id, out of a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outgrow.errors import ConfigError, DataError
from outgrow.tasks.base import Output
from outgrow.tasks.sources.classes import spelled
from outgrow.tasks.sources.files import errors_name, fingerprint
from outgrow.tasks.sources.table import shown

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-3  # of the sum of probabilities


def read_labels(path: str, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> np.ndarray:
    """Probabilities float32 [n, classes] of these examples; DataError if one has none, or the table is not in order.

    Args:
        path: .csv, .jsonl or .parquet, with `id` and either `label` or a column per class.
        known: ids of all the task's examples in use; rows for others are left out, but some must be among them.
    """
    import numpy as np

    table = _read(path, fingerprint(Path(path).expanduser()))
    if table.keys().isdisjoint(known):
        raise DataError(
            f"{path}: none of its ids, such as {next(iter(table))!r}, is an id of the task's examples, "
            f"such as {known[0]!r}"
        )
    missing = [one for one in ids if one not in table]
    if missing:
        raise DataError(
            f"{path} has no row for {len(missing):,} of {len(ids):,} examples, such as id {missing[0]!r}; "
            "every example of transfer, validation and test needs one (weak_score is measured on test)"
        )
    numbers = [str(i) for i in range(output.n_classes)]
    names = list(output.class_names) or numbers
    spellings = [spelled(name, where=path) for name in names]
    rows = (_probabilities(path, one, table[one], names, spellings, numbers) for one in ids)
    return np.array(list(rows), np.float32)


def _probabilities(
    path: str, one: str, row: dict[str, Any], names: list[str], spellings: list[str], numbers: list[str]
) -> list[float]:
    if "label" in row:
        label = spelled(row["label"], where=f"{path}, id {one!r}: 'label'")
        for choices in (spellings, numbers):
            if label in choices:
                return [float(choice == label) for choice in choices]
        raise DataError(f"{path}, id {one!r}: label {label!r} is none of {', '.join(names)}")
    for choices in (names, numbers):
        if all(choice in row for choice in choices):
            try:
                found = [float(row[choice]) for choice in choices]
            except (TypeError, ValueError):
                raise DataError(f"{path}, id {one!r}: a probability is not a number") from None
            if not (all(one >= 0 for one in found) and abs(sum(found) - 1) <= TOLERANCE):  # nan is neither
                raise DataError(f"{path}, id {one!r}: probabilities {found} must be from 0 to 1 and sum to 1")
            return found
    raise DataError(f"{path} needs a column 'label', or one per class: {', '.join(names)}")


@cache
def _read(path: str, content: str) -> dict[str, dict[str, Any]]:
    import csv

    file = Path(path).expanduser()
    with errors_name(file):  # not UTF-8, no JSON, no Parquet
        if file.suffix == ".csv":
            with open(file, newline="", encoding="utf-8-sig") as handle:
                rows = list(csv.DictReader(handle))
        elif file.suffix == ".jsonl":
            rows = [json.loads(line) for line in file.read_text("utf-8-sig").splitlines() if line.strip()]
        elif file.suffix == ".parquet":
            import pyarrow.parquet as pq

            rows = pq.read_table(file).to_pylist()
        else:
            raise ConfigError(f"{path}: labels are read from .csv, .jsonl or .parquet files")
    if not rows or not all(isinstance(row, dict) and "id" in row for row in rows):
        raise DataError(f"{path} needs at least one row, and a column 'id' in every row")
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = shown(row["id"])
        if one in found:
            raise DataError(f"{path}: id {one!r} stands there twice")
        found[one] = row
    return found
