"""How fast language models are fine-tuned and read here: against the machine's peak, and against what others run.

Run by hand on an idle machine with the packs smollm2-135m, minilm-l6 and rotten-tomatoes:
`python benchmarks/language.py peak`      share of the bfloat16 matrix peak: feature extraction and training of SmolLM2
`python benchmarks/language.py finetune`  against a plain Hugging Face Trainer, and one-row micro-batches in float32
`python benchmarks/language.py memory`    peak memory of LoRA along the training
`python benchmarks/language.py precision [SEEDS]`  accuracy and speed of whole SmolLM2 in bfloat16 against float32

Each contender runs in a process of its own, one after the other, on the same rows, epochs, learning rate and batches.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RATE, EPOCHS, BATCH, TEST = 5e-5, 2, 32, 1_000
ROWS = [("minilm-l6", 1_600), ("smollm2-135m", 640), ("smollm2-135m", 200)]  # that contenders are trained on


def reviews(n: int) -> tuple[Any, Any]:
    """Film reviews and labels of a fixed draw: `n` to train on, then TEST others."""
    from outgrow.tasks.base import tasks

    examples = tasks["rotten-tomatoes"]().load()
    order = sorted(range(len(examples.ids)), key=lambda row: examples.ids[row])[: n + TEST]
    return examples.inputs[order], examples.truth[order]


def matrix_peak() -> float:
    """The best rate of bfloat16 products of the shapes that SmolLM2 multiplies and of large squares, FLOP/s."""
    import torch

    best = 0.0
    for rows, inner, columns in ((1024, 576, 1536), (1024, 1536, 576), (2048, 576, 1536), (2048, 2048, 2048)):
        left, right = torch.randn(rows, inner).bfloat16(), torch.randn(columns, inner).bfloat16()
        repeat = max(3, int(4e10 / (2 * rows * inner * columns)))
        for _ in range(6):
            started = time.perf_counter()
            for _ in range(repeat):
                torch.nn.functional.linear(left, right)
            best = max(best, repeat * 2 * rows * inner * columns / (time.perf_counter() - started))
    return best


def peak() -> None:
    """Shares of the peak; FLOPs counted for real tokens and weight matrices alone, padding and attention as loss."""
    import torch

    from outgrow.learning.losses import CrossEntropy
    from outgrow.learning.machine import Machine
    from outgrow.learning.objective import Probabilities
    from outgrow.learning.predict import in_batches
    from outgrow.learning.train import fit
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    texts, labels = reviews(1_024)
    machine = Machine(device=torch.device("cpu"))
    output = Output(kind="classification", n_classes=2, class_names=("rotten", "fresh"))
    before = matrix_peak()
    probe = models["smollm2-135m"](training="probe")
    network = probe.extractor().build(output)
    weights = sum(value.numel() for name, value in network.named_parameters() if "layers" in name and value.ndim == 2)
    machine.place(network, torch.bfloat16).eval()
    rows = network.encode(texts)
    pieces = in_batches(rows)
    reading = []
    with torch.inference_mode():
        for attempt in range(4):
            started = time.perf_counter()
            for piece in pieces:
                network(rows.batch(piece, machine.device))
            seconds = time.perf_counter() - started
            if attempt:  # the first warms up
                reading.append(2 * weights * rows.lengths.sum() / seconds)
    rate = len(texts) / seconds

    full = models["smollm2-135m"]().build(output, seed=0)
    rows = full.encode(texts[:512])
    targets = Probabilities(torch.nn.functional.one_hot(torch.from_numpy(labels[:512]), 2).float())
    spec = TrainSpec(epochs=5, batch_size=BATCH, learning_rate=RATE, evaluations=5)
    marks: list[float] = []
    check = lambda network, progress: marks.append(time.perf_counter())  # noqa: E731
    fit(full, rows, targets, spec, loss=CrossEntropy(), seed=0, machine=machine, check=check)
    seconds_each = [after - before for before, after in itertools.pairwise(marks[1:])]
    training = [6 * weights * rows.lengths.sum() / seconds for seconds in seconds_each]
    after = matrix_peak()
    limit = max(before, after)  # a machine that does other things besides would flatter the shares
    print(f"bfloat16 matrix peak {before / 1e9:6.0f} GFLOP/s before, {after / 1e9:.0f} after; shares are of the larger")
    print(f"feature extraction   {rate:6.1f} rows/s, {_spread([one / limit for one in reading])}")
    print(f"training step        {512 / seconds_each[-1]:6.1f} rows/s, {_spread([one / limit for one in training])}")


def _spread(shares: list[float]) -> str:
    ordered = sorted(shares)
    return f"{ordered[len(ordered) // 2]:.0%} (from {ordered[0]:.0%} to {ordered[-1]:.0%} in {len(ordered)} passes)"


def ours(name: str, n: int) -> dict[str, float]:
    """This project's loop."""
    import torch

    from outgrow.learning.losses import CrossEntropy
    from outgrow.learning.machine import Machine
    from outgrow.learning.objective import Probabilities
    from outgrow.learning.predict import predict
    from outgrow.learning.train import fit
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    texts, labels = reviews(n)
    machine = Machine(device=torch.device("cpu"))
    output = Output(kind="classification", n_classes=2, class_names=("rotten", "fresh"))
    network = models[name]().build(output, seed=0)
    spec = TrainSpec(epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE, schedule="linear", evaluations=1)
    targets = Probabilities(torch.nn.functional.one_hot(torch.from_numpy(labels[:n]), 2).float())
    started = time.perf_counter()
    fit(network, network.encode(texts[:n]), targets, spec, loss=CrossEntropy(), seed=0, machine=machine)
    seconds = time.perf_counter() - started
    said = predict(network, network.encode(texts[n:]), machine=machine).argmax(1)
    return {"rows_per_second": n * EPOCHS / seconds, "accuracy": float((said == labels[n:]).mean())}


