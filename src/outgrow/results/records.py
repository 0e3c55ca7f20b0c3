"""The results table: rows written as results finish, and read again."""

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
from outgrow.config.completed import completed
from outgrow.errors import StoreError
from outgrow.experiment import Experiment
from outgrow.results.columns import select
from outgrow.results.fitting import wrong_with
from outgrow.results.listing import Listed, listed
from outgrow.results.pooling import evaluate_keys, group_answers, pool
from outgrow.results.table import Bounded, CurvePoint, Evaluation, Interval, Record, Result
from outgrow.spec import digest
from outgrow.steps import Comparison, Step, walk_unique
from outgrow.steps.compare import FACTS
from outgrow.steps.stored import stored, texts

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts

__all__ = ["evaluate_keys", "group_answers", "pool", "read_records", "record", "records_by_name"]
ONE_BY_ONE = 100  # rows; of more, all are read
log = logging.getLogger(__name__)


def record(store: Artefacts, one: Experiment, result: Comparison, *, failure: str = "") -> Record:
    """Evaluate one result, or note its failure, and write its row; a row that is there already is kept."""
    name = digest([one.name, one.seed, one.method.label, result.key])[:24]
    if not failure and (fields := _result(store, name)):
        found = _load(store, name, fields)
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


def read_records(store: Artefacts, *, where: Sequence[str] = ()) -> list[Record]:
    """All rows of a store that fit every `column=value` condition, in a stable order."""
    found = select([*records_by_name(store).values()], where)
    return found if all(isinstance(one, Listed) for one in found) else sorted(found, key=_place)


def _place(one: Record) -> tuple[Any, ...]:
    row = one.row
    return row.experiment, row.task, one.weak_cost, one.strong_cost, row.method, row.seed, row.key


def records_by_name(store: Artefacts) -> dict[str, Record]:
    """All rows of a store by name. Raises StoreError where one is none."""

    def load(names: set[str]) -> dict[str, Record]:
        if len(names) > ONE_BY_ONE:
            return {name: _load(store, name, fields) for name, fields in store.results() if name in names}
        each = ((name, store.result(name)) for name in sorted(names))
        return {name: _load(store, name, fields) for name, fields in each if fields is not None}

    found = listed(store, load)
    return {name: _load(store, name, fields) for name, fields in store.results()} if found is None else found


def _result(store: Artefacts, name: str) -> dict[str, Any] | None:
    """A row that is there and sound. One that is not is written anew from its artefacts, and that is told."""
    try:
        return store.result(name)
    except StoreError as error:
        log.warning("%s; it is written anew", error)
        return None


def _load(store: Artefacts, name: str, fields: dict[str, Any]) -> Record:
    try:
        fields["row"] = Result(**fields["row"])
        fields["curves"] = {
            role: [CurvePoint(**point) for point in points] for role, points in fields["curves"].items()
        }
        if fields.get("evaluation"):
            fields["evaluation"] = _read_evaluation(fields["evaluation"])
        found = Record(**fields)
        if problem := wrong_with(found):
            raise TypeError(problem)
        return dataclasses.replace(found, settings=completed(found.settings))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{store.address}: {name}.json is not a results row ({error}); delete it and run its experiment again"
        ) from error


def _read_evaluation(fields: dict[str, Any]) -> Evaluation:
    def interval(found: dict[str, Any] | None) -> Interval | None:
        return Interval(**found) if found else None

    read = {
        name: interval(fields[name]) for name in ("agreement", "agreement_when_right", "agreement_when_wrong", "gain")
    }
    pgr = Bounded(**fields["pgr"]) if fields["pgr"] else None
    scores = {role: Interval(**found) for role, found in fields["scores"].items()}
    return Evaluation(**{**fields, **read, "scores": scores, "pgr": pgr})
