"""Claim 26: at equal error rates, the structure of errors decides."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.simulated import side_by_side
from outgrow.intervals.measured import average
from outgrow.plain import counted

ORDER = (("random", "longest"), ("random", "adversarial"), ("longest", "adversarial"))


@claim(
    26, "error_structure", says="at equal error rates PGR is high for random errors and lowest for adversarial ones",
    fields=("text", "chess"),
    how="PGR of one structure of errors minus that of another, of the same student and rate: random flips, the longest "
    "inputs, and the rows that a model trained on truth is surest of; where it was run, with the confidence loss too.",
    source="Burns et al. 2023, app. E.2, fig. 25",
)  # fmt: skip
def error_structure(study: Study) -> Iterator[Finding]:
    """A difference for each two structures that are there, naive and with the confidence loss."""
    for method, loss in (("naive", ""), ("confidence", " with the confidence loss")):
        for one, other in ORDER:
            if found := [*side_by_side(study, one, other, method=method)]:
                apart, of = average([a.pgr - b.pgr for a, b in found]), counted(len(found), "result")
                yield finding(f"mean PGR of {one} minus {other} errors{loss} ({of})", apart, Above(0))
