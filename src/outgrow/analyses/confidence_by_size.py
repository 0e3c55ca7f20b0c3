"""Claim 11: the confidence loss helps where the gap is wide."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, finding
from outgrow.analyses.bases.pairs import Pair, contrasts, widest
from outgrow.analyses.bases.recovery import along, named


@claim(
    11, "confidence_by_size", fields=("text",),
    says="the confidence loss is a little worse than naive for small students and far better at the widest gap",
    how="PGR with the confidence loss minus naive PGR of the same pair, seeds and rows: of the smallest student, of "
    "the widest gap, and its slope by the logarithm of the student's cost.",
    source="Burns et al. 2023, sec. 4.3.2",
)  # fmt: skip
def confidence_by_size(study: Study) -> Iterator[Finding]:
    """Three findings: the two ends, and the slope between them."""
    if not (found := contrasts(study, "confidence")):
        return
    more = {id(other): other.pgr - naive.pgr for naive, other in found}
    students = [other for _, other in found]
    widest_pair = widest(students)
    yield finding(f"difference in PGR at the widest gap ({named(widest_pair)})", more[id(widest_pair)], Above(0))
    if len({one.group.strong_cost for one in students}) > 1:
        small = widest([one for one in students if one.group.strong_cost == _least(students)])
        yield finding(f"difference in PGR of the smallest student ({named(small)})", more[id(small)], Below(0))
    yield from along(students, lambda one: more[id(one)], "students", Above(0), "that difference")


def _least(students: list[Pair]) -> float:
    return min(one.group.strong_cost for one in students)
