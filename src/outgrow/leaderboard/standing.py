"""How methods stand: paired differences to `naive` by setting, and over all settings together.

Over settings, a student's score is what it has of the gap between supervisor and ceiling more than `naive` has, by
seed. The interquartile mean leaves out the lowest and the highest quarter of these (Agarwal et al. 2021). Its variance
is that of drawing seeds within settings again, and of test rows, which shift all seeds of a setting alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.intervals.crossed import Estimate, crossed, wilson

DRAWS = 2_000


@dataclass(frozen=True, kw_only=True)
class Against:
    """A method against another in one setting, by the same seeds and test rows.

    Args:
        more: the method's score minus the other's, of each seed and row, [seeds, n]; larger is better.
        gap: between supervisor and ceiling, the mean over seeds.
        groups: of the rows, int64 [n].
    """

    more: np.ndarray
    gap: float
    groups: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Overall:
    """A method over several settings.

    Args:
        share: the interquartile mean of what it has of the gap more than `naive`.
        improvement: how often it is better than `naive` with the same seed, ties half: the mean over settings.
        ends: of its 95 % interval, by Wilson's score; None with one seed.
        cells: settings times seeds.
    """

    share: Estimate
    improvement: float
    ends: tuple[float, float] | None
    cells: int


def overall(found: Sequence[Against], *, seed: int = 0) -> Overall:
    """What several settings say together.

    Args:
        found: at least one, each with as many seeds.
    """
    cells = np.stack([one.more.mean(1) / one.gap for one in found])  # [settings, seeds]
    n_settings, n_seeds = cells.shape
    several, rng = n_seeds > 1, np.random.default_rng(seed)
    drawn = rng.integers(n_seeds, size=(DRAWS, n_settings, n_seeds))
    mean = cells.mean(1, keepdims=True)
    wider = math.sqrt(n_seeds / (n_seeds - 1)) if several else math.nan
    again = mean + wider * (np.take_along_axis(np.broadcast_to(cells, drawn.shape), drawn, axis=2) - mean)
    rows = np.sqrt([_row_variance(one) / one.gap**2 for one in found])
    again += rows[:, None] * rng.standard_normal((DRAWS, n_settings, 1))
    error = float(interquartile_mean(again.reshape(DRAWS, -1)).std())
    freedom = n_settings * (n_seeds - 1) if several else math.nan
    better = (cells > 0) + 0.5 * (cells == 0)
    spread = better.var(1, ddof=1).sum() / n_seeds / n_settings**2 if several else math.nan
    frequency = Estimate(value=float(better.mean()), error=math.sqrt(spread), freedom=freedom)
    return Overall(
        share=Estimate(value=float(interquartile_mean(cells.reshape(-1))), error=error, freedom=freedom),
        improvement=frequency.value,
        ends=wilson(frequency, n=cells.size),
        cells=cells.size,
    )


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """The mean of the middle half of values [..., n]; the two on its edges count in part."""
    return np.asarray((np.sort(values, axis=-1) * _weights(values.shape[-1])).sum(-1))


def _weights(n: int) -> np.ndarray:
    """Of sorted values: how much each lies in the middle half."""
    edges = np.arange(n + 1)
    inside = np.clip(edges, n / 4, 3 * n / 4)
    return np.diff(inside) / (n / 2)


def _row_variance(one: Against) -> float:
    """The variance of the mean over rows that comes of the rows which all seeds share."""
    table = crossed(one.more[None], one.groups)
    cells = table.n_seeds * table.n_groups
    rest = float(table.rest[0, 0]) if table.n_seeds > 1 else 0.0
    return max(0.0, float(table.group[0, 0]) - rest) / cells


def helped(differences: Mapping[str, Estimate], p: Mapping[str, float | None]) -> tuple[list[str], list[str]]:
    """Settings in which a method is clearly better than `naive`, and in which clearly worse, by corrected p."""
    sure = [name for name, one in p.items() if one is not None and one < 0.05]
    return [one for one in sure if differences[one].value > 0], [one for one in sure if differences[one].value < 0]
