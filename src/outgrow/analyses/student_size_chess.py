"""Claim 7: on chess, larger students recover less."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding
from outgrow.analyses.bases.recovery import along, readable


@claim(
    7, "student_size_chess", says="PGR falls as the student grows on chess", fields=("chess",),
    how="The slope of PGR by the logarithm of the student's cost, supervisors held fixed: an intercept for each.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def student_size_chess(study: Study) -> Iterator[Finding]:
    """The slope over all naive pairs that have a gap."""
    yield from along(readable(study), lambda one: one.pgr, "students", Below(0), "PGR")
