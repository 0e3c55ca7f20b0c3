"""Claim 23: linear probes tell what fine-tuning tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding, written
from outgrow.analyses.bases.pairs import Pair, contrasts, widest
from outgrow.analyses.bases.recovery import readable, slope_along
from outgrow.intervals.measured import Measured, average

KINDS = ("probe", "full")
TRENDS: dict[str, Callable[[Sequence[Pair]], Measured | None]] = {
    "the mean gain over supervisors": lambda pairs: average([one.gain for one in pairs]),
    "PGR at the widest gap, less 0.2": lambda pairs: widest(pairs).pgr - 0.2,
    "PGR by the supervisor's size": lambda pairs: slope_along(pairs, lambda one: one.pgr, "supervisors"),
    "PGR by the student's size": lambda pairs: slope_along(pairs, lambda one: one.pgr, "students"),
}


@claim(
    23, "probes_like_finetuning", says="linear probes show the same trends as fine-tuning", fields=("text",),
    how="A number of probes times the same number of students that are trained in full: it is above zero where both "
    "point the same way. The numbers are those of claims 1 to 4, and of 11 where the confidence loss was run.",
    source="Burns et al. 2023, app. D.2",
)  # fmt: skip
def probes_like_finetuning(study: Study) -> Iterator[Finding]:
    """Five trends, of a study that has pairs of either kind."""
    naive, sure = readable(study), contrasts(study, "confidence")
    pairs = [[one for one in naive if _training(one) == kind] for kind in KINDS]
    if not all(pairs):
        return
    found = {what: [trend(some) for some in pairs] for what, trend in TRENDS.items()}
    found["the gain in PGR by the confidence loss, by the student's size"] = [
        _gain_by_size([two for two in sure if _training(two[0]) == kind]) for kind in KINDS
    ]
    for what, (probes, full) in found.items():
        if probes and full:
            about = f"{what}: {written(probes.value)} of probes, {written(full.value)} of fine-tuning, their product"
            yield finding(about, probes * full, Above(0), form="+.4f")


def _training(pair: Pair) -> str:
    """How both models of a pair are trained; nothing where they differ in it."""
    weak, strong = (str((pair.group.settings.get(role) or {}).get("training")) for role in ("weak", "strong"))
    return weak if weak == strong else ""


def _gain_by_size(found: Sequence[tuple[Pair, Pair]]) -> Measured | None:
    more = {id(other): other.pgr - naive.pgr for naive, other in found}
    return slope_along([other for _, other in found], lambda one: more[id(one)], "students")
