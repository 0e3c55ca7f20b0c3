"""Question 38: do students stand class shares that differ between parts?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, Within, finding
from outgrow.analyses.bases.pairs import measured, ordinary
from outgrow.intervals.measured import average
from outgrow.plain import counted
from outgrow.results.table import Group


@claim(
    38, "stress", says="PGR stands unbalanced transfer examples",
    how="PGR of naive students where the classes of transfer have other shares minus that of the same pair where they "
    "do not. It stands them within 0.1. Where other shares leave no gap to the ceiling, the student's score minus its "
    "supervisor's: above zero, it still learns something.",
    source="a question of robustness",
)  # fmt: skip
def stress(study: Study) -> Iterator[Finding]:
    """The mean difference for each set of shares, and what becomes of students whose ceiling they pull down."""
    groups = ordinary(study, varied=True)
    even = {_apart(g): g for g in groups if not _shares(g) and g.verdict == "ok"}
    odd = [g for g in groups if _shares(g) and _apart(g) in even]
    both = [(g, even[_apart(g)]) for g in odd if g.verdict == "ok"]
    pairs = {id(one.group): one for one in measured(study, [g for two in both for g in two])}
    for shares in dict.fromkeys(str(_shares(g)) for g in odd):
        found = [(pairs[id(a)], pairs[id(b)]) for a, b in both if str(_shares(a)) == shares and id(a) in pairs]
        if found:
            change = average([a.pgr - b.pgr for a, b in found])
            yield finding(
                f"mean change of PGR at shares {shares} ({counted(len(found), 'pair')})", change, Within(-0.1, 0.1)
            )
        if lost := measured(study, [g for g in odd if g.verdict != "ok" and str(_shares(g)) == shares]):
            about = f"mean gain at shares {shares}, which leave no gap ({counted(len(lost), 'pair')})"
            yield finding(about, average([one.gain for one in lost]), Above(0))


def _shares(group: Group) -> object:
    return (group.settings.get("split") or {}).get("transfer_shares")


def _apart(group: Group) -> str:
    split = {k: v for k, v in (group.settings.get("split") or {}).items() if k != "transfer_shares"}
    return json.dumps(group.settings | {"split": split}, sort_keys=True, default=str)
