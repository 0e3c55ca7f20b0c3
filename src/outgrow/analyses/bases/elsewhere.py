"""Numbers of the same seeds on other rows: how much one differs from another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from outgrow.analyses.bases.pairs import Pair
from outgrow.intervals.measured import Measured


def less(one: Measured, other: Measured) -> Measured:
    """A number minus one that the same seeds have on other rows; what a seed does to both cancels.

    The rows of both stand side by side. Each cell counts as much more as there are more rows in all, so that the mean
    influence of a seed, and the sum of squares of the rows, are those of the difference.
    """
    n = one.n + other.n
    influence = np.concatenate([one.influence * (n / one.n), -other.influence * (n / other.n)], axis=1)
    first, second = (np.arange(at.n) if at.groups is None else at.groups for at in (one, other))
    groups = np.concatenate([first, second + int(first.max()) + 1])
    return Measured(one.value - other.value, influence, groups)


def on_the_same_seeds(one: Sequence[Pair], other: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Both on the seeds that all of them have; none of either where there is none."""
    sets = [{pair.cells.seeds[row] for row in pair.rows} for pair in (*one, *other)]
    seeds = sorted(set.intersection(*sets)) if sets else []
    first, second = (
        [replace(pair, rows=[pair.cells.seeds.index(seed) for seed in seeds]) for pair in pairs if seeds]
        for pairs in (one, other)
    )
    return first, second
