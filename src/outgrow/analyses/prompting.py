"""Claim 19: prompting with weak labels."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Below, Finding, Within, finding
from outgrow.analyses.bases.pairs import contrasts
from outgrow.analyses.bases.recovery import named


@claim(
    19, "prompting", fields=("text",),
    says="prompting with weak labels is poor for small students and close to fine-tuning for the largest",
    how="Score of the student that is prompted with weakly labelled examples minus that of the naive student; close is "
    "within 0.05. Where the prompted model is at chance, larger models are needed to tell.",
    source="Burns et al. 2023, sec. 5.2.1",
)  # fmt: skip
def prompting(study: Study) -> Iterator[Finding]:
    """The smallest and the largest prompted student, and the confidence loss against prompting."""
    found = sorted(contrasts(study, "few_shot", gap=False), key=lambda two: two[1].group.strong_cost)
    for (naive, few), predicted in zip(found[:: max(1, len(found) - 1)], (Below(0), Within(-0.05, 0.05)), strict=False):
        lost = " at chance, larger models are needed" if few.group.verdict == "chance" else ""
        yield finding(f"prompting minus naive ({named(few)}{lost})", few["student"] - naive["student"], predicted)
    losses = {id(naive.group): other for naive, other in contrasts(study, "confidence", gap=False)}
    for naive, few in found[-1:]:
        if other := losses.get(id(naive.group)):
            more = other["student"] - few["student"]
            yield finding(f"confidence loss minus prompting ({named(few)})", more, Above(0))
