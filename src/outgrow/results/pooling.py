"""Rows pooled over seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from outgrow.results.aside import read_aside, write_aside
from outgrow.results.listing import Listed
from outgrow.results.packed import pack, unpack
from outgrow.results.table import CurvePoint, Evaluation, Group, Record
from outgrow.runtime import all_stay

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.results.answers import Answers

FILE = "pooled"
OFTEN = 1_000  # evaluations after which what is known is written: nobody wants to wait for them twice


def read_keys(store: Artefacts, metric: str, keys: Sequence[str]) -> Answers:
    """What the roles of several seeds said of each test example."""
    from outgrow.metrics.base import metrics
    from outgrow.results.answers import read_answers

    return read_answers(store, keys, metric=metrics[metric])


def evaluate_keys(store: Artefacts, metric: str, keys: Sequence[str]) -> Evaluation:
    """The evaluation of several seeds together."""
    from outgrow.results.evaluation import evaluate

    return evaluate(read_keys(store, metric, keys))


def group_answers(store: Artefacts, group: Group) -> Answers | None:
    """What the roles of pooled rows said of each test example; None where none of them has finished."""
    keys = [key for key in group.keys if store.has(key)]
    return read_keys(store, group.metric, keys) if keys else None


class Kept:
    """Evaluations of several seeds, kept beside the rows where these are many.

    An evaluation follows from the answers of its seeds and from the code. So it is kept by the keys of the seeds and by
    what tells answers of equal keys apart; and all are made anew where the code is another.
    """

    def __init__(self, store: Artefacts) -> None:
        self._store, self._new = store, 0

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        if self._new:
            self._write()

    @cached_property
    def _known(self) -> dict[str, str]:
        """JSON of evaluations, packed, by name: a line each in the file."""
        lines = read_aside(self._store.aside(FILE)).decode().split("\n")
        return dict(line.split(" ", 1) for line in lines if line)

    def _write(self) -> None:
        write_aside(self._store.aside(FILE), "\n".join(map(" ".join, self._known.items())).encode())
        self._new = 0

    def evaluation(self, records: Sequence[Record]) -> Evaluation:
        """Of rows that succeeded and differ in the seed alone."""
        metric, keys = records[0].shown("metric"), [one.shown("key") for one in records]
        made = [one.made for one in records if isinstance(one, Listed)]
        if len(made) < len(records) or not _ours(metric):  # few rows, which were read one by one
            return evaluate_keys(self._store, metric, keys)
        name = hashlib.sha256("\n".join([metric, *keys, *made]).encode()).hexdigest()[:32]
        if name not in self._known:
            self._known[name] = json.dumps(pack(evaluate_keys(self._store, metric, keys)))
            self._new += 1
            if self._new >= OFTEN:
                self._write()
        return unpack(json.loads(self._known[name]))


def _ours(metric: str) -> bool:
    """Whether the code of a metric is told by ours."""
    from outgrow.metrics.base import metrics

    return metrics[metric].values.__module__.startswith("outgrow.")


class MeanCurves(Mapping[str, list[CurvePoint]]):
    """By role, the mean of the curves of several rows; read when it is asked for."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records

    @cached_property
    def _curves(self) -> dict[str, list[CurvePoint]]:
        roles = self._records[0].curves if self._records else {}
        return {role: _mean_curve([one.curves[role] for one in self._records]) for role in roles}

    def __getitem__(self, role: str) -> list[CurvePoint]:
        return self._curves[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._curves)

    def __len__(self) -> int:
        return len(self._curves)


def pool(store: Artefacts, records: Sequence[Record]) -> list[Group]:
    """Pool rows over seeds: rows that differ only in the seed are one group."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault(one.shown("identity"), []).append(one)
    with all_stay(), Kept(store) as kept:
        return [_pool(kept, members) for members in groups.values()]


def _pool(kept: Kept, records: list[Record]) -> Group:
    from outgrow.metrics.base import metrics

    first = records[0]
    metric = metrics[first.shown("metric")]
    done = [one for one in records if not one.shown("failure")]
    evaluation = kept.evaluation(done) if len(done) > 1 else done[0].evaluation if done else None
    accuracies = [one for one in (each.shown("weak_label_accuracy") for each in done) if one is not None]
    scores = evaluation.scores if evaluation else {}
    return Group(
        experiment=first.shown("experiment"),
        task=first.shown("task"),
        kind=first.shown("kind"),
        weak=first.shown("weak"),
        strong=first.shown("strong"),
        method=first.shown("method"),
        metric=first.shown("metric"),
        seeds=[one.shown("seed") for one in records],
        n_supervisor=first.shown("n_supervisor"),
        n_transfer=first.shown("n_transfer"),
        n_test=first.shown("n_test"),
        n_ground_truth=first.shown("n_ground_truth"),
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
        n_groups=evaluation.n_groups if evaluation else None,
        design_effect=evaluation.design_effect if evaluation else None,
        gain=evaluation.gain if evaluation else None,
        detectable=evaluation.detectable if evaluation else None,
        verdict=evaluation.verdict if evaluation else "failed",
        why=evaluation.why if evaluation else first.failure,
        share=metric.share,
        larger_is_better=metric.larger_is_better,
        curves=MeanCurves(done),
        settings=first.settings,
        provenance=done[0].provenance if done else first.provenance,
        keys=[one.shown("key") for one in records],
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
            loss=mean([point.loss for point in points]),
            rate=mean([point.rate for point in points]),
            gradient_norm=mean([point.gradient_norm for point in points]),
        )
        for points in zip(*curves, strict=True)
    ]
