"""Claim 30: the harder the examples with truth, the better."""

from __future__ import annotations

import math
from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import measured
from outgrow.intervals.measured import slope
from outgrow.plain import counted


@claim(
    30, "difficulty_cutoff", says="accuracy rises with the difficulty up to which truth is known",
    fields=("text", "chess"),
    how="The slope of the supervisor's score by the logarithm of the difficulty up to which it learned from the truth, "
    "an intercept for each model. Small models may lose where that passes what they can do.",
    source="Burns et al. 2023, app. C.2",
)  # fmt: skip
def difficulty_cutoff(study: Study) -> Iterator[Finding]:
    """The slope over all models; and of the smallest, if there are several."""
    given = {id(g): (g.settings.get("split") or {}).get("easy") for g in study.groups}
    limits = {name: float(limit) for name, limit in given.items() if isinstance(limit, (int, float))}
    some = [g for g in study.groups if id(g) in limits and g.verdict != "failed"]
    firsts = {(g.weak, limits[id(g)]): g for g in reversed(some)}  # one student of each will do
    pairs = measured(study, [*firsts.values()])
    for least in (False, True):
        cost = min((one.group.weak_cost for one in pairs), default=0.0)
        own = [one for one in pairs if not least or one.group.weak_cost == cost]
        if least and len(own) == len(pairs):
            return
        at = [math.log10(max(1e-3, limits[id(one.group)])) for one in own]
        if found := slope(at, [one["weak"] for one in own], [one.group.weak for one in own]) if own else None:
            who = f"of {own[0].group.weak}" if least else f"({counted(len(own), 'result')})"
            yield finding(f"change of score for ten times the difficulty {who}", found, Above(0))
