"""What the roles of an experiment said about the same test examples, out of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.errors import StoreError
from outgrow.metrics.base import Metric, Predictions
from outgrow.steps.compare import OF_ROLE


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the roles of one experiment said about the same test examples.

    Args:
        metric: what they are scored by.
        said: by role (`weak`, `student`, `ceiling`, perhaps `zero_shot`), the predictions of each seed.
        groups: group number of each example, int64 [n].
        difficulty: of each example, as its task says, float [n]; None where it does not.
    """

    metric: Metric
    said: dict[str, list[Predictions]]
    groups: np.ndarray
    difficulty: np.ndarray | None = None

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


def read_answers(folders: Sequence[Path], *, metric: Metric) -> Answers:
    """The answers of several seeds out of their comparison artefacts; all must have the same test examples."""
    import pyarrow.parquet as pq

    said: dict[str, list[Predictions]] = {}
    first = difficulty = None
    for folder in folders:
        table = pq.ParquetFile(folder / "test.parquet").read(use_threads=False)
        first = first or table
        assert table["id"].equals(first["id"]), "seeds of one experiment share their test examples"
        columns = {name: table[name].to_numpy() for name in table.column_names if name not in ("id", "group")}
        difficulty = columns.get("difficulty")
        for role in (name.removesuffix("_predicted") for name in columns if name.endswith("_predicted")):
            try:
                found = {name: columns[f"{role}_{name}"] for name in OF_ROLE}
            except KeyError as error:
                raise StoreError(f"{folder} is of an older version of outgrow; run its experiment again") from error
            said.setdefault(role, []).append(Predictions(truth=columns["truth"], **found))
    assert first is not None
    groups = first["group"].dictionary_encode().combine_chunks().indices.to_numpy()
    return Answers(metric=metric, said=said, groups=groups, difficulty=difficulty)
