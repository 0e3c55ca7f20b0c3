"""A pooled row out of many: what is asked of it is worked out then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from outgrow.results.packed import Packed, part
from outgrow.results.table import CurvePoint, Group, Interval, Record


def _of_first(name: str) -> Any:
    return cached_property(lambda self: self.records[0].shown(name))


def _of_metric(name: str) -> Any:
    def read(self: Pooled) -> Any:
        from outgrow.metrics.base import metrics

        return getattr(metrics[self.metric], name)

    return cached_property(read)


def _of_role(name: str) -> Any:
    return cached_property(lambda self: self.scores.get(name))


def _evaluated(name: str, if_failed: str | None = None) -> Any:
    return cached_property(lambda self: part(self.packed, name) if self.packed else if_failed)


class Pooled(Group):
    """Rows that differ only in the seed. Its fields are those of a Group, each made when it is first asked for."""

    records: Sequence[Record]
    done: Sequence[Record]
    packed: Packed | None

    @classmethod
    def of(cls, records: Sequence[Record], done: Sequence[Record], packed: Packed | None) -> Pooled:
        """Pool rows.

        Args:
            done: those that did not fail.
            packed: what these come to together; None where all failed.
        """
        found = object.__new__(cls)
        vars(found).update(records=records, done=done, packed=packed)  # as it is frozen
        return found

    experiment = _of_first("experiment")
    task = _of_first("task")
    kind = _of_first("kind")
    weak = _of_first("weak")
    strong = _of_first("strong")
    method = _of_first("method")
    metric = _of_first("metric")
    n_supervisor = _of_first("n_supervisor")
    n_transfer = _of_first("n_transfer")
    n_test = _of_first("n_test")
    n_ground_truth = _of_first("n_ground_truth")
    share = _of_metric("share")
    larger_is_better = _of_metric("larger_is_better")
    zero_shot = _of_role("zero_shot")
    weak_score = _of_role("weak")
    student = _of_role("student")
    ceiling = _of_role("ceiling")
    agreement = _evaluated("agreement")
    agreement_when_right = _evaluated("agreement_when_right")
    agreement_when_wrong = _evaluated("agreement_when_wrong")
    pgr = _evaluated("pgr")
    n_groups = _evaluated("n_groups")
    design_effect = _evaluated("design_effect")
    gain = _evaluated("gain")
    detectable = _evaluated("detectable")
    verdict = _evaluated("verdict", if_failed="failed")
    weak_cost = cached_property(lambda self: self.records[0].weak_cost)
    strong_cost = cached_property(lambda self: self.records[0].strong_cost)
    settings = cached_property(lambda self: self.records[0].settings)
    provenance = cached_property(lambda self: (self.done or self.records)[0].provenance)
    curves = cached_property(lambda self: MeanCurves(self.done))
    seeds = cached_property(lambda self: [one.shown("seed") for one in self.done or self.records])
    keys = cached_property(lambda self: [one.shown("key") for one in self.done or self.records])
    failed_seeds = cached_property(lambda self: [one.shown("seed") for one in self.records if one.shown("failure")])

    @cached_property
    def scores(self) -> dict[str, Interval]:
        """By role."""
        return part(self.packed, "scores") if self.packed else {}

    @cached_property
    def why(self) -> str:
        return str(part(self.packed, "why") if self.packed else self.records[0].failure)

    @cached_property
    def weak_label_accuracy(self) -> float | None:
        known = [one for one in (each.shown("weak_label_accuracy") for each in self.done) if one is not None]
        return sum(known) / len(known) if known else None


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
