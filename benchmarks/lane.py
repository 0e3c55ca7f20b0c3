"""Linear students on stored features: a thousand against scikit-learn, two hundred seeds of a study, memory.

Run by hand on an idle machine; needs scikit-learn for the first and, for the second, the packs of `text-offline`:
`python benchmarks/lane.py [students seeds memory]`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def students(count: int = 1_000, compared: int = 50) -> None:
    """Batched solve against scikit-learn's logistic regression in a loop, on the same problems."""
    import torch
    from sklearn.linear_model import LogisticRegression

    from outgrow.config import TrainSpec
    from outgrow.lane import Head, Student, train_together
    from outgrow.methods.base import cross_entropy_loss
    from outgrow.tasks.base import Output

    features, labels = made_up(POOL + 2_000, WIDTH)
    pool, test = np.arange(POOL), np.arange(POOL, POOL + 2_000)
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(labels), 2).float()
    made = []
    for seed in range(count):
        rows = np.random.default_rng(seed).permutation(pool)[:N]
        # scikit-learn's C = 1: its penalty 1 / (2 C n) w^2 is on the difference of our two weights, twice each of them
        made.append(Student(rows=rows, targets=one_hot[rows], loss=cross_entropy_loss, seed=seed, l2=2 / N))
    output = Output(kind="classification", n_classes=2)
    ours, theirs, gaps = [], [], []
    spec = TrainSpec(optimizer="newton")
    train_together(features, made[:20], spec, output, device=torch.device("cpu"))  # warms up
    started = time.perf_counter()
    heads = train_together(features, made, spec, output, device=torch.device("cpu"))
    ours.append(time.perf_counter() - started)
    held_out = features[test].astype(np.float32)
    for one, head in list(zip(made, heads, strict=True))[:compared]:
        assert isinstance(head, Head)
        x, y = features[one.rows].astype(np.float32), labels[one.rows]
        started = time.perf_counter()
        model = LogisticRegression(max_iter=1_000).fit(x, y)
        theirs.append(time.perf_counter() - started)
        said = (held_out @ head.weight.numpy().T + head.bias.numpy()).argmax(1)
        gaps.append(abs((said == labels[test]).mean() - model.score(held_out, labels[test])))
    scaled = sum(theirs) / compared * count
    print(
        f"{count:,} students of {N:,} x {WIDTH}: {ours[0]:.2f} s together; scikit-learn {scaled:.1f} s "
        f"({compared} measured, scaled): {scaled / ours[0]:.1f} x. Test accuracy differs by {np.mean(gaps):.4f} on "
        f"average, {max(gaps):.4f} at most (n = 2,000)",
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
        for optimizer in ("newton", "adam"):
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

    from outgrow import features as files
    from outgrow.config import TrainSpec
    from outgrow.lane import Student, train_together
    from outgrow.methods.base import cross_entropy_loss
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
        for spec in (TrainSpec(epochs=1, batch_size=128, learning_rate=1e-3), TrainSpec(optimizer="newton", l2=0.01)):
            made = [Student(rows=one, targets=one_hot[one], loss=cross_entropy_loss, seed=0, l2=0.01) for one in rows]
            train_together(features, made, spec, output, device=torch.device("cpu"))
            status = Path("/proc/self/status").read_text()
            peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
            print(f"3 students on 40,000 of 50,000 x 2,048, {spec.optimizer}: peak resident {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or ["students", "seeds", "memory"]:
        {"students": students, "seeds": seeds, "memory": memory}[name]()
