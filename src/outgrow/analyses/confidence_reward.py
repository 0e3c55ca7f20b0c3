"""Claim 12: the confidence loss does not help reward models."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding, finding
from outgrow.analyses.bases.pairs import contrasts
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    12, "confidence_reward", says="the confidence loss does not help reward models", fields=("reward",),
    how="PGR with the confidence loss minus naive PGR. It does not help if it adds less than 0.05.",
    source="the authors' talk on Burns et al. 2023",
)  # fmt: skip
def confidence_reward(study: Study) -> Iterator[Finding]:
    """The mean difference over pairs."""
    if found := contrasts(study, "confidence"):
        more = average([other.pgr - naive.pgr for naive, other in found])
        yield finding(f"mean difference in PGR ({counted(len(found), 'pair')})", more, Below(0.05))
