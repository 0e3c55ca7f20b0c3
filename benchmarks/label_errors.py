"""Whether label quality finds the label errors that people found in three public test sets.

    python benchmarks/label_errors.py FOLDER

The folder holds, of each set, out-of-fold probabilities (`NAME_test_set_pyx.npy`), the labels given
(`NAME_test_set_original_labels.npy`) and people's verdicts (`NAME_mturk.json`): those of the repository
cleanlab/label-errors. For each set it prints how many labels are suspect, how many errors the counts come to, how many
of the confirmed errors are among those, and how well two scores rank confirmed errors below all other labels. Below an
AUROC of .98 it exits with 1. People checked suspects alone, so other errors may be counted as right labels here.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.learning.quality import margin, of_label, ranking
from outgrow.trust.confident import joint, meant, pruned

SETS = {"cifar10": "CIFAR-10", "mnist": "MNIST", "20news": "20 newsgroups"}
BAR = 0.98


def verdicts(found: list[dict[str, Any]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of n rows people looked at, and where fewer than three of them confirm the given label alone, bool [n]."""
    checked, wrong = np.zeros(n, bool), np.zeros(n, bool)
    for one in found:
        checked[one["id"]] = True
        wrong[one["id"]] = one["mturk"]["given"] < 3  # as the published counts are made
    return checked, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    least = 1.0
    for name, called in SETS.items():
        model = np.load(folder / f"{name}_test_set_pyx.npy", allow_pickle=False).astype(np.float64)
        label = np.load(folder / f"{name}_test_set_original_labels.npy", allow_pickle=False).astype(np.int64)
        checked, wrong = verdicts(json.loads((folder / f"{name}_mturk.json").read_text()), len(label))
        suspect, counts = (meant(label, model) >= 0) & (meant(label, model) != label), joint(label, model)
        left_out = pruned(label, model)
        print(f"{called}: {len(label):,} labels, {checked.sum():,} checked by people, {wrong.sum():,} confirmed errors")
        print(f"  suspect {suspect.sum():,}: {(suspect & checked).sum()} checked, {(suspect & wrong).sum()} confirmed")
        print(f"  errors by the counts {counts.sum() - np.trace(counts):.0f}")
        print(f"  left out by noise rate {left_out.sum():,}, of these confirmed {(left_out & wrong).sum()}")
        for what, score in {"self-confidence": of_label(model, label), "margin": margin(model, label)}.items():
            found = ranking(score, ~wrong)
            print(f"  {what}: {found.words}")
            least = min(least, found.value or 0.0)
    print(f"lowest AUROC {least:.3f}, bar {BAR}")
    sys.exit(least < BAR)


if __name__ == "__main__":
    main()
