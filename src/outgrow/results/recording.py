"""The results table, written: a row as its result finishes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outgrow.config import to_tables
from outgrow.errors import StoreError
from outgrow.experiment import Experiment
from outgrow.results.pooling import evaluate_keys
from outgrow.results.records import load_record
from outgrow.results.table import CurvePoint, Evaluation, Interval, Record, Result
from outgrow.spec import digest
from outgrow.steps import Comparison, Step, walk_unique
from outgrow.steps.compare import FACTS
from outgrow.steps.stored import stored, texts

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts

log = logging.getLogger(__name__)


def record(store: Artefacts, one: Experiment, result: Comparison, *, failure: str = "") -> Record:
    """Evaluate one result, or note its failure, and write its row; a row that is there already is kept."""
    name = digest([one.name, one.seed, one.method.label, result.key])[:24]
    if not failure and (fields := _result(store, name)):
        found = load_record(store, name, fields)
        if not found.failure:
            return found
    facts: dict[str, Any] = {"weak_label_accuracy": None, "curves": {}, "notes": []}
    evaluation = None
    provenance: dict[str, Any] = {}
    if not failure:
        facts = stored(store, result.key, _facts)
        evaluation = evaluate_keys(store, one.metric, [result.key])
        manifest = store.manifest(result.key)
        computed = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(manifest.created))
        provenance = {"computed": computed, **manifest.versions}
        if formats := _formats(store, walk_unique(result)):
            provenance["precision"] = ", ".join(formats)
    found = Record(
        row=_row(one, result, evaluation, facts["weak_label_accuracy"]),
        weak_cost=one.weak.cost or 0.0,
        strong_cost=one.strong.model.cost,
        curves=facts["curves"],
        settings=to_tables(one),
        identity=digest([one.name, one.identity()]),
        steps=[step.key for step in walk_unique(result)],
        provenance=provenance,
        notes=facts["notes"],
        failure=failure,
        evaluation=evaluation,
    )
    store.write_result(name, dataclasses.asdict(found))
    return found


def _formats(store: Artefacts, steps: Sequence[Step]) -> list[str]:
    """The number formats that networks were multiplied in for some steps; several where machines differed."""
    found: set[str] = set()
    for step in steps:
        with contextlib.suppress(StoreError):  # a step that is no longer there says nothing
            found |= {store.manifest(step.key).versions.get("precision", "")}
    return sorted(found - {""})


def _facts(folder: Path) -> dict[str, Any]:
    facts = json.loads((folder / FACTS).read_bytes())
    return {
        "weak_label_accuracy": facts["weak_label_accuracy"],
        "curves": {role: [CurvePoint(**point) for point in points] for role, points in facts["curves"].items()},
        "notes": texts(facts["notes"], "notes"),
    }


def _row(
    one: Experiment, result: Comparison, evaluation: Evaluation | None, weak_label_accuracy: float | None
) -> Result:

    def score(role: str) -> float | None:
        return evaluation.scores[role].value if evaluation and role in evaluation.scores else None

    def value(interval: Interval | None) -> float | None:
        return interval.value if interval else None

    return Result(
        experiment=one.name,
        task=one.tested,
        kind=one.task.kind,
        weak=one.weak.label,
        strong=one.strong.model.label,
        method=one.method.label,
        seed=one.seed,
        n_supervisor=one.split.supervisor,
        n_transfer=one.split.transfer,
        n_test=one.shift.test if one.shift else one.split.test,
        n_ground_truth=one.n_ground_truth,
        metric=one.metric,
        zero_shot_score=score("zero_shot"),
        weak_score=score("weak"),
        student_score=score("student"),
        ceiling_score=score("ceiling"),
        weak_label_accuracy=weak_label_accuracy,
        agreement=value(evaluation.agreement) if evaluation else None,
        agreement_when_right=value(evaluation.agreement_when_right) if evaluation else None,
        agreement_when_wrong=value(evaluation.agreement_when_wrong) if evaluation else None,
        pgr=value(evaluation.pgr) if evaluation else None,
        pgr_low=evaluation.pgr.low if evaluation and evaluation.pgr else None,
        pgr_high=evaluation.pgr.high if evaluation and evaluation.pgr else None,
        n_groups=evaluation.n_groups if evaluation else None,
        design_effect=evaluation.design_effect if evaluation else None,
        verdict=evaluation.verdict if evaluation else "failed",
        key=result.key,
    )


def _result(store: Artefacts, name: str) -> dict[str, Any] | None:
    """A row that is there and sound. One that is not is written anew from its artefacts, and that is told."""
    try:
        return store.result(name)
    except StoreError as error:
        log.warning("%s; it is written anew", error)
        return None
