"""Claim 4: on text, larger students recover more."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.recovery import along, readable


@claim(
    4, "student_size", says="PGR rises with the student's size on text", fields=("text",),
    how="The slope of PGR by the logarithm of the student's cost, supervisors held fixed: an intercept for each.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def student_size(study: Study) -> Iterator[Finding]:
    """The slope over all naive pairs that have a gap."""
    yield from along(readable(study), lambda one: one.pgr, "students", Above(0), "PGR")
