"""Accuracy of every chess size on test puzzles: untouched, and fine-tuned on ground truth.

Run by hand: `python benchmarks/ladder.py` for the shipped puzzles, or
`python benchmarks/ladder.py FILE.csv --transfer 2500 --test 1500` for a file of Lichess puzzles.
"""

from __future__ import annotations

import argparse
import tempfile

from outgrow import Store, pool, read_experiments, run_experiments


def main() -> None:
    """Print one line per size with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", help="a CSV of Lichess puzzles instead of the shipped ones")
    parser.add_argument("--transfer", type=int, default=6_000, help="training puzzles")
    parser.add_argument("--test", type=int, default=4_000)
    parser.add_argument("--seeds", default="0", help="such as 0,1,2")
    options = parser.parse_args()
    settings = [
        "weak.model=chess-xs",
        "method.name=naive",
        "split.supervisor=500",
        f"split.transfer={options.transfer}",
        f"split.test={options.test}",
        "split.validation=300",
    ]
    if options.path:
        settings.append(f"task.path={options.path}")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        experiments = read_experiments(
            "chess", settings=settings, seeds=[int(seed) for seed in options.seeds.split(",")]
        )
        swept = run_experiments(experiments, store)
        for note in dict.fromkeys(note for one in swept.records for note in one.notes):
            print("note:", note)
        for group in pool(store, swept.records):
            assert group.zero_shot is not None
            assert group.ceiling is not None
            print(
                f"{group.strong:9} {group.strong_cost:12,.0f} multiply-accumulates, "
                f"untouched {group.zero_shot.value:.3f}, fine-tuned on {group.n_transfer:,} puzzles "
                f"{group.ceiling.value:.3f} (95 % {group.ceiling.low:.3f} to "
                f"{group.ceiling.high:.3f}, {len(group.seeds)} seeds, n = {group.n_test:,})"
            )


if __name__ == "__main__":
    main()
