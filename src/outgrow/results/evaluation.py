"""Per-example predictions to scores: intervals, PGR and its verdict, agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.intervals.crossed import Crossed, Estimate, crossed, wilson
from outgrow.intervals.ratio import fieller
from outgrow.metrics.accuracy import right as accurate
from outgrow.results.answers import Answers
from outgrow.results.table import Bounded, Evaluation, Interval
from outgrow.results.verdicts import judge


def pgr(*, weak: float, student: float, ceiling: float) -> float:
    """Performance gap recovered: (student - weak) / (ceiling - weak). Burns et al. 2023, sec. 3."""
    return (student - weak) / (ceiling - weak)


def evaluate(answers: Answers) -> Evaluation:
    """Scores, agreement and PGR with 95 % intervals: seeds and groups of test examples are crossed random effects.

    All are means of one table of seeds by examples (`outgrow.intervals.crossed`), or ratios of such means, so that
    differences between roles are paired. A score that is no mean enters by its influence values.
    """
    roles = list(answers.said)
    values = {role: np.stack([answers.metric.values(one) for one in answers.said[role]]) for role in roles}
    defined = [role for role in roles if np.isfinite(values[role]).all()]
    nothing = np.zeros((0, answers.n_seeds, len(answers.truth)))
    table = crossed(np.stack([values[role] for role in defined]) if defined else nothing, answers.groups)
    n = answers.n_seeds * len(answers.truth)
    share = answers.metric.share

    def weights(**by_role: float) -> tuple[float, ...]:
        return tuple(by_role.get(role, 0.0) for role in defined)

    scores = {
        role: interval(table.estimate(*weights(**{role: 1.0})), n=n, share=share, table=table) for role in defined
    }
    verdict, why = judge(answers, values, defined)
    pgr = None
    if verdict == "ok":
        top, bottom = weights(student=1.0, weak=-1.0), weights(ceiling=1.0, weak=-1.0)
        ends = fieller(table, top, bottom)
        assert ends is not None, "a gap that is clearly there bounds the ratio"
        value = float(np.dot(top, table.mean) / np.dot(bottom, table.mean))
        pgr = Bounded(value=value, low=ends[0], high=ends[1], n=n)
    gain = None
    if {"student", "zero_shot"} <= set(defined):
        gain = interval(table.estimate(*weights(student=1.0, zero_shot=-1.0)), n=n)
    gap = table.estimate(*weights(ceiling=1.0, weak=-1.0)) if {"weak", "ceiling"} <= set(defined) else None
    agreement, when_right, when_wrong = _agreement(answers)
    return Evaluation(
        scores=scores,
        agreement=agreement,
        agreement_when_right=when_right,
        agreement_when_wrong=when_wrong,
        pgr=pgr,
        gain=gain,
        n_groups=answers.n_groups,
        design_effect=_design_effect(values, answers) if "student" in defined else None,
        detectable=gap.detectable if gap else None,
        verdict=verdict,
        why=why,
    )


def interval(estimate: Estimate, *, n: int, share: bool = False, table: Crossed | None = None) -> Interval:
    """An estimate as a row of the results has it; shares by Wilson's score."""
    ends = wilson(estimate, n=table.n_groups) if share and table and 0 <= estimate.value <= 1 else None
    low, high = ends or (estimate.low, estimate.high)
    return Interval(value=estimate.value, low=low, high=high, n=n, form="wilson" if ends else "t")


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """By cell [seeds, n]: whether the supervisor is right, the student says the same, and both."""

    right: np.ndarray
    same: np.ndarray
    same_right: np.ndarray


def agreed(answers: Answers) -> Agreed:
    """How often the student says what its supervisor says, cell by cell.

    Of k equal probabilities each is said with 1/k, as in accuracy: so both are right with the product of these. Of two
    classes that tells how often both are wrong, too. Of more, it is not kept which classes were equal: where one of
    them is the truth, an agreement on another counts by the class that came first.
    """
    weak, student = answers.predicted("weak"), answers.predicted("student")
    right, also = (np.stack([accurate(one) for one in answers.said[role]]) for role in ("weak", "student"))
    both_wrong = ((weak == student) & (weak != answers.truth)).astype(float)
    if max(weak.max(), student.max(), answers.truth.max()) < 2:
        both_wrong = np.where((weak < 0) | (student < 0), both_wrong, (1 - right) * (1 - also))
    return Agreed(right=right, same=right * also + both_wrong, same_right=right * also)


def _agreement(answers: Answers) -> tuple[Interval, Interval | None, Interval | None]:
    """Agreement over all, where the supervisor is right, and where not."""
    cells = agreed(answers)
    found = [
        _ratio(cells.same, np.ones_like(cells.right), answers),
        _ratio(cells.same_right, cells.right, answers),
        _ratio(cells.same - cells.same_right, 1 - cells.right, answers),
    ]
    assert found[0] is not None
    return found[0], found[1], found[2]


def _ratio(same: np.ndarray, among: np.ndarray, answers: Answers) -> Interval | None:
    """The share of `same` in the weights of the cells of the table [seeds, n]; None where all are 0."""
    count = float(among.sum())
    if not count:
        return None
    value = float(same.sum() / count)
    influence = value + (same - value * among) * (among.size / count)
    table = crossed(influence[None], answers.groups)
    return interval(table.estimate(1.0), n=round(count), share=True, table=table)


def _design_effect(values: dict[str, np.ndarray], answers: Answers) -> float | None:
    if answers.n_groups == len(answers.truth):
        return 1.0
    together, alone = (crossed(values["student"][None], groups).estimate(1.0) for groups in (answers.groups, None))
    return (together.error / alone.error) ** 2 if np.isfinite(together.error) and alone.error > 0 else None
