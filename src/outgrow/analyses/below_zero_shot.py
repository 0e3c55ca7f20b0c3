"""Claim 13: a very weak supervisor can pull its student below what it could before."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding, finding
from outgrow.analyses.bases.pairs import measured, ordinary, widest
from outgrow.analyses.bases.recovery import named


@claim(
    13, "below_zero_shot", says="a very weak supervisor can pull a student below its own zero-shot score",
    fields=("chess",),
    how="Score of the naive student minus that of its model before any training, at the widest gap.",
    source="Burns et al. 2023, fig. 15",
)  # fmt: skip
def below_zero_shot(study: Study) -> Iterator[Finding]:
    """The loss at the widest gap, chosen before any score is seen."""
    pairs = [one for one in measured(study, ordinary(study)) if "zero_shot" in one]
    if pairs:
        at = widest(pairs)
        yield finding(f"student minus zero-shot ({named(at)})", at["student"] - at["zero_shot"], Below(0))
