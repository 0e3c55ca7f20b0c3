"""What is exported: a student and its weak labels, out of a model folder or of the one row of a store that is meant."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError
from outgrow.export.reading import ROLES
from outgrow.learning.objective import mean_of
from outgrow.own_model import kept_rows
from outgrow.own_model.audited import AUDITED, known
from outgrow.own_model.kept_rows import LEARNED
from outgrow.results.records import read_records
from outgrow.results.settings import differing, flat
from outgrow.results.table import Record
from outgrow.steps import Context, Trained
from outgrow.steps.combine import Combined
from outgrow.stored import RoleName, predictor_of
from outgrow.student import Student, load, student_of
from outgrow.student.base import classes_of
from outgrow.student.folder import read_facts

MOST = 8  # rows that a message lists
TRIED = 16


@dataclass(frozen=True, kw_only=True)
class Found:
    """A student, and some rows of its task where it is of a store."""

    student: Student
    rows: np.ndarray | None = None


def student_at(folder: str | Path) -> Found:
    """The student of a model folder, which knows how many rows were checked that do not count.

    Raises:
        ConfigError, DataError: as `load`, or as `known` where rows were checked.
    """
    student, place = load(folder), Path(folder)
    if not (place / AUDITED).is_file():
        return Found(student=student)
    rows = known(place).rows
    learned, checking = rows.use.count(LEARNED), len(rows.checking)
    audited = {"learned": learned, "checking": checking, "uncounted": int((rows.truth >= 0).sum()) - learned - checking}
    return Found(student=replace(student, about={**student.about, "audited": audited}))


def one_row(store: Artefacts, where: Sequence[str]) -> Record:
    """The one row that fits every condition.

    Raises:
        ConfigError: none does, or several do; says by which columns they differ.
    """
    found = list({one.row.key: one for one in read_records(store, where=where) if not one.failure}.values())
    if not found:
        raise ConfigError(f"no finished row in {store.address} fits: see `outgrow results --store {store.address}`")
    if len(found) > 1:
        raise ConfigError(
            f"{len(found):,} rows fit; say which with --where COLUMN=VALUE, such as {'; '.join(_apart(found))}"
        )
    return found[0]


def _apart(records: Sequence[Record]) -> list[str]:
    """How rows are told apart: the seed, the method, and the settings that differ; or their keys."""
    columns = [
        name
        for name in ("experiment", "task", "weak", "strong", "method", "seed")
        if len({str(getattr(one.row, name)) for one in records}) > 1
    ]
    settings = differing([one.settings for one in records])
    options = [
        " ".join(
            [f"{name}={getattr(one.row, name)}" for name in columns]
            + [f"{key}={flat(one.settings).get(key)}" for key in settings]
        )
        for one in records[:MOST]
    ]
    if len(set(options)) < len(options):
        options = [f"key={one.row.key[:12]}" for one in records[:MOST]]
    return options + (["..."] if len(records) > MOST else [])


def student_in(store: Artefacts, where: Sequence[str], role: RoleName) -> Found:
    """The model in a role of the one row that fits.

    Raises:
        ConfigError: not one row fits, or nobody trained the model in that role.
    """
    record = one_row(store, where)
    predictor, context = predictor_of(record, role), Context(store)
    student = student_of(predictor, context, about=about(record, role))
    part = predictor.part if isinstance(predictor, Trained) else None
    assert part is not None  # so says `student_of`
    return Found(student=student, rows=part.values(context)[:TRIED])


def about(record: Record, role: RoleName) -> dict[str, Any]:
    """How the model in a role of a row came to be, with its score on test examples whose truth is known."""
    row = record.row
    score = record.evaluation.scores.get(role) if record.evaluation else None
    taught = role == "student"
    task = dict(record.settings.get("task") or {})
    source = os.path.basename(os.path.abspath(task["path"])) if task.get("path") else task.get("repo")
    found: dict[str, Any] = {
        "outgrow": record.provenance.get("outgrow", ""),
        "seed": row.seed,
        "method": row.method if taught else "trained on ground truth",
        "data": {"name": source or row.task, "rows": row.n_supervisor if role == "weak" else row.n_transfer},
        "columns": {name: task[name] for name in ROLES if task.get(name)},
        "supervisors": [{"name": row.weak, "accuracy": row.weak_label_accuracy}] if taught else [],
        "audited": {"learned": row.n_ground_truth if taught else 0},
    }
    if score is not None:
        found["accuracy"] = {
            "value": score.value, "low": score.low, "high": score.high, "n": score.n, "metric": row.metric,
            "how": f"on test examples of {source or f'the task {row.task}'}, whose truth is known",
        }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ("", None)}


@dataclass(frozen=True, kw_only=True)
class Said:
    """Weak labels of some rows.

    Args:
        ids: n.
        names: of the labellers, each one once.
        votes: float32 [labellers, n, classes], rows of zeros where one abstains.
        mean: float32 [n, classes], of those that do not.
        classes: their names.
        about: where they come from, in words by name.
    """

    ids: list[str]
    names: list[str]
    votes: np.ndarray
    mean: np.ndarray
    classes: list[str]
    about: dict[str, Any]


def weak_labels_in(store: Artefacts, where: Sequence[str]) -> Said:
    """What the supervisor of the one row that fits says of the examples that its student learned from.

    Raises:
        ConfigError: not one row fits, or its student did not learn from weak labels.
    """
    record, context = one_row(store, where), Context(store)
    predictor = predictor_of(record, "student")
    if not isinstance(predictor, Trained) or predictor.labels is None:
        raise ConfigError(f"the student of the row {record.row.key[:12]} did not learn from weak labels")
    labels, output = predictor.labels, predictor.part.kind(context)
    weak = labels.read(context, predictor.part)
    if weak.texts is not None:
        raise ConfigError(
            f"the weak labels of the row {record.row.key[:12]} are texts; only probabilities are exported"
        )
    members = labels.by.members if isinstance(labels.by, Combined) else (labels.by,)
    names = [one.label for one in members]
    if len(names) != len(weak.probabilities):
        names = [f"labeller {i + 1}" for i in range(len(weak.probabilities))]
    told = about(record, "student")
    told.pop("accuracy", None)  # of the student
    return Said(
        ids=list(weak.ids), names=names, votes=weak.probabilities, mean=weak.mean(), classes=classes_of(output),
        about=told,
    )  # fmt: skip


def weak_labels_of(folder: Path) -> Said:
    """What the labellers said of the rows of a model folder that `outgrow train` wrote.

    Raises:
        ConfigError, DataError: as `kept_rows.read`.
    """
    rows, facts = kept_rows.read(folder), read_facts(folder)
    return Said(
        ids=rows.ids, names=rows.labellers, votes=rows.votes, mean=mean_of(rows.votes), classes=classes_of(rows.output),
        about=dict(facts["about"]),
    )  # fmt: skip
