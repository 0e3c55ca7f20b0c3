"""The step `compare`: every role's answers to every test example, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from outgrow.errors import DataError
from outgrow.metrics.base import Predictions, metrics
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.labels import Labels
from outgrow.steps.predictor import Predictor, Untrained
from outgrow.steps.score import Scored
from outgrow.steps.stored import stored
from outgrow.steps.sureness import sureness
from outgrow.steps.trained import CURVE

FILE, FACTS = "test.parquet", "facts.json"
OF_ROLE = tuple(one.name for one in fields(Predictions) if one.name != "truth")


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison(Step):
    """The result of an experiment with one seed: one Parquet row for each test example, and what belongs to none."""

    name: ClassVar[str] = "compare"
    version: ClassVar[int] = 3
    metric: str
    weak: Scored
    student: Scored
    ceiling: Scored
    zero_shot: Scored | None
    labels: Labels

    def identity(self) -> dict[str, Any]:
        return {"metric": self.metric}

    def inputs(self) -> dict[str, Step]:
        return {**self.roles, "labels": self.labels}

    @property
    def roles(self) -> dict[str, Scored]:
        """The answers of each role."""
        found = {"weak": self.weak, "student": self.student, "ceiling": self.ceiling}
        return found | ({"zero_shot": self.zero_shot} if self.zero_shot else {})

    @property
    def named(self) -> Sequence[Callable[..., Any]]:
        return (metrics[self.metric].values,)

    @property
    def title(self) -> str:
        return f"compare {self.weak.by.label} -> {self.student.by.label}, seed {self.student.split.seed}"

    def compute(self, context: Context, folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        data = self.student.split.read(context)
        if misfit := metrics[self.metric].misfit(data.output.kind, data.output.n_classes):
            task = self.student.split.dataset.task.name
            raise DataError(
                f"the metric {self.metric!r} does not fit the task {task!r}: it {misfit}; "
                "choose another (outgrow list metrics)"
            )
        rows = data.rows(self.student.part)
        said = {role: scored.read(context) for role, scored in self.roles.items()}
        columns: dict[str, object] = {
            "id": [data.ids[row] for row in rows],
            "group": [data.groups[row] for row in rows],
            "truth": said["weak"].truth,
        }
        if data.examples.difficulty is not None:
            columns["difficulty"] = data.examples.difficulty[rows]
        for role, predictions in said.items():
            columns |= {f"{role}_{one}": getattr(predictions, one) for one in OF_ROLE}
        pq.write_table(pa.table(columns), folder / FILE)
        (folder / FACTS).write_text(json.dumps(self._facts(context)))

    def _facts(self, context: Context) -> dict[str, Any]:
        data = self.student.split.read(context)
        learned = self.labels.part.split.read(context)
        curves, notes = {}, [*learned.examples.notes, *data.examples.notes]
        for role in ("weak", "student", "ceiling"):
            by = self.roles[role].by
            if not isinstance(by, Untrained) and (curve := stored(context.store, by.key, _curve)):
                curves[role] = curve
            notes += by.notes(context)
            if role == "weak":
                notes += self.labels.notes(context)
            notes += [note for step in self.roles[role].also if isinstance(step, (Features, Predictor))
                      for note in step.notes(context)]  # fmt: skip
        notes += sureness(self.student.by, self.labels, context)
        return {
            "weak_label_accuracy": self.labels.facts(context)["accuracy"],
            "n_classes": data.output.n_classes,
            "curves": curves,
            "notes": list(dict.fromkeys(notes)),
        }


def _curve(folder: Path) -> list[dict[str, Any]]:
    """The checks of a training; labels out of a file and prompted models have none."""
    file = folder / CURVE
    return [dict(one) for one in json.loads(file.read_bytes())] if file.is_file() else []
