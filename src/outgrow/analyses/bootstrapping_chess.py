"""Claim 9: on chess, bootstrapping recovers more."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import contrasts
from outgrow.analyses.bases.recovery import along
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    9, "bootstrapping_chess", fields=("chess",),
    says="bootstrapping raises PGR on chess, most for large students, and accuracy keeps rising with size",
    how="PGR of bootstrapped minus naive students of the same pair, seeds and rows; its slope by the logarithm of the "
    "student's cost; and the slope of bootstrapped students' accuracy.",
    source="Burns et al. 2023, sec. 4.3.1",
)  # fmt: skip
def bootstrapping_chess(study: Study) -> Iterator[Finding]:
    """Three findings: the difference, its slope, the slope of accuracy."""
    if not (found := contrasts(study, "bootstrapping")):
        return
    more = {id(boot): boot.pgr - naive.pgr for naive, boot in found}
    students = [boot for _, boot in found]
    yield finding(f"mean difference in PGR ({counted(len(found), 'pair')})", average([*more.values()]), Above(0))
    yield from along(students, lambda one: more[id(one)], "students", Above(0), "that difference")
    yield from along(students, lambda one: one["student"], "students", Above(0), "bootstrapped accuracy")
