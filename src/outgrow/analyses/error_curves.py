"""Claim 27: how students come to copy errors along training."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, finding
from outgrow.analyses.bases.simulated import taught_by
from outgrow.analyses.bases.stopping import gained
from outgrow.intervals.measured import Measured, average

COPIED = ("simulable", "longest", "adversarial", "feature_dependent", "spurious")


@claim(
    27, "error_curves", fields=("text",),
    says="with random flips accuracy rises throughout; with errors that can be copied it rises and falls, less so with "
    "the confidence loss",
    how="Validation accuracy at the best check minus that at the end; the best is chosen on one half of the rows and "
    "judged on the other. To rise throughout is to lose less than 0.01.",
    source="Burns et al. 2023, app. E.2, fig. 26",
)  # fmt: skip
def error_curves(study: Study) -> Iterator[Finding]:
    """What is lost by training on, by kind of error and loss."""
    flips, copied = _lost(study, "random"), _lost(study, *COPIED)
    if flips:
        yield finding("best minus last with random flips", flips, Below(0.01))
    if copied:
        yield finding("best minus last with errors that can be copied", copied, Above(0))
    sure = _lost(study, *COPIED, method="confidence")
    if copied and sure and copied.influence.shape == sure.influence.shape:
        yield finding("naive loss minus that with the confidence loss", copied - sure, Above(0))


def _lost(study: Study, *names: str, method: str = "naive") -> Measured | None:
    pairs = taught_by(study, *names, method=method, gap=False)
    found = [gained(checks, "truth", "last") for one in pairs if (checks := study.checks(one.group))]
    return average(found) if found and len({one.influence.shape for one in found}) == 1 else None
