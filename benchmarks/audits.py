"""Whether an audit of 100 rows holds the true accuracy of models that learned from real weak labels.

Run by hand: `python benchmarks/audits.py`. For each text set and seed, a linear head learns from three labellers
(`own_labels_data.py`); its out-of-fold answers are then audited again and again, as `outgrow audit` does it. The truth
of all rows is known to this script alone. Features are kept in `--cache`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from own_labels_data import RULES, Case, Rows, draw, load
from own_labels_others import standardised

from trust import Covered, coverage

HOWS = ("random", "stratified")


def main() -> None:
    """Print coverage and widths for each set, with how they spread over seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("/tmp/outgrow-own-labels"))
    parser.add_argument("--model", default="minilm-l6")
    parser.add_argument("--audited", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=500)
    options = parser.parse_args()
    print(
        "set               accuracy  confidence   how         coverage (seeds)          width  binomial  its coverage"
    )
    for name in RULES:
        rows, sets = load(name, (options.model,), options.cache), []
        for seed in range(options.seeds):
            case = draw(rows, name, seed=seed)
            sets.append((out_of_fold(rows, case, options.model), rows.truth[case.train]))
        for how, found in audits(sets, n=options.audited, resamples=options.resamples).items():
            accuracy = np.mean([(answers.argmax(1) == truth).mean() for answers, truth in sets])
            sure = np.mean([answers.max(1).mean() for answers, _ in sets])
            held = [one.coverage for one in found]
            print(f"{name:16} {accuracy:9.3f} {sure:11.3f}   {how:11} {np.mean(held):.3f} ({min(held):.3f} to "
                  f"{max(held):.3f}) {np.mean([one.width for one in found]):10.4f} "
                  f"{np.mean([one.binomial_width for one in found]):9.4f} "
                  f"{np.mean([one.binomial_coverage for one in found]):13.3f}", flush=True)  # fmt: skip


def audits(sets: list[tuple[np.ndarray, np.ndarray]], *, n: int, resamples: int) -> dict[str, list[Covered]]:
    """What audits of n rows come to, by how these are drawn, of each set.

    Args:
        sets: out-of-fold probabilities [N, K] and true classes [N] of each.
    """
    return {
        how: [
            coverage(answers, answers.argmax(1) == truth, n, resamples, seed=seed, stratified=how == "stratified")
            for seed, (answers, truth) in enumerate(sets)
        ]
        for how in HOWS
    }


def out_of_fold(rows: Rows, case: Case, model: str) -> np.ndarray:
    """Answers to the training rows, each by a head that did not learn from it, [n, classes]."""
    from outgrow.learning.objective import WeakLabels
    from outgrow.own_labels.choice import choose
    from outgrow.tasks.base import Output

    x, _ = standardised(rows, case, model)
    k = len(rows.classes)
    weak = WeakLabels(
        probabilities=(case.votes[..., None] == np.arange(k)).astype(np.float32),
        ids=[str(row) for row in case.train],
        groups=[rows.groups[row] for row in case.train],
        features=lambda: x,
    )
    return choose(x, weak, Output(kind="classification", n_classes=k)).out_of_fold


if __name__ == "__main__":
    main()
