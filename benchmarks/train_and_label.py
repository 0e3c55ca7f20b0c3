"""From a CSV with weak labels to a labelled CSV, by two commands: how long it takes, and how often it is right.

    python benchmarks/train_and_label.py [--new 5000] [--model minilm-l6]

Film reviews with three labellers (`own_labels_data.py`), 3,000 rows to learn from and 5,000 others to label, an empty
store; the packs are there. The truth of the 5,000 is compared with the labels that come out.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from own_labels_data import TRAIN, draw, load

NAME = "rotten-tomatoes"


def main() -> None:
    """Write the tables, run both commands, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", type=int, default=5_000)
    parser.add_argument("--model", default="minilm-l6")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "outgrow-own-labels")
    given = parser.parse_args()
    rows = load(NAME, (), given.cache)
    case = draw(rows, NAME, seed=0)
    assert len(case.train) == TRAIN
    new = case.test[: given.new]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = np.array([*rows.classes, ""], object)
        with open(folder / "reviews.csv", "w", newline="", encoding="utf-8") as file:
            write = csv.writer(file)
            write.writerow(["body", "ann_a", "ann_b", "rule"])
            write.writerows([rows.texts[row], *names[case.votes[:, i]]] for i, row in enumerate(case.train))
        with open(folder / "new.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["body"], *([rows.texts[row]] for row in new)])
        commands = [
            ["train", "reviews.csv", "--text", "body", "--labels", "ann_a,ann_b,rule", "--model", given.model,
             "--out", "model"],
            ["label", "model", "new.csv", "--out", "labelled.csv"],
        ]  # fmt: skip
        whole = 0.0
        for command in commands:
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "outgrow", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL
            )
            whole += (took := time.perf_counter() - started)
            print(f"outgrow {' '.join(command)}: {took:.1f} s")
        with open(folder / "labelled.csv", newline="", encoding="utf-8") as file:
            said = [row["label"] for row in csv.DictReader(file)]
    assert len(said) == len(new)
    right = np.array([one == rows.classes[rows.truth[row]] for one, row in zip(said, new, strict=True)])
    print(f"{TRAIN:,} + {len(new):,} rows, {given.model}: {whole:.1f} s in all; {right.mean():.3f} right")


if __name__ == "__main__":
    main()
