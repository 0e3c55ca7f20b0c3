"""Claim 17: the confidence loss makes students copy fewer mistakes."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import contrasts
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    17, "confidence_agreement", fields=("text",),
    says="the confidence loss lowers agreement, mostly on the supervisor's mistakes",
    how="Agreement of naive students minus that of students with the confidence loss, of the same pair and seeds; "
    "and by how much more it falls where the supervisor is wrong than where it is right.",
    source="Burns et al. 2023, sec. 5.1.2, fig. 8",
)  # fmt: skip
def confidence_agreement(study: Study) -> Iterator[Finding]:
    """The mean fall, and the mean difference between the falls."""
    if not (found := contrasts(study, "confidence")):
        return
    fall = average([a["same"] - b["same"] for a, b in found])
    yield finding(f"mean fall of agreement ({counted(len(found), 'pair')})", fall,
                  Above(0))  # fmt: skip
    wrong = average([a.agreement_when_wrong - b.agreement_when_wrong for a, b in found])
    right = average([a.agreement_when_right - b.agreement_when_right for a, b in found])
    yield finding("fall where the supervisor is wrong minus fall where it is right", wrong - right, Above(0))
