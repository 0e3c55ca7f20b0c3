"""Question 39: do students know more than what the surface of a text tells?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import widest
from outgrow.analyses.bases.recovery import named, readable
from outgrow.intervals.measured import mean
from outgrow.results.shortcuts import shortcut_scores


@claim(
    39, "shortcuts", says="students know more than the surface of a text tells", fields=("text", "reward"),
    how="Accuracy of the naive student of the widest pair minus that of a linear rule that sees length, words, "
    "capitals, digits and marks alone, and learns from the true answers of the same rows.",
    source="a question of shortcuts",
)  # fmt: skip
def shortcuts(study: Study) -> Iterator[Finding]:
    """The difference, of accuracies."""
    pairs = [one for one in readable(study) if one.group.metric == "accuracy"]
    if not pairs or study.store is None:
        return
    pair = widest(pairs)
    found = shortcut_scores(study.store, pair.group) or {}
    seeds = [pair.cells.seeds[row] for row in pair.rows]
    if set(seeds) <= found.keys():
        rule = mean(np.stack([found[seed] for seed in seeds]), pair.cells.groups)
        about = f"student minus a rule that is right of {100 * rule.value:.1f}\u202f% ({named(pair)})"
        yield finding(about, pair["student"] - rule, Above(0))
