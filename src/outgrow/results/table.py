"""The words of the results table: scores with intervals, rows of one seed, rows pooled over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A score or share with its 95 % interval and the number of test examples (times seeds) behind it.

    Args:
        low, high: its ends; None where there are too few groups of test examples to tell.
        form: how they were found: `t`, `wilson` (shares), or `fieller` (ratios).
    """

    value: float
    low: float | None
    high: float | None
    n: int
    form: str = "t"

    @property
    def ends(self) -> tuple[float, float]:
        """Its ends, or the value twice where they are not known."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounded(Interval):
    """An interval whose ends are known."""

    low: float
    high: float
    form: str = "fieller"


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores with intervals, and PGR where the verdict is `ok`; `why` says in words why it is not.

    Args:
        scores: by role; one whose score is undefined is missing.
        gain: student minus zero-shot, paired by seed and example; None where there is no zero-shot score.
        n_groups: independent groups of test examples behind the intervals.
        design_effect: how many times larger the student's variance is than it were if all test examples were
            independent; None where it cannot be told.
        detectable: the smallest gap between ceiling and supervisor that such a study tells from none in four of five
            cases; None where it cannot be told.
    """

    scores: dict[str, Interval]
    agreement: Interval
    agreement_when_right: Interval | None
    agreement_when_wrong: Interval | None
    pgr: Bounded | None
    gain: Interval | None
    n_groups: int
    design_effect: float | None
    detectable: float | None
    verdict: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One check of a training on the validation examples.

    Args:
        progress: share of the training done, 0 (untouched) to 1.
        accuracy: share of validation examples right against ground truth.
        agreement: share on which it predicts what the weak supervisor predicts; None for a run on ground truth.
        n: validation examples looked at.
        loss: the mean training loss since the last check; None before the first update.
        rate: the learning rate of the last update.
        gradient_norm: the mean norm of the gradient since the last check.
    """

    progress: float
    accuracy: float
    agreement: float | None
    n: int
    loss: float | None = None
    rate: float | None = None
    gradient_norm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """One experiment and seed, as `outgrow results` lists it. Scores are of `metric`; PGR only with verdict `ok`.

    Args:
        n_ground_truth: rows of `transfer` whose ground truth the method learned from.
    """

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
    n_ground_truth: int = 0
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
    n_groups: int | None
    design_effect: float | None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that differ only in the seed, pooled, with intervals and all that a report shows.

    Args:
        method: the method's name, with options that differ from their defaults: `naive(labels=hard)`.
        weak_cost: multiply-accumulates of one forward pass of the weak model; likewise `strong_cost`.
        zero_shot, weak_score, student, ceiling: scores on test; None where a role failed or cannot do it.
        pgr: None unless the verdict is `ok`.
        share: whether scores lie between 0 and 1 and are shown in percent.
        larger_is_better: of scores.
        curves: by role (`weak`, `student`, `ceiling`): the mean curve over seeds.
        settings: the resolved experiment without its seed, as stored.
        seeds: those that were pooled; where all failed, all of them.
        failed_seeds: those that failed and tell nothing.
        keys: result keys, one per seed that was pooled.
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
    n_ground_truth: int = 0
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
    pgr: Bounded | None
    n_groups: int | None
    design_effect: float | None
    gain: Interval | None
    detectable: float | None
    verdict: str
    why: str = ""
    share: bool = True
    larger_is_better: bool = True
    curves: Mapping[str, list[CurvePoint]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    failed_seeds: list[int] = field(default_factory=list)

    @property
    def asked_seeds(self) -> list[int]:
        """The seeds that were asked for, whether they failed or not."""
        return sorted({*self.seeds, *self.failed_seeds})

    @property
    def gained(self) -> int:
        """Whether the student is clearly better (1) or worse (-1) than its model was untrained; 0 if neither."""
        if self.gain is None or self.gain.low is None or self.gain.high is None:
            return 0
        way = 1 if self.gain.low > 0 else -1 if self.gain.high < 0 else 0
        return way if self.larger_is_better else -way


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row as stored, with what a report needs besides.

    Args:
        settings: the experiment's tables, every default written out.
        identity: equal for rows that differ only in the seed.
        steps: keys of every step behind the row; `gc` keeps these.
        failure: why the row's verdict is `failed`, else empty.
        evaluation: the row's scores with their intervals; None if it failed.
    """

    row: Result
    weak_cost: float
    strong_cost: float
    curves: dict[str, list[CurvePoint]]
    settings: dict[str, Any]
    identity: str
    steps: list[str]
    provenance: dict[str, Any]
    notes: list[str]
    failure: str = ""
    evaluation: Evaluation | None = None

    def shown(self, name: str) -> Any:
        """A field of the row, its identity or its failure: cheap also where the record is read out of a table."""
        return getattr(self if name in ("identity", "failure") else self.row, name)

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal, wherever they were read."""
        names = [one.name for one in fields(Record)]
        return isinstance(other, Record) and all(getattr(self, name) == getattr(other, name) for name in names)
