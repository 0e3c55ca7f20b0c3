"""Claim 28: where imitation is trivial, nothing is recovered."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Finding, Within
from outgrow.analyses.bases.recovery import pgr_of
from outgrow.analyses.bases.simulated import taught_by


@claim(
    28, "trivial_imitation", says="if imitation is trivial, PGR vanishes", fields=("text", "vision", "other"),
    how="PGR of linear students whose supervisor is a linear head on some of the very features that they see, so that "
    "they can say just what it says; the paper put the label into the input. It vanishes within 0.1.",
    source="Burns et al. 2023, app. E.3",
)  # fmt: skip
def trivial_imitation(study: Study) -> Iterator[Finding]:
    """PGR, naive and with the confidence loss."""
    for method in ("naive", "confidence"):
        yield from pgr_of(taught_by(study, "simulable", method=method), Within(-0.1, 0.1), f"{method} students")
