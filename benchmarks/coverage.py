"""Do 95 % intervals cover the truth in 95 % of studies? Simulated studies whose truth is known.

    python benchmarks/coverage.py coverage    # scores and PGR: seeds x spread between seeds x rows x groups
    python benchmarks/coverage.py nogap       # studies without a gap that get the verdict ok: 2.5 % is nominal
    python benchmarks/coverage.py width       # against the bootstrap of version 0.1, on the same draws
    python benchmarks/coverage.py slopes      # mean PGR of several pairs, and its slopes by size: the delta method
    python benchmarks/coverage.py speed       # one group of 20 seeds x 10,000 rows

A row has a difficulty that all roles and seeds share, rows of a group have some of it in common, and the rest is each
answer's own. Each seed shifts the accuracy of each role. Truth: weak .74, student .79, ceiling .83, so PGR .556.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.special import ndtri

from outgrow.intervals.crossed import crossed
from outgrow.intervals.measured import Measured, average, mean, slope
from outgrow.intervals.ratio import contains, fieller
from outgrow.results.scores import evaluate_scores

ROLES = {"weak": 0.74, "student": 0.79, "ceiling": 0.83}
PGR = (ROLES["student"] - ROLES["weak"]) / (ROLES["ceiling"] - ROLES["weak"])
TOP, BOTTOM = (-1.0, 1.0, 0.0), (-1.0, 0.0, 1.0)
SHARED, OF_GROUP = 0.6, 0.4  # of a row's variance: what roles and seeds share; of that, what a group shares


def study(
    rng: np.random.Generator, *, seeds: int, spread: float, rows: int, size: int, means: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Right answers [roles, seeds, rows], and each row's group."""
    groups = np.repeat(np.arange(rows // size), size) if size > 1 else None
    common = OF_GROUP if size > 1 else 0.0
    base = np.sqrt(SHARED * (1 - common)) * rng.standard_normal(rows)
    if groups is not None:
        base += np.sqrt(SHARED * common) * rng.standard_normal(rows // size)[groups]
    shifted = np.clip(np.array(means)[:, None] + spread * rng.standard_normal((len(means), seeds)), 0.02, 0.98)
    own = np.sqrt(1 - SHARED) * rng.standard_normal((len(means), seeds, rows))
    return (base + own < ndtri(shifted)[..., None]).astype(float), groups


def coverage(studies: int) -> None:
    """A cell a line; then the lowest and highest cell, and all together."""
    cells = []
    print("groups of  rows  seeds  spread   weak  student  ceiling    PGR  PGR where bounded  bounded")
    for size in (1, 5):
        for rows in (300, 1_000):
            for seeds in (3, 5, 10):
                for spread in (0.0, 0.005, 0.015, 0.03):
                    rng = np.random.default_rng([size, rows, seeds, round(1_000 * spread)])
                    hits, ratio, bounded = np.zeros(3), 0, []
                    for _ in range(studies):
                        drawn, groups = study(
                            rng, seeds=seeds, spread=spread, rows=rows, size=size, means=tuple(ROLES.values())
                        )
                        found = evaluate_scores(**dict(zip(ROLES, drawn, strict=True)), groups=groups)
                        for i, (role, truth) in enumerate(ROLES.items()):
                            low, high = found.scores[role].ends
                            hits[i] += low <= truth <= high
                        ratio += contains(crossed(drawn, groups), TOP, BOTTOM, PGR)
                        if found.pgr:
                            bounded.append(found.pgr.low <= PGR <= found.pgr.high)
                    cell = [*hits / studies, ratio / studies]
                    cells.append(cell)
                    shown = "  ".join(f"{value:7.3f}" for value in cell)
                    print(f"{size:9}  {rows:4}  {seeds:5}  {spread:6}  {shown}  {np.mean(bounded):17.3f}  "
                          f"{len(bounded) / studies:7.2f}", flush=True)  # fmt: skip
    table = np.array(cells)
    low, high = table.min(), table.max()
    print(f"\n{table.size} cells of {studies} studies: lowest {low:.3f}, highest {high:.3f}; outside .92 to .985: "
          f"{int(((table < 0.92) | (table > 0.985)).sum())}; a cell's own error is "
          f"{np.sqrt(0.95 * 0.05 / studies):.3f}; all scores {table[:, :3].mean():.4f}, PGR {table[:, 3].mean():.4f}, "
          f"together {table.mean():.4f}")  # fmt: skip


def nogap(studies: int) -> None:
    """Weak and ceiling are equally good, .78, and differ by what each makes of a group."""
    print("seeds  groups  verdict ok")
    worst = 0.0
    for seeds in (1, 3, 10):
        for n_groups in (1, 2, 3, 5, 10, 50):
            rng = np.random.default_rng([seeds, n_groups])
            fine, rows = 0, 600
            groups = np.arange(rows) % n_groups
            for _ in range(studies):
                base = np.sqrt(0.2) * rng.standard_normal(n_groups)[groups] + np.sqrt(0.3) * rng.standard_normal(rows)
                of_role = np.sqrt(0.2) * rng.standard_normal((3, 1, n_groups))[..., groups]
                own = np.sqrt(0.3) * rng.standard_normal((3, seeds, rows))
                right = (base + of_role + own < ndtri(0.78)).astype(float)
                found = evaluate_scores(weak=right[0], student=right[1], ceiling=right[2], groups=groups)
                fine += found.verdict == "ok"
            worst = max(worst, fine / studies)
            print(f"{seeds:5}  {n_groups:6}  {fine / studies:10.4f}", flush=True)
    print(f"\nhighest {worst:.4f} ({studies} studies a cell)")


def bootstrap(drawn: np.ndarray, rng: np.random.Generator, replicates: int = 2_000) -> tuple[float, float]:
    """PGR's interval in version 0.1: seeds and rows are drawn with replacement, 2.5 and 97.5 percentiles."""
    _, seeds, rows = drawn.shape
    by_seed = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=replicates) / seeds
    by_row = rng.multinomial(rows, np.full(rows, 1 / rows), size=replicates) / rows
    weak, student, ceiling = (np.einsum("bs,bs->b", by_seed, by_row @ role.T) for role in drawn)
    low, high = np.percentile((student - weak) / (ceiling - weak), [2.5, 97.5])
    return float(low), float(high)


def width(studies: int) -> None:
    """Median widths where seeds do not differ."""
    for seeds in (3, 5, 10):
        rng = np.random.default_rng(seeds)
        ours, before = [], []
        for _ in range(studies):
            drawn, _ = study(rng, seeds=seeds, spread=0.0, rows=1_000, size=1, means=tuple(ROLES.values()))
            ends = fieller(crossed(drawn), TOP, BOTTOM)
            if ends:
                ours.append(ends[1] - ends[0])
                low, high = bootstrap(drawn, rng)
                before.append(high - low)
        share = 1 - np.median(ours) / np.median(before)
        print(f"{seeds} seeds, spread 0, 1,000 rows: median width {np.median(ours):.3f}, bootstrap of 0.1 "
              f"{np.median(before):.3f}: {share:.0%} narrower ({len(ours)} of {studies} bounded)")  # fmt: skip


LADDER = (0.62, 0.68, 0.75, 0.83)  # ceilings of four sizes; a size as supervisor is what it is as student
PAIRS = [(w, s) for w in range(4) for s in range(w + 1, 4)]


def recovered(weak: int, student: int) -> float:
    """The true PGR of a pair: it rises with the supervisor and falls with the student."""
    return 0.5 + 0.1 * weak - 0.08 * student


def slopes(studies: int) -> None:
    """Coverage of the mean PGR and of the slopes over the pairs with a clear gap, which are the ones that are read."""
    truths = [recovered(*pair) for pair in PAIRS]
    means = [LADDER[w] + pgr * (LADDER[s] - LADDER[w]) for (w, s), pgr in zip(PAIRS, truths, strict=True)]
    print("rows  seeds  spread  pairs    mean  by weak  by student")
    cells = []
    for rows in (300, 1_000, 2_000):
        for seeds in (3, 5, 10, 20):
            for spread in (0.0, 0.01, 0.03):
                rng = np.random.default_rng([rows, seeds, round(1_000 * spread)])
                hits: list[list[bool]] = [[], [], []]
                kept = []
                for _ in range(studies):
                    drawn, _ = study(rng, seeds=seeds, spread=spread, rows=rows, size=1, means=(*LADDER, *means))
                    of = [mean(one) for one in drawn]
                    gaps = [of[s] - of[w] for w, s in PAIRS]
                    clear = [i for i, gap in enumerate(gaps) if (gap.estimate().low or 0) > 0]
                    found = {i: (of[4 + i] - of[PAIRS[i][0]]) / gaps[i] for i in clear}
                    kept.append(len(clear))
                    for k, (at, truth) in enumerate(_summaries(clear, found, truths)):
                        if at is not None and truth is not None:
                            low, high = at.estimate().low or 0, at.estimate().high or 0
                            hits[k].append(low <= truth <= high)
                cells.append([np.mean(one) if one else np.nan for one in hits])
                shown = "  ".join(f"{share:7.3f}" for share in cells[-1])
                print(f"{rows:5}  {seeds:4}  {spread:6}  {np.mean(kept):5.2f} {shown}", flush=True)
    table = np.array(cells)
    print(f"\n{studies} studies a cell: lowest {np.nanmin(table):.3f}, highest {np.nanmax(table):.3f}; "
          f"mean PGR {np.nanmean(table[:, 0]):.4f}, slopes {np.nanmean(table[:, 1:]):.4f}")  # fmt: skip


def _summaries(
    some: list[int], found: dict[int, Measured], truths: list[float]
) -> list[tuple[Measured | None, float | None]]:
    """Mean, slope by supervisor, slope by student of some pairs: estimated, and true."""
    if len(some) < 2:
        return []
    exact = [Measured(truths[i], np.zeros((1, 1))) for i in some]
    out: list[tuple[Measured | None, float | None]] = [(average([found[i] for i in some]), average(exact).value)]
    for x, within in ((0, 1), (1, 0)):
        at, kinds = [PAIRS[i][x] for i in some], [PAIRS[i][within] for i in some]
        true = slope(at, exact, kinds)
        out.append((slope(at, [found[i] for i in some], kinds), true.value if true else None))
    return out


def speed(studies: int) -> None:
    """Seconds of one evaluation."""
    rng = np.random.default_rng(0)
    drawn, _ = study(rng, seeds=20, spread=0.01, rows=10_000, size=1, means=tuple(ROLES.values()))
    evaluate_scores(**dict(zip(ROLES, drawn, strict=True)))
    started = time.perf_counter()
    for _ in range(5):
        evaluate_scores(**dict(zip(ROLES, drawn, strict=True)))
    print(f"20 seeds x 10,000 rows: {(time.perf_counter() - started) / 5:.3f} s")


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {"coverage": coverage, "nogap": nogap, "width": width, "slopes": slopes, "speed": speed}
    parser.add_argument("what", choices=what)
    parser.add_argument("--studies", type=int, default=500)
    given = parser.parse_args()
    what[given.what](given.studies)


if __name__ == "__main__":
    main()
