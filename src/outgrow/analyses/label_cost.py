"""Question 40: what is a true label worth in weak ones?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from outgrow.analyses.base import Study
from outgrow.analyses.bases.claim import claim
from outgrow.analyses.bases.finding import Above, Finding, finding
from outgrow.analyses.bases.pairs import Pair, measured, ordinary
from outgrow.analyses.bases.recovery import named
from outgrow.intervals.measured import Measured


@claim(
    40, "label_cost", says="a true label is worth more than a weak one",
    how="Students by number of weak labels beside ceilings by number of true ones: how many weak labels there are, of "
    "the most that were tried, to each true label of a ceiling that is as good, read off between sizes. Where the "
    "smallest ceiling is better still, or none is as good, there is no number.",
    source="a question of label cost",
)  # fmt: skip
def label_cost(study: Study) -> Iterator[Finding]:
    """A number for each pair of models with several sizes of transfer."""
    pairs = measured(study, ordinary(study, varied=True))
    for name in dict.fromkeys(map(named, pairs)):
        own = sorted((one for one in pairs if named(one) == name), key=lambda one: one.group.n_transfer)
        if len({one.group.n_transfer for one in own}) > 1 and (worth := _worth(own)):
            about = f"weak labels to a true one, {10**worth.value:.2g} of them, as a power of ten ({name})"
            yield finding(about, worth, Above(0))


def _worth(pairs: list[Pair]) -> Measured | None:
    """The logarithm of weak labels to a true one, where the student lies between two ceilings."""
    most = pairs[-1]
    student, sizes = most["student"], [math.log10(one.group.n_transfer) for one in pairs]
    for (few, a), (many, b) in pairwise(zip(sizes, [one["ceiling"] for one in pairs], strict=True)):
        if a.value <= student.value <= b.value and a.value < b.value:
            return sizes[-1] - (few + (many - few) * ((student - a) / (b - a)))
    return None
