"""Claim 15: stopping by ground truth gains much."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding, written
from outgrow.analyses.bases.pairs import widest
from outgrow.analyses.bases.recovery import named, readable
from outgrow.analyses.bases.stopping import Stop, gained

RULES: dict[Stop, str] = {"last": "the end", "labels": "stopping by weak labels"}


@claim(
    15, "stopping", says="stopping by ground truth beats the end and stopping by weak labels",
    fields=("text", "reward"),
    how="Validation accuracy at the widest gap where ground truth of one half of the rows says to stop, minus that "
    "elsewhere, judged on the other half.",
    source="Burns et al. 2023, sec. 5.1.1, fig. 13",
)  # fmt: skip
def stopping(study: Study) -> Iterator[Finding]:
    """The gain over the end and over stopping by weak labels, naive; over the end, with the confidence loss."""
    for method in ("naive", "confidence"):
        if not (pairs := readable(study, method)):
            continue
        pair = widest(pairs)
        gap = (pair["ceiling"] - pair["weak"]).value
        if (checks := study.checks(pair.group)) is None:
            continue
        for rule, words in RULES.items():
            if method == "confidence" and rule == "labels":
                continue
            at = gained(checks, "truth", rule)
            about = f"{method} accuracy over {words}, {written(at.value / gap, '+.2f')} of the gap ({named(pair)})"
            yield finding(about, at, Above(0))
