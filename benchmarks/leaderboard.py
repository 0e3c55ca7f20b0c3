"""Do the intervals of the leaderboard over all settings cover? Simulated boards whose truth is known.

    python benchmarks/leaderboard.py [--boards 1000]

A method has in each setting an effect of its own; each seed shifts it, rows that all seeds share shift it, and single
answers are drawn. The truth is the interquartile mean over endless seeds, each measured on as many rows of its own.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from outgrow.leaderboard.standing import Against, interquartile_mean, overall


def main() -> None:
    """Print coverage of both intervals for several spreads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boards", type=int, default=1_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    print("settings seeds effects(sd) seeds(sd): coverage of the share, of the probability; median width")
    for n_settings in (1, 3, 5):
        for n_seeds in (5, 10, 20):
            for effect in (0.0, 0.02):
                for spread in (0.003, 0.015):
                    cover(rng, n_settings, n_seeds, effect, spread, options.boards)


def cover(rng: np.random.Generator, n_settings: int, n_seeds: int, effect: float, spread: float, boards: int) -> None:
    """One line: many boards of one kind."""
    rows, gap, share, often, width = 1_000, 0.1, 0, 0, list[float]()
    for _ in range(boards):
        means = 0.01 + effect * rng.standard_normal(n_settings)
        noise = math.sqrt(spread**2 + 0.1 / rows)  # of a seed's score on so many rows
        endless = (means[:, None] + noise * rng.standard_normal((n_settings, 4_000))) / gap
        truth = float(interquartile_mean(endless.reshape(-1)))
        found = []
        for mean in means:
            shift = mean + spread * rng.standard_normal(n_seeds)
            hard = 0.04 * rng.standard_normal(rows)  # how much better or worse on a row, whatever the seed
            changed = rng.random((n_seeds, rows)) < 0.1
            up = rng.random((n_seeds, rows)) < np.clip(0.5 + (shift[:, None] + hard) / 0.2, 0, 1)
            found.append(Against(more=changed * np.where(up, 1.0, -1.0), gap=gap, groups=np.arange(rows)))
        likely = float(np.mean([0.5 * math.erfc(-mean / noise / math.sqrt(2)) for mean in means]))
        at = overall(found)
        assert at.share.low is not None
        assert at.share.high is not None
        assert at.ends
        share += at.share.low <= truth <= at.share.high
        often += at.ends[0] <= likely <= at.ends[1]
        width.append(at.share.high - at.share.low)
    print(
        f"{n_settings} {n_seeds:3} {effect:.3f} {spread:.3f}: {share / boards:.3f} {often / boards:.3f}; "
        f"{np.median(width):.3f}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
