"""Claim 25: students copy the errors that they can simulate, and outgrow the others."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, Within, finding
from outgrow.analyses.bases.simulated import option, rate_of, taught_by
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    25, "simulable_errors",
    says="students copy simulable errors, outgrow random ones, and of a mixture recover the random part and no more",
    how="Linear students of simulated supervisors. Simulable errors are those of a linear head on the first features "
    "of the student; to be equal is to be within 0.03. Of a mixture, the student is compared with the simulable part: "
    "the labels' accuracy and the share of flips in it.",
    source="Burns et al. 2023, app. E.1",
)  # fmt: skip
def simulable_errors(study: Study) -> Iterator[Finding]:
    """Four findings, as far as there are such supervisors."""
    if same := taught_by(study, "simulable"):
        what = f"of simulable errors ({counted(len(same), 'result')})"
        yield finding(f"mean student minus supervisor {what}", average([p.gain for p in same]), Within(-0.03, 0.03))
        more = average([one["same"] - one["right"] for one in same])
        yield finding(f"mean agreement minus the supervisor's accuracy {what}", more, Above(0))
    if flips := taught_by(study, "random"):
        yield finding(
            f"mean PGR of random flips ({counted(len(flips), 'result')})", average([p.pgr for p in flips]), Above(0.5)
        )
    if mixed := taught_by(study, "mixed"):
        over = average([p.gain - rate_of(p.group) * option(p.group, "random", 0.5) for p in mixed])
        yield finding(
            f"mean student minus the simulable part ({counted(len(mixed), 'mixture')})", over, Within(-0.03, 0.03)
        )
