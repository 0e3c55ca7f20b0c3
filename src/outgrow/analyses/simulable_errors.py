"""Claim 25: students copy the errors that they can simulate, and outgrow the others."""

from __future__ import annotations

import math
from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, Within, finding
from outgrow.analyses.bases.pairs import supervisor_of
from outgrow.analyses.bases.simulated import has_gap, option, rate_of, taught_by
from outgrow.intervals.measured import Measured, average
from outgrow.plain import counted


@claim(
    25, "simulable_errors",
    says="students copy simulable errors, outgrow random ones, and of a mixture recover the random part and no more",
    how="Linear students of simulated supervisors. Simulable errors are those of a linear head on the first features "
    "of the student; to be equal is to be within 0.03. Of a mixture, the student is compared with its simulable part: "
    "the head alone, which is a supervisor of the same study with so many errors as are simulable in the mixture.",
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
    if over := [*_over_their_simulable_part(study)]:
        of = counted(len(over), "mixture")
        yield finding(f"mean student minus the simulable part ({of})", average(over), Within(-0.03, 0.03))


def _over_their_simulable_part(study: Study) -> Iterator[Measured]:
    """Of each mixture whose head is there alone: its student's score minus the head's."""
    found = taught_by(study, "mixed", "simulable", gap=False)
    heads = [one for one in found if supervisor_of(one.group) == "simulable"]
    for one in (one for one in found if supervisor_of(one.group) == "mixed" and has_gap(one)):
        rate = rate_of(one.group) * (1 - option(one.group, "random", 0.5))
        own = [
            head for head in heads
            if head.group.strong == one.group.strong and math.isclose(rate_of(head.group), rate, rel_tol=1e-6)
        ]  # fmt: skip
        yield from (one["student"] - head["weak"] for head in own[:1])
