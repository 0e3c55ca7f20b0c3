"""Claim 18: larger students agree less with their supervisor, above all with its mistakes."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, finding
from outgrow.analyses.bases.recovery import along, readable, slope_along


@claim(
    18, "inverse_scaling", says="larger students agree less with their supervisor, most of all on its mistakes",
    how="The slope of naive students' agreement by the logarithm of their cost, supervisors held fixed; the same where "
    "the supervisor is wrong; and that slope minus the one where it is right. Of two classes, the slope of the "
    "cross-entropy of their answers to its own as well.",
    source="Burns et al. 2023, sec. 5.1.3",
)  # fmt: skip
def inverse_scaling(study: Study) -> Iterator[Finding]:
    """Slopes over all pairs that have a gap; of two classes, of the cross-entropy too."""
    pairs = readable(study)
    yield from along(pairs, lambda one: one["same"], "students", Below(0), "agreement")
    yield from along(pairs, lambda one: one.agreement_when_wrong, "students", Below(0), "agreement on mistakes")
    wrong = slope_along(pairs, lambda one: one.agreement_when_wrong, "students")
    right = slope_along(pairs, lambda one: one.agreement_when_right, "students")
    if wrong and right:
        yield finding("the slope on mistakes minus that where the supervisor is right", wrong - right, Below(0))
    if all("weak_positive" in one for one in pairs):
        yield from along(pairs, lambda one: one.cross_entropy, "students", Above(0), "cross-entropy to weak labels")
