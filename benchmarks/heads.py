"""Linear students on stored features: against scikit-learn, two hundred seeds of a study, unequal classes, memory.

Run by hand on an idle machine; all but `seeds` and `memory` need scikit-learn, and `seeds` and `prior` the packs of
`text-offline`: `python benchmarks/heads.py [students one seeds prior memory]`.
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


def scikit_learn(count: int, l2: float = 2 / N) -> None:
    """Logistic regressions in a loop, in a process of their own: seconds and test accuracy of each, as JSON."""
    from sklearn.linear_model import LogisticRegression

    features, labels = made_up(POOL + 2_000, WIDTH)
    table = features.astype(np.float32)
    seconds, cpu, accuracies = [], [], []
    for seed in range(-1, count):  # the first warms up
        rows = rows_of(max(seed, 0))
        started, computed = time.perf_counter(), time.process_time()
        model = LogisticRegression(C=2 / (l2 * N), max_iter=1_000).fit(table[rows], labels[rows])
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - computed)
        accuracies.append(model.score(table[POOL:], labels[POOL:]))
    print(json.dumps({"seconds": sum(seconds[1:]), "each": seconds[1:], "cpu": cpu[1:], "accuracies": accuracies[1:]}))


def ours_alone(count: int, l2: float) -> None:
    """As `scikit_learn`, each student by itself through this project's solver."""
    import torch

    from outgrow.learning.heads import Head
    from outgrow.learning.lbfgs import solve
    from outgrow.tasks.base import Output

    features, labels = made_up(POOL + 2_000, WIDTH)
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(labels), 2).float()
    output, held_out = Output(kind="classification", n_classes=2), features[POOL:].astype(np.float32)
    seconds, cpu, accuracies = [], [], []
    for seed in range(-1, count):
        made = student(one_hot, rows_of(max(seed, 0)), seed=0, l2=l2)
        started, computed = time.perf_counter(), time.process_time()
        (head,) = solve(features, [made], output, device=torch.device("cpu"))
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - computed)
        assert isinstance(head, Head)
        said = (held_out @ head.weight.numpy().T + head.bias.numpy()).argmax(1)
        accuracies.append(float((said == labels[POOL:]).mean()))
    print(json.dumps({"seconds": sum(seconds[1:]), "each": seconds[1:], "cpu": cpu[1:], "accuracies": accuracies[1:]}))


