"""Noisy labels of several labellers and no truth: what `auto` makes of them, beside what others do.

Run by hand: `python benchmarks/own_labels.py --python OTHER`, with an interpreter that has scikit-learn, cleanlab,
snorkel and torch. Features are kept in `--cache`, and so are the answers of the baselines.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from own_labels_data import RULES, draw, load
from own_labels_others import baselines

MODELS = ("minilm-l6", "smollm2-135m")


def main() -> None:
    """Print accuracies and paired differences, with 95 % intervals over seeds and rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="an interpreter with the packages of the baselines")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/outgrow-own-labels"))
    parser.add_argument("--sets", default=",".join(RULES))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--others", action="store_true", help="compute the baselines alone")
    options = parser.parse_args()
    for model in options.models.split(","):
        for name in options.sets.split(","):
            rows = load(name, (model,), options.cache)
            for seed in range(options.seeds):
                case, started = draw(rows, name, seed=seed), time.perf_counter()
                kept = options.cache / f"baselines-{name}-{model}-{seed}.npz"
                baselines(rows, case, model, python=options.python, kept=kept)
                print(f"{name} {model} {seed}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
