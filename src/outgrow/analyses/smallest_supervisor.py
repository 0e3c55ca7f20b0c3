"""Claim 5: on chess, the smallest supervisors teach next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding
from outgrow.analyses.bases.pairs import smallest
from outgrow.analyses.bases.recovery import pgr_of, readable


@claim(
    5, "smallest_supervisor", says="PGR is near zero for the smallest supervisors on chess", fields=("chess",),
    how="PGR of the naive students of the smallest supervisor; near zero is below 0.1.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def smallest_supervisor(study: Study) -> Iterator[Finding]:
    """The mean over its students."""
    if pairs := readable(study):
        yield from pgr_of(smallest(pairs), Below(0.1), "the smallest supervisor's students")
