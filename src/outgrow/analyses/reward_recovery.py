"""Claim 8: reward models recover little."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding
from outgrow.analyses.bases.recovery import pgr_of, readable


@claim(
    8, "reward_recovery", says="reward models recover about 10 %, almost never above 20 %", fields=("reward",),
    how="PGR of naive students on preferences.",
    source="Burns et al. 2023, sec. 4.2",
)  # fmt: skip
def reward_recovery(study: Study) -> Iterator[Finding]:
    """The mean over pairs."""
    yield from pgr_of(readable(study), Below(0.2), "naive students")
