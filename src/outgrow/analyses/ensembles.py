"""Claim 32: the agreement of several supervisors can be used."""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import measured, method_of, ordinary, supervisor_of
from outgrow.results.table import Group


@claim(
    32, "ensembles", says="supervisors err differently, and their agreement can be used",
    how="Score of the student that an ensemble of supervisors taught, minus that of the naive student of its first "
    "member alone.",
    source="the authors' talk on Burns et al. 2023",
)  # fmt: skip
def ensembles(study: Study) -> Iterator[Finding]:
    """A difference for each ensemble whose first member taught by itself too."""
    together = [g for g in study.groups if supervisor_of(g) == "ensemble" and method_of(g) == "naive"]
    alone = ordinary(study, varied=True)
    both = [(g, one) for g in together for one in alone if one.strong == g.strong and _is_first(one, g)]
    pairs = {id(one.group): one for one in measured(study, [g for two in both for g in two])}
    for g, one in both:
        if {id(g), id(one)} <= pairs.keys():
            more = pairs[id(g)]["student"] - pairs[id(one)]["student"]
            yield finding(f"student of {g.weak} minus student of {one.weak}", more, Above(0))


def _is_first(one: Group, ensemble: Group) -> bool:
    weak = ensemble.settings.get("weak") or {}
    members, same = weak.get("members"), ("strong", "method", "split", "task")
    first = members[0] if isinstance(members, list) and members else weak.get("of")
    return first == one.settings.get("weak") and all(
        one.settings.get(name) == ensemble.settings.get(name) for name in same
    )
