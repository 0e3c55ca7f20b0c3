"""Whether intervals of accuracy from a few audited rows hold the truth, and how narrow they are.

    python benchmarks/trust.py                     coverage and width in 96 cells, random and stratified, in minutes
    python benchmarks/trust.py --resamples 100     the same, quickly

A cell is an accuracy, what confidence is worth, a number of rows and how many are audited. Each resample draws answers
anew, so the truth is the accuracy of rows to come; `coverage` draws from rows whose truth is known, for real data.
Confidence is between .5 and 1: `calibrated`; `too sure`, its log-odds times three; or `empty`, that of another row.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from outgrow.trust.design import STRATA, draw, random_design, stratified_design
from outgrow.trust.intervals import binomial, prediction_powered
from outgrow.trust.strata import sampling_weights

ACCURACIES, KINDS = (0.6, 0.75, 0.9, 0.97), ("calibrated", "too sure", "empty")
SIZES, AUDITED = (1_000, 5_000), (20, 50, 100, 300)
LOW, HIGH = 0.93, 0.975  # the bar for coverage with 100 audited rows


@dataclass(frozen=True, kw_only=True)
class Covered:
    """Of several resamples: the share of intervals that hold the truth, and mean widths; of binomial ones too."""

    coverage: float
    width: float
    binomial_coverage: float
    binomial_width: float

    @property
    def ratio(self) -> float:
        return self.width / self.binomial_width


def audited(
    confidence: np.ndarray, n: int, rng: np.random.Generator, *, stratified: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows drawn as by a plan, and their weights."""
    none = np.zeros(len(confidence), bool)
    design = stratified_design(confidence, none, n) if stratified else random_design(none, n)
    rows = draw(design, earlier=none, classes=none, rng=rng)
    return rows, sampling_weights(design.strata, rows) if stratified else None


def _measured(hits: list[tuple[bool, float, bool, float]]) -> Covered:
    own, width, plain, plain_width = np.mean(np.array(hits, float), axis=0)
    return Covered(coverage=own, width=width, binomial_coverage=plain, binomial_width=plain_width)


def coverage(
    confidence: np.ndarray, right: np.ndarray, n: int, resamples: int = 500, seed: int = 0, *, stratified: bool = False
) -> Covered:
    """Audits of n rows drawn anew from rows whose truth is known: the accuracy asked for is that of all of them.

    Args:
        confidence: [N] or [N, K].
        right: whether each row's answer is right, bool [N].
    """
    sure = confidence.max(1) if confidence.ndim == 2 else confidence
    rng, truth, hits = np.random.default_rng(seed), right.mean(), []
    for _ in range(resamples):
        rows, weights = audited(sure, n, rng, stratified=stratified)
        ours = prediction_powered(sure, rows, right[rows], weights=weights, population=len(sure))
        drawn = rng.choice(len(sure), n, replace=False) if stratified else rows
        theirs = prediction_powered(np.zeros(len(sure)), drawn, right[drawn], population=len(sure))  # binomial
        hits.append((ours.low <= truth <= ours.high, ours.width, theirs.low <= truth <= theirs.high, theirs.width))
    return _measured(hits)


def answers(accuracy: float, kind: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of n rows and whether each is right."""
    middle = 2 * (accuracy - 0.5)
    chance = np.clip(0.5 + 0.5 * rng.beta(1.5 * middle, 1.5 * (1 - middle), n), 0.5, 1 - 1e-9)
    right = rng.random(n) < chance
    if kind == "too sure":
        return 1 / (1 + (1 / chance - 1) ** 3), right
    return (rng.permutation(chance) if kind == "empty" else chance), right


def simulated(accuracy: float, kind: str, rows: int, n: int, resamples: int, *, stratified: bool) -> Covered:
    """Answers and audits drawn anew: the accuracy asked for is that of all rows of the kind."""
    rng = np.random.default_rng([round(100 * accuracy), KINDS.index(kind), rows, n, stratified])
    hits = []
    for _ in range(resamples):
        sure, right = answers(accuracy, kind, rows, rng)
        drawn, weights = audited(sure, n, rng, stratified=stratified)
        ours = prediction_powered(sure, drawn, right[drawn], weights=weights)
        theirs = binomial(right[rng.choice(rows, n, replace=False) if stratified else drawn])
        hits.append(
            (ours.low <= accuracy <= ours.high, ours.width, theirs.low <= accuracy <= theirs.high, theirs.width)
        )
    return _measured(hits)


def main() -> None:
    """The table, and whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=500)
    resamples = parser.parse_args().resamples
    found: dict[tuple[int, str, bool], list[Covered]] = {}
    print("                                   random sample              stratified            binomial")
    print("accuracy  confidence   rows audited  coverage  width  ratio  coverage  width  ratio  coverage  width")
    for n in AUDITED:
        for rows in SIZES:
            for accuracy in ACCURACIES:
                for kind in KINDS:
                    both = [simulated(accuracy, kind, rows, n, resamples, stratified=way) for way in (False, True)]
                    for way, one in zip((False, True), both, strict=True):
                        found.setdefault((n, kind, way), []).append(one)
                    shown = "".join(f"{one.coverage:10.3f}{one.width:7.3f}{one.ratio:7.2f}" for one in both)
                    print(f"{accuracy:8} {kind:>11} {rows:6,} {n:7} {shown}{both[0].binomial_coverage:10.3f}"
                          f"{both[0].binomial_width:7.3f}", flush=True)  # fmt: skip
    print(f"\nby audited rows; {STRATA} strata; a cell's own error is {np.sqrt(0.95 * 0.05 / resamples):.3f}")
    for (n, kind, way), cells in found.items():
        values = [one.coverage for one in cells]
        outside = sum(not LOW <= value <= HIGH for value in values)
        print(f"{n:4} {kind:>11} {'stratified' if way else 'random':>11}: coverage {min(values):.3f} to "
              f"{max(values):.3f}, mean {np.mean(values):.3f}, {outside} of {len(cells)} outside {LOW} to {HIGH}; "
              f"width {np.mean([one.ratio for one in cells]):.3f} of the binomial one's")  # fmt: skip


if __name__ == "__main__":
    main()
