"""Question 34: which structures of errors are outgrown?"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.simulated import STRUCTURES, side_by_side
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    34, "synthetic_supervisors", says="students outgrow errors with structure less than random ones",
    how="PGR of random flips minus PGR of errors with a structure, of the same student and rate.",
    source="the question: Burns et al. 2023, app. E",
)  # fmt: skip
def synthetic_supervisors(study: Study) -> Iterator[Finding]:
    """A difference for each structure."""
    for name in STRUCTURES:
        if name != "random" and (found := [*side_by_side(study, "random", name)]):
            apart = average([a.pgr - b.pgr for a, b in found])
            yield finding(f"mean PGR of random minus {name} errors ({counted(len(found), 'result')})", apart, Above(0))
