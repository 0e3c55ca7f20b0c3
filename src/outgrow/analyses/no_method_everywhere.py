"""Claim 33: no method helps everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding, finding
from outgrow.analyses.bases.pairs import contrasts, methods_of
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    33, "no_method_everywhere", says="no method helps everywhere",
    how="Score of the students of each method minus that of naive students, over all pairs. Below zero, the method "
    "harms in this setting. The claim is about all settings together.",
    source="Burns et al. 2023, sec. 4.3",
)  # fmt: skip
def no_method_everywhere(study: Study) -> Iterator[Finding]:
    """A mean difference for each method."""
    for method in methods_of(study):
        if found := contrasts(study, method, gap=False):
            more = average([other["student"] - naive["student"] for naive, other in found])
            yield finding(
                f"{method} minus naive ({counted(len(found), 'pair')}); below zero it harms here", more, Below(0)
            )
