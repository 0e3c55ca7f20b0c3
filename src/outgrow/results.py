"""The results table: one row per experiment and seed, and rows pooled over seeds."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outgrow.errors import ConfigError, StoreError
from outgrow.spec import digest

if TYPE_CHECKING:
    from pathlib import Path

    from outgrow.steps import Comparison
    from outgrow.store import Store


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A score or share with its 95 % interval and the number of test examples (times seeds) behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores with intervals, and PGR where the verdict is `ok`; `why` says in words why it is not.

    Args:
        scores: by role; one whose score is undefined is missing.
        left_out: bootstrap replicates in which a role's score is undefined; they are no part of any score's interval.
    """

    scores: dict[str, Interval]
    agreement: Interval
    agreement_when_right: Interval | None
    agreement_when_wrong: Interval | None
    pgr: Interval | None
    left_out: int
    verdict: str
    why: str


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """One look at a training run on the validation examples.

    Args:
        progress: share of the training done, 0 (untouched) to 1.
        accuracy: share of validation examples right against ground truth.
        agreement: share on which it predicts what the weak supervisor predicts; None for a run on ground truth.
        n: validation examples looked at.
    """

    progress: float
    accuracy: float
    agreement: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One experiment and seed, as `outgrow results` lists it. Scores are of `metric`; PGR only with verdict `ok`."""

    experiment: str
    task: str
    kind: str
    weak: str
    strong: str
    method: str
    seed: int
    n_supervisor: int
    n_transfer: int
    n_test: int
    metric: str
    zero_shot_score: float | None
    weak_score: float | None
    student_score: float | None
    ceiling_score: float | None
    weak_label_accuracy: float | None
    agreement: float | None
    agreement_when_right: float | None
    agreement_when_wrong: float | None
    pgr: float | None
    pgr_low: float | None
    pgr_high: float | None
    verdict: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that differ in nothing but the seed, pooled, with intervals and all that a report shows.

    Args:
        method: the method's name, with options that differ from their defaults: `naive(labels=hard)`.
        weak_cost: multiply-accumulates of one forward pass of the weak model; likewise `strong_cost`.
        zero_shot, weak_score, student, ceiling: scores on test; None where a role failed or cannot do it.
        pgr: None unless the verdict is `ok`.
        share: whether scores lie between 0 and 1 and are shown in percent.
        larger_is_better: of scores.
        curves: by role (`weak`, `student`, `ceiling`): the mean curve over seeds.
        spec: the resolved experiment without its seed, as stored.
        keys: result keys, one per seed.
    """

    experiment: str
    task: str
    kind: str
    weak: str
    strong: str
    method: str
    metric: str
    seeds: list[int]
    n_supervisor: int
    n_transfer: int
    n_test: int
    weak_cost: float
    strong_cost: float
    zero_shot: Interval | None
    weak_score: Interval | None
    student: Interval | None
    ceiling: Interval | None
    weak_label_accuracy: float | None
    agreement: Interval | None
    agreement_when_right: Interval | None
    agreement_when_wrong: Interval | None
    pgr: Interval | None
    verdict: str
    why: str = ""
    share: bool = True
    larger_is_better: bool = True
    curves: dict[str, list[CurvePoint]] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def clearly_better(self, one: Interval, other: Interval) -> bool:
        """Whether a score is better than another by more than their intervals."""
        return one.low > other.high if self.larger_is_better else one.high < other.low


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row as stored, with what a report needs besides.

    Args:
        steps: keys of every step behind the row, so that nothing a result rests on is collected as garbage.
        failure: why the row's verdict is `failed`, else empty.
        evaluation: the row's scores with their intervals; None if it failed.
    """

    row: Row
    weak_cost: float
    strong_cost: float
    curves: dict[str, list[CurvePoint]]
    spec: dict[str, Any]
    steps: list[str]
    provenance: dict[str, Any]
    notes: list[str]
    failure: str = ""
    evaluation: Evaluation | None = None


COLUMNS = [f.name for f in dataclasses.fields(Row)]


def group_columns(group: Group) -> dict[str, Any]:
    """A pooled row as flat columns: those of `Row`, `seeds` for `seed`, and the ends of every interval."""
    flat: dict[str, Any] = {}
    for column in COLUMNS:
        name = {"seed": "seeds", "key": "keys"}.get(column, column)
        if column in ("pgr_low", "pgr_high"):  # follow from `pgr`
            continue
        value = getattr(group, _GROUP_FIELD.get(column, name))
        flat[name] = value.value if isinstance(value, Interval) else value
        if column in INTERVALS:
            flat[f"{name}_low"] = value.low if isinstance(value, Interval) else None
            flat[f"{name}_high"] = value.high if isinstance(value, Interval) else None
    return flat


_GROUP_FIELD = {"zero_shot_score": "zero_shot", "student_score": "student", "ceiling_score": "ceiling"}
INTERVALS = {*_GROUP_FIELD, "weak_score", "agreement", "agreement_when_right", "agreement_when_wrong", "pgr"}


def record(store: Store, result: Comparison, *, failure: str = "") -> Record:
    """Evaluate one result, or note its failure, and write its row; a row that is there already is kept."""
    from outgrow.config import describe
    from outgrow.steps import walk_unique

    one = result.experiment
    name = digest([one.name, one.seed, one.method.label(), result.key])[:24]
    path = store.results / f"{name}.json"
    if not failure and path.is_file():
        found = _load(path)
        if not found.failure:
            return found
    facts: dict[str, Any] = {"weak_label_accuracy": None, "curves": {}, "notes": []}
    evaluation = None
    provenance: dict[str, Any] = {}
    if not failure:
        folder = store.open(result.key)
        facts = json.loads((folder / "facts.json").read_text())
        evaluation = _evaluate(store, one.metric, [result.key])
        manifest = store.manifest(result.key)
        computed = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(manifest.created))
        provenance = {"computed": computed, **manifest.versions}
    found = Record(
        row=_row(result, evaluation, facts["weak_label_accuracy"]),
        weak_cost=one.weak.model.cost,
        strong_cost=one.strong.model.cost,
        curves={role: [CurvePoint(**point) for point in points] for role, points in facts["curves"].items()},
        spec=describe(one),
        steps=[step.key for step in walk_unique(result)],
        provenance=provenance,
        notes=facts["notes"],
        failure=failure,
        evaluation=evaluation,
    )
    store.write_result(name, dataclasses.asdict(found))
    return found


def _evaluate(store: Store, metric: str, keys: Sequence[str]) -> Evaluation:
    from outgrow.evaluation import evaluate, read_answers
    from outgrow.metrics.base import metrics

    return evaluate(read_answers([store.open(key) for key in keys], metric=metrics[metric]))


def _row(result: Comparison, evaluation: Evaluation | None, weak_label_accuracy: float | None) -> Row:
    one = result.experiment

    def score(role: str) -> float | None:
        return evaluation.scores[role].value if evaluation and role in evaluation.scores else None

    def value(interval: Interval | None) -> float | None:
        return interval.value if interval else None

    return Row(
        experiment=one.name,
        task=one.task.name,
        kind=one.task.kind,
        weak=one.weak.model.label,
        strong=one.strong.model.label,
        method=one.method.label(),
        seed=one.seed,
        n_supervisor=one.split.supervisor,
        n_transfer=one.split.transfer,
        n_test=one.split.test,
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
        verdict=evaluation.verdict if evaluation else "failed",
        key=result.key,
    )


def read_records(store: Store, *, where: Sequence[str] = ()) -> list[Record]:
    """All rows of a store that fit every `column=value` condition, in a stable order.

    Rows made by an older version, without an evaluation, are left out: their experiments have to be run again.
    """
    found = [_load(path) for path in sorted(store.results.glob("*.json"))]
    found = [one for one in found if one.failure or one.evaluation]
    for condition in where:
        column, equals, wanted = condition.partition("=")
        if not equals or column not in COLUMNS:
            raise ConfigError(f"--where {condition!r}: write column=value; columns are {', '.join(COLUMNS)}")
        found = [one for one in found if str(getattr(one.row, column)) == wanted]
    return sorted(
        found,
        key=lambda one: (
            one.row.experiment,
            one.row.task,
            one.weak_cost,
            one.strong_cost,
            one.row.method,
            one.row.seed,
            one.row.key,
        ),
    )


def _load(path: Path) -> Record:
    try:
        fields = json.loads(path.read_text())
        fields["row"] = Row(**fields["row"])
        fields["curves"] = {
            role: [CurvePoint(**point) for point in points] for role, points in fields["curves"].items()
        }
        if fields.get("evaluation"):
            fields["evaluation"] = _read_evaluation(fields["evaluation"])
        return Record(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{path} is not a results row ({error}); delete it and run its experiment again") from error


def _read_evaluation(fields: dict[str, Any]) -> Evaluation:
    def interval(found: dict[str, Any] | None) -> Interval | None:
        return Interval(**found) if found else None

    read = {
        name: interval(fields[name]) for name in ("agreement", "agreement_when_right", "agreement_when_wrong", "pgr")
    }
    scores = {role: Interval(**found) for role, found in fields["scores"].items()}
    return Evaluation(**{**fields, **read, "scores": scores})


def pool(store: Store, records: Sequence[Record]) -> list[Group]:
    """Rows pooled over seeds: those that differ in nothing but the seed."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(digest([one.row.experiment, one.spec]), []).append(one)
    return [_pool(store, members) for members in groups.values()]


