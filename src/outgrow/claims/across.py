"""Claims about all settings together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from outgrow.analyses.bases.finding import Finding
from outgrow.claims.found import Row

EVERYWHERE, EVERY = 33, "all"  # the claim that no method helps everywhere; the setting of what is about all


def across(rows: Sequence[Row]) -> list[Row]:
    """For each method, where it does worst against naive: the claim holds of a method that harms somewhere.

    The worst of several looks worse than it is: its interval is as wide as Bonferroni's correction makes it.
    """
    by: dict[str, list[Row]] = {}
    for row in rows:
        if row.finding.claim == EVERYWHERE:
            by.setdefault(row.finding.about.partition(" minus ")[0], []).append(row)
    return [Row(setting=EVERY, finding=_worst(method, some)) for method, some in by.items() if len(some) > 1]


def _worst(method: str, rows: Sequence[Row]) -> Finding:
    worst = min(rows, key=lambda row: row.finding.value if row.finding.high is None else row.finding.high)
    one = worst.finding
    better = [row.setting for row in rows if row.finding.verdict == "fails here"]
    about = f"{method} minus naive where it does worst, {worst.setting}; better in {', '.join(better) or 'none'}"
    if one.low is None or one.high is None:
        return replace(one, about=about)
    wider = NormalDist().inv_cdf(1 - 0.025 / len(rows)) / NormalDist().inv_cdf(0.975)
    low, high = (one.value + (end - one.value) * wider for end in (one.low, one.high))
    return replace(one, about=about, low=low, high=high)
