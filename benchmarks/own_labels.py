"""Noisy labels of three labellers and no truth: what `outgrow train` makes of them, beside what others do.

Run by hand: `python benchmarks/own_labels.py --python OTHER`, with an interpreter that has scikit-learn, cleanlab,
snorkel and torch. Features are kept in `--cache`, and so are the answers of the baselines.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from pathlib import Path

import numpy as np
from own_labels_data import RULES, Case, Rows, draw, load
from own_labels_others import baselines

MODELS = ("minilm-l6", "smollm2-135m")
AUDITED = "audit"  # in the names of what learns from audited rows


def main() -> None:
    """Print accuracies and paired differences, with 95 % intervals over seeds and rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="an interpreter with the packages of the baselines")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/outgrow-own-labels"))
    parser.add_argument("--sets", default=",".join(RULES))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--others", action="store_true", help="compute the baselines alone")
    options = parser.parse_args()
    for model in options.models.split(","):
        for name in options.sets.split(","):
            rows, scores, facts, groups = load(name, (model,), options.cache), [], [], []
            for seed in range(options.first, options.first + options.seeds):
                case = draw(rows, name, seed=seed)
                kept = options.cache / f"baselines-{name}-{model}-{seed}.npz"
                said = baselines(rows, case, model, python=options.python, kept=kept)
                fused = said.pop("fused")
                if options.others:
                    continue
                own = {"auto": False, f"auto, {AUDITED}": True}
                took = []
                for who, audited in own.items():
                    said[who], seconds, how = ours(rows, case, model, audited=audited, store=options.cache)
                    took.append(f"{who}: {seconds:.1f} s by {how}")
                right = rows.truth[case.test]
                scores.append({who: (own == right).astype(np.float64) for who, own in said.items()})
                facts.append((fused == rows.truth[case.train]).mean(1).tolist())
                groups.append([rows.groups[row] for row in case.test])
                print(f"{name} {model} {seed}: {len(right):,} test rows;", "; ".join(took),
                      labellers(rows, case), flush=True)  # fmt: skip
            if scores:
                show(f"{name}, {model}", scores, groups, np.mean(facts, 0))


def ours(rows: Rows, case: Case, model: str, *, audited: bool, store: Path) -> tuple[np.ndarray, float, str]:
    """Classes of the test rows by the model that `outgrow train` makes of a table, the seconds, and how it came."""
    from outgrow.experiment import teach
    from outgrow.models.base import models
    from outgrow.own_labels.columns import Columns
    from outgrow.own_model.carry_out import carry_out, plan_of
    from outgrow.own_model.request import Request, prepare
    from outgrow.own_model.train import plotted
    from outgrow.runtime import Runtime
    from outgrow.steps import Context
    from outgrow.store import Store
    from outgrow.student import student_of
    from outgrow.sweep import Silent

    started, runtime, kept = time.perf_counter(), Runtime(), Store(store)
    with tempfile.TemporaryDirectory() as place:
        table = written(rows, case, Path(place) / "rows.csv", audited=audited)
        columns = Columns(text="body", labels=("model", "person", "rule"), audited="checked" if audited else None)
        prepared = prepare(
            Request(
                paths=[str(table)], columns=columns, model=models[model](training="probe"), auto=True,
                budget=len(case.audited) if audited else None,
            )
        )  # fmt: skip
        plot, _ = plotted(prepared, kept, runtime, lambda _: Silent())
        trained = teach(plot.teaching(), prepared.steps).student
        carry_out(plan_of(trained, cached=kept.keys()), kept, runtime, Silent())
        context = Context(kept, runtime)
        said = student_of(trained, context).answers(rows.texts[case.test], context.machine).argmax(1)
    numbers = np.array([rows.classes.index(name) for name in prepared.table.classes])
    how = f"{plot.method.label}, {'a head' if prepared.is_probe else 'all weights'}"
    return numbers[said], time.perf_counter() - started, how


def written(rows: Rows, case: Case, path: Path, *, audited: bool) -> Path:
    """The training rows as a table: a column for each labeller, and one for what somebody checked."""
    names = np.array([*rows.classes, ""], object)
    checked = np.full(len(case.train), len(rows.classes))
    checked[case.audited] = rows.truth[case.train[case.audited]]
    with open(path, "w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["body", "model", "person", "rule", *(["checked"] if audited else [])])
        for i, row in enumerate(case.train):
            write.writerow([rows.texts[row], *names[case.votes[:, i]], *(names[checked[i : i + 1]] if audited else [])])
    return path


def labellers(rows: Rows, case: Case) -> str:
    """Coverage and accuracy of each labeller."""
    truth = rows.truth[case.train]
    return ", ".join(f"{(one >= 0).mean():.2f} at {(one == truth)[one >= 0].mean():.3f}" for one in case.votes)


def show(title: str, scores: list[dict[str, np.ndarray]], groups: list[list[str]], fused: np.ndarray) -> None:
    """Mean accuracies, and what `auto` has more than each."""
    print(
        f"\n{title}: {len(scores)} seeds; on the training rows the vote is {fused[0]:.3f}, snorkel {fused[1]:.3f} right"
    )
    for mine, own in (("auto", False), (f"auto, {AUDITED}", True)):
        print(f"  {mine}: {np.mean([one[mine].mean() for one in scores]):.4f}")
        for who in scores[0]:
            if who.startswith("auto") or (AUDITED in who and not own):
                continue
            mean, low, high = paired([one[mine] - one[who] for one in scores], groups)
            accuracy = np.mean([one[who].mean() for one in scores])
            print(f"    {who:44} {accuracy:.4f}   more by {mean:+.4f} ({low:+.4f} to {high:+.4f})", flush=True)


def paired(differences: list[np.ndarray], groups: list[list[str]]) -> tuple[float, float, float]:
    """Mean over seeds of mean differences, with a 95 % interval.

    Its variance is that between seeds plus that between groups of rows, which several seeds may test. Seeds have rows
    of their own too, so a part counts twice, and the interval is rather too wide.
    """
    from outgrow.intervals.crossed import quantile

    means = np.array([one.mean() for one in differences])
    mean, n = float(means.mean()), sum(len(one) for one in differences)
    sums: dict[str, float] = {}
    for one, own in zip(differences, groups, strict=True):
        for value, group in zip((one - mean).tolist(), own, strict=True):
            sums[group] = sums.get(group, 0.0) + value
    between = means.var(ddof=1) / len(means)
    half = float(np.sqrt(quantile(len(means) - 1) ** 2 * between + 1.96**2 * sum(v**2 for v in sums.values()) / n**2))
    return mean, mean - half, mean + half


if __name__ == "__main__":
    main()
