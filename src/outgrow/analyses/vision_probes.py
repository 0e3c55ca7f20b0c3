"""Claim 24: linear students on frozen features of images recover about half of the gap."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.recovery import pgr_of, readable


@claim(
    24, "vision_probes", says="linear students on frozen vision features recover about half of the gap",
    fields=("vision",),
    how="PGR of naive students; the claim's own two numbers are 0.58 and 0.42, and it holds where PGR is above 0.3.",
    source="Burns et al. 2023, app. D.1",
)  # fmt: skip
def vision_probes(study: Study) -> Iterator[Finding]:
    """The mean over pairs."""
    yield from pgr_of(readable(study), Above(0.3), "naive students")
