"""Claim 23: linear probes show the trends of fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding, written
from outgrow.analyses.bases.pairs import Pair
from outgrow.analyses.bases.recovery import readable, slope_along
from outgrow.intervals.measured import Measured, average

TRENDS: dict[str, Callable[[Sequence[Pair]], Measured | None]] = {
    "the mean gain over supervisors": lambda pairs: average([one.gain for one in pairs]),
    "PGR by the supervisor's size": lambda pairs: slope_along(pairs, lambda one: one.pgr, "supervisors"),
    "PGR by the student's size": lambda pairs: slope_along(pairs, lambda one: one.pgr, "students"),
}


@claim(
    23, "probes_like_finetuning", says="linear probes show the same trends as fine-tuning", fields=("text",),
    how="A number of probes times the same number of students that are trained in full: it is above zero where both "
    "point the same way.",
    source="Burns et al. 2023, app. D.2",
)  # fmt: skip
def probes_like_finetuning(study: Study) -> Iterator[Finding]:
    """Three trends, of a study that has pairs of either kind."""
    by: dict[str, list[Pair]] = {"probe": [], "full": []}
    for pair in readable(study):
        trainings = [str((pair.group.settings.get(role) or {}).get("training")) for role in ("weak", "strong")]
        if trainings[0] == trainings[1] in by:
            by[trainings[0]].append(pair)
    if not all(by.values()):
        return
    for what, trend in TRENDS.items():
        probes, full = trend(by["probe"]), trend(by["full"])
        if probes and full:
            about = f"{what}: {written(probes.value)} of probes, {written(full.value)} of fine-tuning, their product"
            yield finding(about, probes * full, Above(0), form="+.4f")
