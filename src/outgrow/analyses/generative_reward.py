"""Claim 20: generative fine-tuning helps reward models recover more."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding, written
from outgrow.analyses.bases.pairs import contrasts
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    20, "generative_reward", says="generative fine-tuning adds to the PGR of reward models", fields=("reward",),
    how="PGR after generative fine-tuning minus naive PGR, each against a ceiling that was made in the same way.",
    source="Burns et al. 2023, sec. 5.2.2",
)  # fmt: skip
def generative_reward(study: Study) -> Iterator[Finding]:
    """The mean difference over pairs, and by how much the ceilings differ."""
    if found := contrasts(study, "generative_finetuning"):
        more = average([other.pgr - naive.pgr for naive, other in found])
        top = average([other["ceiling"] - naive["ceiling"] for naive, other in found]).value
        about = f"mean difference in PGR ({counted(len(found), 'pair')}; the ceiling changes by {written(top)})"
        yield finding(about, more, Above(0))