def trainer(name: str, n: int) -> dict[str, float]:
    """A plain Hugging Face Trainer: its defaults, dynamic padding, batches of 32."""
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    from outgrow import packs

    texts, labels = reviews(n)
    tokenizer = AutoTokenizer.from_pretrained(packs.folder(name))
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(packs.folder(name), dtype=torch.float32, num_labels=2)
    model.config.pad_token_id = tokenizer.pad_token_id
    rows = [
        {**tokenizer(text, truncation=True, max_length=256), "labels": int(label)}
        for text, label in zip(texts, labels, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=BATCH, num_train_epochs=EPOCHS, learning_rate=RATE,
            report_to=[], save_strategy="no", disable_tqdm=True, seed=0,
        )  # fmt: skip
        one = Trainer(
            model=model, args=arguments, train_dataset=rows[:n], data_collator=DataCollatorWithPadding(tokenizer)
        )
        started = time.perf_counter()
        one.train()
        seconds = time.perf_counter() - started
        said = one.predict(rows[n:]).predictions.argmax(1)
    return {"rows_per_second": n * EPOCHS / seconds, "accuracy": float((said == labels[n:]).mean())}


def one_row(name: str, n: int) -> dict[str, float]:
    """One forward and backward pass a row, in float32, gradients summed over 32 rows: as the public reference code."""
    import numpy as np
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from outgrow import packs

    texts, labels = reviews(n)
    tokenizer = AutoTokenizer.from_pretrained(packs.folder(name))
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(packs.folder(name), dtype=torch.float32, num_labels=2)
    model.train()
    ids = [torch.tensor([tokenizer(text, truncation=True, max_length=256)["input_ids"]]) for text in texts]
    truth = torch.tensor(labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    rng, done, total = np.random.default_rng(0), 0, EPOCHS * n // BATCH
    started = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in np.array_split(rng.permutation(n), n // BATCH):
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 - done / total)
            for row in batch:
                logits = model(input_ids=ids[row]).logits
                (torch.nn.functional.cross_entropy(logits, truth[row : row + 1]) / len(batch)).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            done += 1
    seconds = time.perf_counter() - started
    model.eval()
    with torch.inference_mode():
        said = np.array([int(model(input_ids=one).logits.argmax()) for one in ids[n:]])
    return {"rows_per_second": n * EPOCHS / seconds, "accuracy": float((said == labels[n:]).mean())}


def precision(seeds: int = 3, n: int = 400) -> None:
    """Whole SmolLM2 fine-tuned on `n` reviews with its defaults, once multiplied in bfloat16 and once in float32.

    Every seed has rows of its own, and both formats the same rows, order and first weights.
    """
    found: dict[str, list[dict[str, float]]] = {"float32": [], "bfloat16": []}
    for seed in range(seeds):
        for name, figures in found.items():
            figures.append(_contend("in_format", name, str(seed), str(n)))
            own = figures[-1]
            print(
                f"seed {seed}, {name:8}: accuracy {own['accuracy']:.3f} (n = {TEST}), {own['fresh']:.1%} called fresh, "
                f"{own['rows_per_second']:.1f} rows/s in training, {own['read_per_second']:.1f} read",
                flush=True,
            )
    mean = {
        name: {field: sum(own[field] for own in figures) / seeds for field in figures[0]}
        for name, figures in found.items()
    }
    low, high = mean["bfloat16"], mean["float32"]
    print(
        f"mean accuracy {low['accuracy']:.3f} in bfloat16, {high['accuracy']:.3f} in float32; training is "
        f"{low['rows_per_second'] / high['rows_per_second']:.1f} x as fast, reading "
        f"{low['read_per_second'] / high['read_per_second']:.1f} x"
    )


def in_format(name: Any, seed: int, n: int) -> dict[str, float]:
    """One fine-tuning of whole SmolLM2 in a number format."""
    import torch

    from outgrow.learning.losses import CrossEntropy
    from outgrow.learning.machine import Machine
    from outgrow.learning.objective import Probabilities
    from outgrow.learning.predict import predict
    from outgrow.learning.train import fit
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    texts, labels = reviews((seed + 1) * n)
    held_out, truth = reviews(20 * n)  # the same for up to 20 seeds
    held_out, truth = held_out[-TEST:], truth[-TEST:]
    texts, labels = texts[seed * n : (seed + 1) * n], labels[seed * n : (seed + 1) * n]
    machine = Machine(device=torch.device("cpu"), precision=name)
    output = Output(kind="classification", n_classes=2, class_names=("rotten", "fresh"))
    model = models["smollm2-135m"]()
    network = model.build(output, seed=seed)
    spec = TrainSpec(evaluations=1, **model.train_defaults())
    targets = Probabilities(torch.nn.functional.one_hot(torch.from_numpy(labels), 2).float())
    marks: list[float] = []
    check = lambda network, progress: marks.append(time.perf_counter())  # noqa: E731
    fit(network, network.encode(texts), targets, spec, loss=CrossEntropy(), seed=seed, machine=machine, check=check)
    started = time.perf_counter()
    said = predict(network, network.encode(held_out), machine=machine).argmax(1)
    return {
        "accuracy": float((said == truth).mean()),
        "fresh": float(said.mean()),
        "rows_per_second": n * spec.epochs / (marks[-1] - marks[0]),
        "read_per_second": TEST / (time.perf_counter() - started),
    }


def _contend(*arguments: str) -> dict[str, float]:
    """What a contender finds, in a process of its own."""
    command = [sys.executable, __file__, "contender", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


CONTENDERS = {"ours": ours, "trainer": trainer, "one_row": one_row}


def finetune() -> None:
    """Each contender on each model, and how many times faster ours is."""
    for name, n in ROWS:
        found = {contender: _contend(contender, name, str(n)) for contender in CONTENDERS}
        for contender, figures in found.items():
            ratio = found["ours"]["rows_per_second"] / figures["rows_per_second"]
            print(
                f"{name:14} {n:5} rows {contender:8} {figures['rows_per_second']:6.1f} rows/s, accuracy "
                f"{figures['accuracy']:.3f} (n = {TEST}), ours is {ratio:.1f} x as fast",
                flush=True,
            )


def memory() -> None:
    """Resident memory along a LoRA training with batches of 32 film reviews."""
    import torch

    from outgrow.learning.losses import CrossEntropy
    from outgrow.learning.machine import Machine
    from outgrow.learning.objective import Probabilities
    from outgrow.learning.train import fit
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec
    from outgrow.tasks.base import Output

    n = 1_280
    texts, labels = reviews(n)
    output = Output(kind="classification", n_classes=2, class_names=("rotten", "fresh"))
    network = models["smollm2-135m"](training="lora").build(output, seed=0)
    targets = Probabilities(torch.nn.functional.one_hot(torch.from_numpy(labels[:n]), 2).float())
    spec = TrainSpec(epochs=3, batch_size=BATCH, learning_rate=5e-4, evaluations=12)

    def check(network: object, progress: Any) -> None:
        status = Path("/proc/self/status").read_text()
        resident, high = (int(status.split(f"{word}:")[1].split()[0]) / 1024 for word in ("VmRSS", "VmHWM"))
        print(
            f"{progress.share:5.0%} of 120 updates: resident {resident:6.0f} MiB, peak so far {high:6.0f} MiB",
            flush=True,
        )

    machine = Machine(device=torch.device("cpu"))
    rows = network.encode(texts[:n])
    fit(network, rows, targets, spec, loss=CrossEntropy(), seed=0, machine=machine, check=check)


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or ["peak"]
    if command == "contender" and rest[0] == "in_format":
        print(json.dumps(in_format(rest[1], int(rest[2]), int(rest[3]))))
    elif command == "contender":
        print(json.dumps(CONTENDERS[rest[0]](rest[1], int(rest[2]))))
    elif command == "precision":
        precision(*map(int, rest))
    else:
        {"peak": peak, "finetune": finetune, "memory": memory}[command]()
