"""Claim 1: students beat their supervisors."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.recovery import readable
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    1, "gain_over_supervisor", says="students beat their supervisors",
    how="Score of the naive student minus that of its supervisor, over all pairs that have a gap to recover.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def gain_over_supervisor(study: Study) -> Iterator[Finding]:
    """The mean gain, and how often a student is better or worse."""
    if not (pairs := readable(study)):
        return
    each = [finding("", one.gain, Above(0)).verdict for one in pairs]
    counts = f"{each.count('holds')} clearly better, {each.count('fails here')} clearly worse"
    yield finding(
        f"mean gain of {counted(len(pairs), 'student')} ({counts})", average([one.gain for one in pairs]), Above(0)
    )
