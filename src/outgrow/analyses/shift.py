"""Claim 37: what students gain on another task's test, and how much less of the gap than on their own."""

from __future__ import annotations

import json
from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.elsewhere import less, on_the_same_seeds
from outgrow.analyses.bases.finding import Above, Finding, Within, finding
from outgrow.analyses.bases.pairs import measured, ordinary
from outgrow.intervals.measured import average
from outgrow.plain import counted
from outgrow.results.table import Group


@claim(
    37, "shift", says="students beat their supervisors on another task's test too",
    how="Naive students on the test examples of a task that they did not learn: score minus that of the supervisor, "
    "and PGR where there is a gap. Where the same students were also scored on their own task's test and have a gap on "
    "both, that PGR minus the one at home: as much is recovered within 0.1.",
    source="a question of distribution shift",
)  # fmt: skip
def shift(study: Study) -> Iterator[Finding]:
    """Gain and PGR on the other task, and PGR there minus PGR at home."""
    groups = [g for g in ordinary(study) if g.settings.get("shift")]
    if pairs := measured(study, groups):
        name = (pairs[0].group.settings["shift"] or {}).get("name", "the other task")
        gains = average([one.gain for one in pairs])
        yield finding(f"mean gain on {name} ({counted(len(pairs), 'pair')})", gains, Above(0))
    groups = [g for g in groups if g.verdict == "ok"]
    if pairs := measured(study, groups):
        recovered = average([one.pgr for one in pairs])
        yield finding(f"mean PGR there ({counted(len(pairs), 'pair')})", recovered, Above(0), form=".2f")
    yield from _beside_home(study, groups)


def _beside_home(study: Study, groups: list[Group]) -> Iterator[Finding]:
    """How PGR of the same students differs between the two tests."""
    home = {_apart(g): g for g in study.elsewhere if g.verdict == "ok" and not g.settings.get("shift")}
    there = {_apart(one.group): one for one in measured(study, [g for g in groups if _apart(g) in home])}
    here = {_apart(one.group): one for one in measured(study, [home[name] for name in there])}
    both = on_the_same_seeds([there[name] for name in here], [*here.values()])
    if both[0]:
        out, own = (average([one.pgr for one in pairs]) for pairs in both)
        about = f"mean PGR there, {out.value:.2f}, minus that at home, {own.value:.2f} ({counted(len(here), 'pair')})"
        yield finding(about, less(out, own), Within(-0.1, 0.1))


def _apart(group: Group) -> str:
    """Settings but for the test."""
    return json.dumps({k: v for k, v in group.settings.items() if k != "shift"}, sort_keys=True, default=str)
