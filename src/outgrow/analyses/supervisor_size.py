"""Claim 3: better supervisors make students that recover more."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.recovery import along, readable


@claim(
    3, "supervisor_size", says="PGR rises with the supervisor's size", fields=("text", "chess"),
    how="The slope of PGR by the logarithm of the supervisor's cost, students held fixed: an intercept for each.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def supervisor_size(study: Study) -> Iterator[Finding]:
    """The slope over all naive pairs that have a gap."""
    yield from along(readable(study), lambda one: one.pgr, "supervisors", Above(0), "PGR")