def _apart(threads: int, *arguments: Any) -> dict[str, Any]:
    """What one of the two above finds in a process of its own."""
    tuned = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # where a system sets them they can slow down a current numpy
    plain = {name: value for name, value in os.environ.items() if name not in tuned}
    environment = {**plain, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def one(count: int = 20, rounds: int = 3) -> None:
    """One student at a time against scikit-learn's logistic regression, one thread each, turn by turn."""
    for l2, about in ((2 / N, "scikit-learn's default penalty"), (0.1, "the default l2 = 0.1")):
        each: dict[str, dict[str, list[float]]] = {"ours": {}, "scikit-learn": {}}
        for _ in range(rounds):
            for name, times in each.items():
                for what, values in _apart(1, name, count, l2).items():
                    if what != "seconds":
                        times.setdefault(what, []).extend(values)
        gaps = np.subtract(*(times["accuracies"] for times in each.values()))
        (ours, ours_cpu), (theirs, theirs_cpu) = (
            [1_000 * float(np.median(times[what])) for what in ("each", "cpu")] for times in each.values()
        )
        print(
            f"one student of {N:,} x {WIDTH}, {about}: {ours:.1f} ms ({ours_cpu:.1f} of the processor's time), "
            f"scikit-learn {theirs:.1f} ({theirs_cpu:.1f}), medians of {rounds * count}: {theirs / ours:.2f} x "
            f"({theirs_cpu / ours_cpu:.2f}). "
            f"Test accuracies differ by {np.abs(gaps).max():.4f} at most (n = 2,000)",
            flush=True,
        )


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
    best: dict[str, Any] = {}
    for threads in (1, 2):
        found = _apart(threads, "scikit-learn", compared, 2 / N)
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


SHARES = {  # of classes, largest last, by task and the model whose frozen features are learned from
    ("rotten-tomatoes", "minilm-l6"): (0.17, 0.83),
    ("tweets", "minilm-l6"): (0.08, 0.17, 0.75),
    ("mnist", "efficientnet-lite0"): (0.02, 0.02, 0.03, 0.03, 0.05, 0.05, 0.1, 0.15, 0.2, 0.35),
}


def frozen_features(task: str, name: str) -> tuple[np.ndarray, np.ndarray, Any]:
    """Standardised features of all examples as they are stored, their classes, and the training's defaults."""
    import torch

    from outgrow.learning.machine import Machine
    from outgrow.learning.predict import in_batches
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output, tasks

    examples = tasks[task]().load()
    model = models[name](**({"training": "probe"} if name == "minilm-l6" else {"resolution": 64}))
    network = model.extractor().build(Output(kind="classification", n_classes=examples.n_classes))
    machine = Machine(device=torch.device("cpu"))
    machine.place(network, machine.number_format(network)).eval()
    inputs = network.encode(examples.inputs)
    found: list[np.ndarray] = [np.empty(0)] * len(examples.ids)
    with torch.inference_mode():
        for piece in in_batches(inputs):
            for row, values in zip(piece, network(inputs.batch(piece, machine.device)).float().numpy(), strict=True):
                found[row] = values
    x = np.stack(found)
    deviation = x.std(0)
    x = ((x - x.mean(0)) / np.where(deviation < 1e-6, 1, deviation)).astype(np.float16).astype(np.float32)
    return x, np.asarray(examples.truth), TrainSpec(**model.train_defaults())


def prior(seeds: int = 3) -> None:
    """Heads on features of examples of very unequal classes, against scikit-learn's logistic regression.

    Soft labels are those of a regression on 32 of the features, which learned from other examples.
    """
    import torch
    from sklearn.linear_model import LogisticRegression

    from outgrow.learning.heads import Head, train_together
    from outgrow.learning.lbfgs import solve
    from outgrow.tasks.base import Output

    for (task, name), shares in SHARES.items():
        x, truth, spec = frozen_features(task, name)
        classes, device = len(shares), torch.device("cpu")
        output = Output(kind="classification", n_classes=classes)
        most = min(np.bincount(truth)[place] / share for place, share in enumerate(shares))
        n, test, others = (int(min(most, 5_100) * part) for part in (0.49, 0.39, 0.12))
        accuracies: dict[str, list[float]] = {}
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            shuffled = [rng.permutation(np.flatnonzero(truth == label)) for label in range(classes)]

            def draw(size: int, shuffled: list[np.ndarray] = shuffled, shares: Any = shares) -> np.ndarray:
                sizes = [int(share * size) for share in shares]
                drawn = np.concatenate([own[:most] for own, most in zip(shuffled, sizes, strict=True)])
                shuffled[:] = [own[most:] for own, most in zip(shuffled, sizes, strict=True)]
                return drawn

            held_out, rows, apart = draw(test), draw(n), draw(others)
            hard = torch.nn.functional.one_hot(torch.from_numpy(truth), classes).float()
            weak = LogisticRegression(max_iter=2_000).fit(x[apart, :32], truth[apart]).predict_proba(x[:, :32])
            for labels, targets in (("hard", hard), ("soft", torch.from_numpy(weak).float())):
                made = [student(targets, rows, seed=seed, l2=spec.l2)]
                copies, share = np.repeat(x[rows], classes, 0), targets[rows].numpy().reshape(-1) + 1e-9
                reference = LogisticRegression(max_iter=2_000)
                reference.fit(copies, np.tile(np.arange(classes), len(rows)), sample_weight=share)
                heads = {
                    "adam": train_together(x, made, spec, output, device=device)[0],
                    "lbfgs": solve(x, made, output, device=device)[0],
                }
                said = {"scikit-learn": reference.predict(x[held_out])}
                for how, head in heads.items():
                    assert isinstance(head, Head)
                    said[how] = (x[held_out] @ head.weight.numpy().T + head.bias.numpy()).argmax(1)
                for how, answers in said.items():
                    accuracies.setdefault(f"{labels}, {how}", []).append(float((answers == truth[held_out]).mean()))
        for how, each in accuracies.items():
            print(
                f"{task}, {classes} classes, the largest {shares[-1]:.0%}, {n:,} examples, {how}: {np.mean(each):.4f} "
                f"({seeds} seeds, n = {len(held_out):,})",
                flush=True,
            )


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
    apart = {"scikit-learn": scikit_learn, "ours": ours_alone}
    if sys.argv[1:2] and sys.argv[1] in apart:
        apart[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))
        sys.exit()
    for name in sys.argv[1:] or ["students", "one", "seeds", "prior", "memory"]:
        {"students": students, "one": one, "seeds": seeds, "prior": prior, "memory": memory}[name]()
