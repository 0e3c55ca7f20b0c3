"""Weak labels out of a file: people, an API, labelling functions, any program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.errors import ConfigError, DataError
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.tasks.base import Kind, Output
from outgrow.tasks.sources.table import shown

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-3  # of the sum of probabilities


@supervisors.register(
    "labels",
    about="weak labels or probabilities by example id, out of a CSV, JSONL or Parquet file",
    source="a file of your own",
)
@spec
class LabelFile(Supervisor):
    """A weak supervisor that is no model: a table with a column `id` and either `label` or one column per class.

    Args:
        path: .csv, .jsonl or .parquet. `label` holds a class name or number; columns named as the classes, or 0, 1 and
            so on, hold probabilities that sum to one. Every example of transfer, validation and test needs a row.
    """

    name: ClassVar[str] = "labels"
    learns: ClassVar[bool] = False
    path: str

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference"})

    @property
    def label(self) -> str:
        return "labels"

    def identity(self) -> dict[str, Any]:
        from outgrow.tasks.sources.files import fingerprint

        return {"family": "labels", "content": fingerprint(Path(self.path).expanduser())}

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.given(self, data)

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> np.ndarray:
        """Probabilities float32 [1, n, classes] of these examples.

        Args:
            known: ids of all the task's examples in use; rows for others are left out, but some must be among them.
        """
        import numpy as np

        table = _rows(self.path)
        if table.keys().isdisjoint(known):
            raise DataError(
                f"{self.path}: none of its ids, such as {next(iter(table))!r}, is an id of the task's examples, "
                f"such as {known[0]!r}"
            )
        missing = [one for one in ids if one not in table]
        if missing:
            raise DataError(
                f"{self.path} has no row for {len(missing):,} of {len(ids):,} examples, such as id {missing[0]!r}; "
                "every example of transfer, validation and test needs one (weak_score is measured on test)"
            )
        return np.array([[self._probabilities(one, table[one], output) for one in ids]], np.float32)

    def _probabilities(self, one: str, row: dict[str, Any], output: Output) -> list[float]:
        numbers = [str(i) for i in range(output.n_classes)]
        names = list(output.class_names) or numbers
        if "label" in row:
            label = shown(row["label"])
            for choices in (names, numbers):
                if label in choices:
                    return [float(choice == label) for choice in choices]
            raise DataError(f"{self.path}, id {one!r}: label {label!r} is none of {', '.join(names)}")
        for choices in (names, numbers):
            if all(choice in row for choice in choices):
                try:
                    found = [float(row[choice]) for choice in choices]
                except (TypeError, ValueError):
                    raise DataError(f"{self.path}, id {one!r}: a probability is not a number") from None
                if not (all(one >= 0 for one in found) and abs(sum(found) - 1) <= TOLERANCE):  # nan is neither
                    raise DataError(f"{self.path}, id {one!r}: probabilities {found} must be from 0 to 1 and sum to 1")
                return found
        raise DataError(f"{self.path} needs a column 'label', or one per class: {', '.join(names)}")


def _rows(path: str) -> dict[str, dict[str, Any]]:
    """Rows by id."""
    from outgrow.tasks.sources.files import fingerprint

    return _read(path, fingerprint(Path(path).expanduser()))


@cache
def _read(path: str, content: str) -> dict[str, dict[str, Any]]:
    import csv

    from outgrow.tasks.sources.files import errors_name

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
