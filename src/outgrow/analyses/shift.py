"""Question 37: is as much recovered on another task?"""

from __future__ import annotations

from collections.abc import Iterator

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import measured, ordinary
from outgrow.intervals.measured import average
from outgrow.plain import counted


@claim(
    37, "shift", says="students beat their supervisors on another task's test too",
    how="Naive students on the test examples of a task that they did not learn: score minus that of the supervisor, "
    "and PGR where there is a gap.",
    source="a question of distribution shift",
)  # fmt: skip
def shift(study: Study) -> Iterator[Finding]:
    """Gain and PGR on the other task."""
    groups = [g for g in ordinary(study) if g.settings.get("shift")]
    if pairs := measured(study, groups):
        name = (pairs[0].group.settings["shift"] or {}).get("name", "the other task")
        gains = average([one.gain for one in pairs])
        yield finding(f"mean gain on {name} ({counted(len(pairs), 'pair')})", gains, Above(0))
    if pairs := measured(study, [g for g in groups if g.verdict == "ok"]):
        recovered = average([one.pgr for one in pairs])
        yield finding(f"mean PGR there ({counted(len(pairs), 'pair')})", recovered, Above(0), form=".2f")
