"""Claim 10: elsewhere, bootstrapping helps little or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.field import field_of
from outgrow.analyses.bases.finding import Finding, Within, finding
from outgrow.analyses.bases.pairs import contrasts
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    10, "bootstrapping_elsewhere", says="bootstrapping gains little on text and nothing on rewards",
    fields=("text", "reward"),
    how="PGR of bootstrapped minus naive students. A small gain lies between 0 and 0.2, none within 0.1 of zero.",
    source="Burns et al. 2023, sec. 4.3.1",
)  # fmt: skip
def bootstrapping_elsewhere(study: Study) -> Iterator[Finding]:
    """The mean difference over pairs whose chain of students has more than one link."""
    if not (found := contrasts(study, "bootstrapping")):
        return
    predicted = Within(-0.1, 0.1) if field_of(study.groups[0]) == "reward" else Within(0, 0.2)
    more = average([boot.pgr - naive.pgr for naive, boot in found])
    yield finding(f"mean difference in PGR ({counted(len(found), 'pair')})", more, predicted)
