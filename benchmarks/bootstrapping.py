"""When does a chain of sizes beat direct supervision on chess? Every setting beside naive training on the same labels.

Run by hand: `python benchmarks/bootstrapping.py --store DIR` (a quarter of an hour on two cores; resumes).
"""

from __future__ import annotations

import argparse
import itertools

from outgrow import Store, pool, read_experiments, run_experiments

METHODS = [
    "{name = 'naive', labels = 'hard'}",
    "{name = 'naive', labels = 'soft'}",
    *(
        f"{{name = 'bootstrapping', labels = '{labels}', fresh = {fresh}, links = {links}}}"
        for labels, fresh, links in itertools.product(("hard", "soft"), ("true", "false"), (1, 2))
    ),
]


def main() -> None:
    """Print one line per pair, learning rate and method: scores with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--weak", nargs="+", default=["chess-xs", "chess-s"])
    parser.add_argument("--strong", default="chess-xl")
    parser.add_argument("--transfer", type=int, default=3_600)
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-4, 3e-4])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    store = Store(options.store)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    third = options.transfer // 3  # the control: as few labels as the last link of three gets
    sizes = ((options.transfer, METHODS), (third, METHODS[:2]))
    for weak, rate, (transfer, methods) in itertools.product(options.weak, options.rates, sizes):
        settings = [
            f"weak.model={weak}",
            f"strong.model={options.strong}",
            f"sweep={{method = [{', '.join(methods)}]}}",
            "weak.train={epochs = 5, learning_rate = 1e-3}",
            "split.supervisor=2500",
            f"split.transfer={transfer}",
            "split.validation=300",
            "split.test=3000",
            f"train.learning_rate={rate}",
            f"train.epochs={options.epochs}",
        ]
        swept = run_experiments(read_experiments("chess", settings=settings, seeds=seeds), store)
        for group in pool(store, swept.records):
            cells = {
                "weak": group.weak_score,
                "zero-shot": group.zero_shot,
                "student": group.student,
                "ceiling": group.ceiling,
                "PGR": group.pgr,
            }
            text = ", ".join(
                f"{name} {cell.value:.3f} ({cell.low:.3f} to {cell.high:.3f})" if cell else f"{name} {group.verdict}"
                for name, cell in cells.items()
            )
            print(f"{weak} -> {options.strong}, {transfer} labels, rate {rate:g}, {group.method}: {text}", flush=True)


if __name__ == "__main__":
    main()
