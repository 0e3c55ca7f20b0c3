"""Claim 28: where imitation is trivial, nothing is recovered."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Finding, Within
from outgrow.analyses.bases.recovery import pgr_of
from outgrow.analyses.bases.simulated import taught_by
from outgrow.results.table import Group


@claim(
    28, "trivial_imitation", says="if imitation is trivial, PGR vanishes", fields=("text",),
    how="PGR of students in whose input the supervisor's label stands: a simulated supervisor repeats the opinion that "
    "is written below each text, and is wrong where that is. It vanishes within 0.1.",
    source="Burns et al. 2023, app. E.3",
)  # fmt: skip
def trivial_imitation(study: Study) -> Iterator[Finding]:
    """PGR, naive and with the confidence loss."""
    for method in ("naive", "confidence"):
        pairs = [one for one in taught_by(study, "spurious", method=method) if _repeats_its_cue(one.group)]
        yield from pgr_of(pairs, Within(-0.1, 0.1), f"{method} students")


def _repeats_its_cue(group: Group) -> bool:
    weak = group.settings.get("weak") or {}
    return weak.get("cue") == "word" and weak.get("rate") == 0