def _pool(store: Store, records: list[Record]) -> Group:
    from outgrow.metrics.base import metrics

    first = records[0]
    row = first.row
    metric = metrics[row.metric]
    done = [one for one in records if not one.failure]
    evaluation = done[0].evaluation if done else None
    if len(done) > 1:
        evaluation = _evaluate(store, row.metric, [one.row.key for one in done])
    accuracies = [one.row.weak_label_accuracy for one in done if one.row.weak_label_accuracy is not None]
    scores = evaluation.scores if evaluation else {}
    return Group(
        experiment=row.experiment,
        task=row.task,
        kind=row.kind,
        weak=row.weak,
        strong=row.strong,
        method=row.method,
        metric=row.metric,
        seeds=[one.row.seed for one in records],
        n_supervisor=row.n_supervisor,
        n_transfer=row.n_transfer,
        n_test=row.n_test,
        weak_cost=first.weak_cost,
        strong_cost=first.strong_cost,
        zero_shot=scores.get("zero_shot"),
        weak_score=scores.get("weak"),
        student=scores.get("student"),
        ceiling=scores.get("ceiling"),
        weak_label_accuracy=sum(accuracies) / len(accuracies) if accuracies else None,
        agreement=evaluation.agreement if evaluation else None,
        agreement_when_right=evaluation.agreement_when_right if evaluation else None,
        agreement_when_wrong=evaluation.agreement_when_wrong if evaluation else None,
        pgr=evaluation.pgr if evaluation else None,
        verdict=evaluation.verdict if evaluation else "failed",
        why=evaluation.why if evaluation else first.failure,
        share=metric.share,
        larger_is_better=metric.larger_is_better,
        curves={role: _mean_curve([one.curves[role] for one in done]) for role in (done[0].curves if done else {})},
        spec=first.spec,
        provenance=done[0].provenance if done else first.provenance,
        keys=[one.row.key for one in records],
    )


def _mean_curve(curves: list[list[CurvePoint]]) -> list[CurvePoint]:
    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    return [
        CurvePoint(
            progress=points[0].progress,
            accuracy=mean([point.accuracy for point in points]) or 0.0,
            agreement=mean([point.agreement for point in points]),
            n=sum(point.n for point in points),
        )
        for points in zip(*curves, strict=True)
    ]
