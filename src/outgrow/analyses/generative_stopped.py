"""Claim 21: stopping by ground truth adds to generative fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import widest
from outgrow.analyses.bases.recovery import named, readable
from outgrow.analyses.bases.stopping import gained


@claim(
    21, "generative_stopped", says="stopping by ground truth adds to generative fine-tuning", fields=("reward",),
    how="Validation accuracy of the generatively fine-tuned student at the check that is best on one half of the rows, "
    "minus that at the end, judged on the other half.",
    source="Burns et al. 2023, fig. 17",
)  # fmt: skip
def generative_stopped(study: Study) -> Iterator[Finding]:
    """The gain at the widest gap."""
    if pairs := readable(study, "generative_finetuning"):
        pair = widest(pairs)
        if checks := study.checks(pair.group):
            yield finding(f"accuracy over the end ({named(pair)})", gained(checks, "truth", "last"), Above(0))
