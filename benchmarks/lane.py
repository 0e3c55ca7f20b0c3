"""Linear students on stored features: a thousand against scikit-learn, two hundred seeds of a study, memory.

Run by hand on an idle machine; needs scikit-learn for the first and, for the second, the packs of `text-offline`:
`python benchmarks/lane.py [students seeds memory]`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

N, WIDTH, POOL = 2_500, 576, 4_000


def made_up(n: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features with the falling spectrum of real ones; a linear rule gets about 85 % of the labels."""
    rng = np.random.default_rng(0)
    spectrum = 1 / np.sqrt(1 + np.arange(width))
    features = (rng.standard_normal((n, width)) * spectrum) @ np.linalg.qr(rng.standard_normal((width, width)))[0]
    features /= features.std(0)
    score = features @ rng.standard_normal(width)
    labels = (score + 0.6 * score.std() * rng.standard_normal(n) > 0).astype(np.int64)
    return features.astype(np.float16), labels


def rows_of(seed: int) -> np.ndarray:
    """The rows of the pool that a student learns from."""
    return np.random.default_rng(seed).permutation(POOL)[:N]


def student(one_hot: Any, rows: np.ndarray, *, seed: int, l2: float) -> Any:
    """A head that is to learn the labels of some rows."""
    import torch

    from outgrow.learning.heads import Student
    from outgrow.learning.losses import CrossEntropy

    weights = torch.ones(len(rows))
    return Student(rows=rows, targets=one_hot[rows], weights=weights, loss=CrossEntropy(), seed=seed, l2=l2)


def scikit_learn(count: int) -> None:
    """Logistic regressions in a loop, in a process of their own: seconds and test accuracy of each, as JSON."""
    from sklearn.linear_model import LogisticRegression

    features, labels = made_up(POOL + 2_000, WIDTH)
    table = features.astype(np.float32)
    seconds, accuracies = [], []
    for seed in range(-1, count):  # the first warms up
        rows = rows_of(max(seed, 0))
        started = time.perf_counter()
        model = LogisticRegression(max_iter=1_000).fit(table[rows], labels[rows])
        seconds.append(time.perf_counter() - started)
        accuracies.append(model.score(table[POOL:], labels[POOL:]))
    print(json.dumps({"seconds": sum(seconds[1:]), "accuracies": accuracies[1:]}))


def students(count: int = 1_000, compared: int = 50) -> None:
    """Batched solve against scikit-learn's logistic regression in a loop, on the same problems."""
    import torch

    from outgrow.learning.heads import Head, train_together
    from outgrow.learning.lbfgs import solve
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    features, labels = made_up(POOL + 2_000, WIDTH)
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(labels), 2).float()
    made = [
        # scikit-learn's C = 1: its penalty 1 / (2 C n) w^2 is on the difference of our two weights, twice each of them
        student(one_hot, rows_of(seed), seed=seed, l2=2 / N)
        for seed in range(count)
    ]
    output = Output(kind="classification", n_classes=2)
    solve(features, made[:20], output, device=torch.device("cpu"))  # warms up
    started = time.perf_counter()
    heads = solve(features, made, output, device=torch.device("cpu"))
    ours = time.perf_counter() - started
    held_out = features[POOL:].astype(np.float32)
    accuracies = [
        float(((held_out @ head.weight.numpy().T + head.bias.numpy()).argmax(1) == labels[POOL:]).mean())
        for head in heads[:compared]
        if isinstance(head, Head)
    ]
    tuned = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # where a system sets them they can slow down a current numpy
    plain = {name: value for name, value in os.environ.items() if name not in tuned}
    best: dict[str, Any] = {}
    for threads in ("1", "2"):
        environment = {**plain, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        command = [sys.executable, __file__, "scikit-learn", str(compared)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        if not best or found["seconds"] < best["seconds"]:
            best = {**found, "threads": threads}
    scaled = best["seconds"] / compared * count
    gaps = np.abs(np.array(accuracies) - best["accuracies"])
    print(
        f"{count:,} students of {N:,} x {WIDTH}: {ours:.2f} s together; scikit-learn {scaled:.1f} s ({compared} "
        f"measured, scaled; {best['threads']} threads, its better): {scaled / ours:.1f} x. Test accuracy differs by "
        f"{gaps.mean():.4f} on average, {gaps.max():.4f} at most (n = 2,000)",
        flush=True,
    )
    adam = TrainSpec(epochs=20, batch_size=128, learning_rate=1e-3, schedule="cosine")
    started = time.perf_counter()
    train_together(features, made[:64], adam, output, device=torch.device("cpu"))
    print(f"with Adam, 20 epochs, batches of 128: {(time.perf_counter() - started) / 64 * count:.1f} s (64, scaled)")


def seeds(count: int = 200) -> None:
    """A study of many seeds once its features are stored, by either optimizer."""
    listed = ",".join(str(seed) for seed in range(100, 100 + count))
    command = [sys.executable, "-m", "outgrow.cli", "run", "text-offline", "--set", 'method.name="naive"']
    with tempfile.TemporaryDirectory() as store:
        subprocess.run([*command, "--store", store, "--seeds", "0"], check=True, capture_output=True)
        for optimizer in ("lbfgs", "adam"):
            started = time.perf_counter()
            done = subprocess.run(
                [*command, "--store", store, "--seeds", listed, "--set", f"train.optimizer={optimizer}"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            print(f"{count} seeds of text-offline, {optimizer}: {time.perf_counter() - started:.1f} s", flush=True)
            print("  " + next(line for line in done.stdout.splitlines() if line.startswith("minilm")))


def memory() -> None:
    """Peak resident memory of students on 50,000 x 2,048 stored features."""
    import torch

    from outgrow.learning import feature_file as files
    from outgrow.learning.heads import train_together
    from outgrow.learning.lbfgs import solve
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    with tempfile.TemporaryDirectory() as folder:
        stored = files.create(Path(folder) / files.FILE, (50_000, 2_048))
        rng = np.random.default_rng(0)
        for start in range(0, 50_000, 1_000):
            stored[start : start + 1_000] = rng.standard_normal((1_000, 2_048), np.float32)
        del stored
        features = files.load(Path(folder))
        labels = torch.from_numpy(rng.integers(0, 10, 50_000))
        one_hot = torch.nn.functional.one_hot(labels, 10).float()
        rows = [np.random.default_rng(seed).permutation(50_000)[:40_000] for seed in range(3)]
        output = Output(kind="classification", n_classes=10)
        made = [student(one_hot, one, seed=0, l2=0.01) for one in rows]
        spec = TrainSpec(epochs=1, batch_size=128, learning_rate=1e-3)
        for name, train in (
            ("adam", lambda: train_together(features, made, spec, output, device=torch.device("cpu"))),
            ("lbfgs", lambda: solve(features, made, output, device=torch.device("cpu"))),
        ):
            train()
            status = Path("/proc/self/status").read_text()
            peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
            print(f"3 students on 40,000 of 50,000 x 2,048, {name}: peak resident {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["scikit-learn"]:
        scikit_learn(int(sys.argv[2]))
        sys.exit()
    for name in sys.argv[1:] or ["students", "seeds", "memory"]:
        {"students": students, "seeds": seeds, "memory": memory}[name]()
