"""Question 35: is the gain as large as the misfit?"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Finding, Within, finding, written
from outgrow.analyses.bases.recovery import readable
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    35, "misfit", says="a student gains in squared error what it differs from its supervisor",
    how="Squared error of the supervisor minus that of the naive student, minus the mean squared difference between "
    "the two (the misfit), all of the probability of class 1. Of least squares in a space that holds the truth it is "
    "zero exactly; here it is called zero within 0.02.",
    source="Charikar et al. 2024 (arXiv 2405.15116)",
)  # fmt: skip
def misfit(study: Study) -> Iterator[Finding]:
    """The mean over pairs, of tasks with two classes."""
    pairs = [one for one in readable(study) if "weak_positive" in one]
    if pairs:
        gain, apart = (average(some) for some in ([p.squared_gain for p in pairs], [p.misfit for p in pairs]))
        about = f"gain {written(gain.value)} minus misfit {apart.value:.3f} ({counted(len(pairs), 'pair')})"
        yield finding(about, gain - apart, Within(-0.02, 0.02))
