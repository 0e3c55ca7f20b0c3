"""Claim 16: naive students agree with their supervisor more often than it is right."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.recovery import readable
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    16, "excess_agreement", says="agreement with the supervisor is above the supervisor's accuracy",
    how="How often the naive student answers as its supervisor does, minus how often the supervisor is right: what is "
    "above zero is mistakes that the student took over.",
    source="Burns et al. 2023, sec. 5.1.2",
)  # fmt: skip
def excess_agreement(study: Study) -> Iterator[Finding]:
    """The mean difference over pairs that have a gap."""
    if pairs := readable(study):
        more = average([one["same"] - one["right"] for one in pairs])
        yield finding(f"mean agreement minus the supervisor's accuracy ({counted(len(pairs), 'pair')})", more, Above(0))
