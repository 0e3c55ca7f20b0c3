"""Claim 31: more weak labels can lower PGR."""

from __future__ import annotations

import math
from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Below, Finding, finding
from outgrow.analyses.bases.pairs import measured, ordinary
from outgrow.analyses.bases.recovery import named
from outgrow.intervals.measured import slope
from outgrow.plain import counted


@claim(
    31, "more_weak_labels", says="more weak labels can lower PGR",
    how="The slope of naive PGR by the logarithm of the number of weak labels, an intercept for each pair: the ceiling "
    "learns from as many true labels.",
    source="the authors' talk on Burns et al. 2023",
)  # fmt: skip
def more_weak_labels(study: Study) -> Iterator[Finding]:
    """The slope, where numbers of labels differ."""
    pairs = measured(study, ordinary(study, gap=True, varied=True))
    sizes = [math.log10(one.group.n_transfer) for one in pairs]
    if len(set(sizes)) < 2:
        return
    kinds = [named(one) for one in pairs]
    if found := slope(sizes, [one.pgr for one in pairs], kinds):
        of = f"{counted(len(pairs), 'result')}, {counted(len(set(kinds)), 'pair')} of models"
        about = f"change of PGR with ten times as many labels ({of})"
        yield finding(about, found, Below(0))
