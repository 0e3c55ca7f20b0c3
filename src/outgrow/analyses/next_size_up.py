"""Claim 6: on chess, students of the next size recover much."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding
from outgrow.analyses.bases.pairs import next_sizes
from outgrow.analyses.bases.recovery import pgr_of, readable


@claim(
    6, "next_size_up", says="PGR is above 40 % at small gaps on chess", fields=("chess",),
    how="PGR of naive students of the next size above their supervisor's.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def next_size_up(study: Study) -> Iterator[Finding]:
    """The mean over such pairs."""
    if pairs := readable(study):
        yield from pgr_of(next_sizes(pairs), Above(0.4), "students of the next size")
