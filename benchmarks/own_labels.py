"""Noisy labels of three labellers and no truth: what `auto` makes of them, beside what others do.

Run by hand: `python benchmarks/own_labels.py --python OTHER`, with an interpreter that has scikit-learn, cleanlab,
snorkel and torch. Features are kept in `--cache`, and so are the answers of the baselines.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from own_labels_data import RULES, Case, Rows, draw, load
from own_labels_others import baselines, standardised

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
                said["auto"], seconds = ours(rows, case, model, audited=False)
                said[f"auto, {AUDITED}"], more = ours(rows, case, model, audited=True)
                right = rows.truth[case.test]
                scores.append({who: (own == right).astype(np.float64) for who, own in said.items()})
                facts.append((fused == rows.truth[case.train]).mean(1).tolist())
                groups.append([rows.groups[row] for row in case.test])
                print(f"{name} {model} {seed}: {len(right):,} test rows; {seconds:.1f} s, with audits {more:.1f} s;",
                      labellers(rows, case), flush=True)  # fmt: skip
            if scores:
                show(f"{name}, {model}", scores, groups, np.mean(facts, 0))


def ours(rows: Rows, case: Case, model: str, *, audited: bool) -> tuple[np.ndarray, float]:
    """Classes of the test rows by a head that is trained as `auto` chooses, and the seconds that it took."""
    import torch

    from outgrow.learning.heads import Head, Student
    from outgrow.learning.lbfgs import solve
    from outgrow.learning.objective import WeakLabels
    from outgrow.learning.out_of_fold import answers_of
    from outgrow.own_labels.choice import choose
    from outgrow.tasks.base import Output

    x, test = standardised(rows, case, model)
    k, started = len(rows.classes), time.perf_counter()
    truth = np.full(len(case.train), -1)
    truth[case.audited] = rows.truth[case.train[case.audited]]
    weak = WeakLabels(
        probabilities=(case.votes[..., None] == np.arange(k)).astype(np.float32),
        ids=[str(row) for row in case.train],
        groups=[rows.groups[row] for row in case.train],
        features=lambda: x,
        truth=truth if audited else None,
    )
    output = Output(kind="classification", n_classes=k)
    choice = choose(x, weak, output)
    objective = choice.method.objective()
    lesson = objective.lesson(weak, seed=0)
    student = Student(rows=np.arange(len(x)), targets=torch.from_numpy(lesson.targets),
                      weights=torch.from_numpy(lesson.weights), loss=objective.loss, seed=0, l2=choice.l2)  # fmt: skip
    (head,) = solve(x, [student], output, device=torch.device("cpu"))
    assert isinstance(head, Head)
    return answers_of(head, test).argmax(1), time.perf_counter() - started


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
