"""Claim 14: at wide gaps, students come to fit the mistakes of their labels before they have seen all."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, finding
from outgrow.analyses.bases.pairs import next_sizes, widest
from outgrow.analyses.bases.recovery import named, readable
from outgrow.analyses.bases.stopping import gained


@claim(
    14, "overfitting", says="at wide gaps students overfit weak errors within training, at small gaps they do not",
    how="Validation accuracy of naive students at the best check minus that at the end. The best is chosen on one half "
    "of the rows and judged on the other, so that picking the best does not flatter it. Not to overfit is to lose less "
    "than 0.01.",
    source="Burns et al. 2023, sec. 5.1.1",
)  # fmt: skip
def overfitting(study: Study) -> Iterator[Finding]:
    """The loss at the widest gap, and at the smallest gap of the largest student."""
    if not (pairs := readable(study)):
        return
    wide = widest(pairs)
    near = [one for one in next_sizes(pairs) if one is not wide]
    for pair, predicted, gap in ((wide, Above(0), "widest"), *((one, Below(0.01), "smallest") for one in near[-1:])):
        if checks := study.checks(pair.group):
            at = gained(checks, "truth", "last")
            yield finding(f"best minus last at the {gap} gap ({named(pair)})", at, predicted)
