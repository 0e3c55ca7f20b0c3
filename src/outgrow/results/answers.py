"""What the roles of an experiment said about the same test examples, out of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import StoreError
from outgrow.metrics.base import Metric, Predictions
from outgrow.spec import digest
from outgrow.steps.compare import FILE, OF_ROLE
from outgrow.steps.stored import demand, stored

if TYPE_CHECKING:
    import pyarrow as pa

    from outgrow.artefacts import Artefacts


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the roles of one experiment said about the same test examples.

    Args:
        metric: what they are scored by.
        said: by role (`weak`, `student`, `ceiling`, perhaps `zero_shot`), the predictions of each seed.
        groups: group number of each example, int64 [n].
        difficulty: of each example, as its task says, float [n]; None where it does not.
        examples: a digest of their ids; "" where it is not known.
    """

    metric: Metric
    said: dict[str, list[Predictions]]
    groups: np.ndarray
    difficulty: np.ndarray | None = None
    examples: str = ""

    @property
    def n_seeds(self) -> int:
        """Seeds of each role."""
        return len(self.said["weak"])

    @property
    def n_groups(self) -> int:
        """Independent groups of test examples."""
        return int(self.groups.max()) + 1

    @property
    def truth(self) -> np.ndarray:
        """Ground truth, int64 [n]."""
        return self.said["weak"][0].truth

    def at(self, rows: np.ndarray) -> Answers:
        """The answers to some of the examples, by their numbers."""
        said = {
            role: [Predictions(**{name: values[rows] for name, values in vars(one).items()}) for one in seeds]
            for role, seeds in self.said.items()
        }
        groups = np.unique(self.groups[rows], return_inverse=True)[1]
        difficulty = None if self.difficulty is None else self.difficulty[rows]
        return Answers(metric=self.metric, said=said, groups=groups, difficulty=difficulty)

    def predicted(self, role: str) -> np.ndarray:
        """Predicted classes, int64 [seeds, n]."""
        return np.stack([one.predicted for one in self.said[role]])


def read_answers(store: Artefacts, keys: Sequence[str], *, metric: Metric) -> Answers:
    """The answers of several seeds out of their comparisons; all must have the same test examples.

    Raises:
        StoreError: one is damaged, of another form, or of other examples than the first.
    """
    said: dict[str, list[Predictions]] = {}
    found = [stored(store, key, _read) for key in keys]
    first, difficulty = found[0][0], None
    for key, (table, columns) in zip(keys, found, strict=True):
        if not table["id"].equals(first["id"]):
            raise StoreError(
                f"artefact {key[:12]} has other test examples than {keys[0][:12]}, though both are seeds of one study: "
                f"delete {str(store.open(key))!r} and run again"
            )
        difficulty = columns.get("difficulty")
        for role in (name.removesuffix("_predicted") for name in columns if name.endswith("_predicted")):
            of_role = {name: columns[f"{role}_{name}"] for name in OF_ROLE}
            said.setdefault(role, []).append(Predictions(truth=columns["truth"], **of_role))
    groups = first["group"].dictionary_encode().combine_chunks().indices.to_numpy()
    examples = digest(first["id"].to_pylist())
    return Answers(metric=metric, said=said, groups=groups, difficulty=difficulty, examples=examples)


def _read(folder: Path) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """The table of a comparison, and its columns of numbers.

    Raises:
        StoreError: of an older version. ValueError, KeyError: it is no such table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(folder / FILE).read(use_threads=False)
    for name in ("id", "group"):
        if not pa.types.is_string(table.schema.field(name).type) or table[name].null_count:
            raise ValueError(f"the column {name!r} is no text")
    columns = {
        name: demand(table[name].to_numpy(), name, kinds="iuf", dimensions=1)
        for name in table.column_names
        if name not in ("id", "group")
    }
    roles = {"weak", "student", "ceiling"} | {"zero_shot"} & {name.removesuffix("_predicted") for name in columns}
    if missing := [name for name in (f"{role}_{one}" for role in roles for one in OF_ROLE) if name not in columns]:
        raise StoreError(
            f"{folder} is of an older version of outgrow; run its experiment again: it lacks {missing[0]!r}"
        )
    demand(columns["truth"], "truth", kinds="iu", dimensions=1)
    if not len(table):
        raise ValueError("it has no rows")
    return table, columns
