"""Claim 2: something is recovered even at the widest gap."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.pairs import widest
from outgrow.analyses.bases.recovery import pgr_of, readable


@claim(
    2, "widest_gap", says="more than 20 % of the gap is recovered even at the widest gap", fields=("text",),
    how="PGR of the naive student of the largest size that the smallest supervisor taught.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def widest_gap(study: Study) -> Iterator[Finding]:
    """PGR of the headline pair."""
    if pairs := readable(study):
        yield from pgr_of([widest(pairs)], Above(0.2), "the widest pair")
