"""Speed and memory of `outgrow label` on short texts: `python benchmarks/label.py [ROWS]`, 1,000,000 by default.

A linear head on the mean of glove-50d's vectors labels a CSV of texts, each half of one tweet and half of another.
Beside it the same features in scikit-learn: counts of the same words, times the vectors, over their number, and a
logistic regression with the same weights. Each is a process of its own, on the same file, on one core, one after the
other in turn; seconds are of the wall and of the processor, from the start of Python to its end, the least of three,
and memory is the most that was resident. pandas reads and writes for scikit-learn where it is there, else the csv
module, which is told. `--python FILE` is the interpreter of scikit-learn's process, if it is another.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RIVAL = """
import sys
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
table, words, vectors, weights, out = sys.argv[1:]
CHUNK = 8192
vocabulary = open(words).read().split("\\n")
vectors, weights = np.load(vectors), np.load(weights)
counter = CountVectorizer(token_pattern=r"\\w+|[^\\w\\s]", vocabulary=vocabulary, dtype=np.float32)
model = LogisticRegression()
model.coef_, model.intercept_, model.classes_ = weights[None, :-1], weights[-1:], np.array(["neg", "pos"])
def answers(texts):
    counts = counter.transform(texts)
    n = np.maximum(np.asarray(counts.sum(1)), 1)
    return model.predict_proba(np.asarray(counts @ vectors) / n)
def rows():
    try:
        import pandas as pd
    except ImportError:
        import csv
        with open(table, newline="") as file, open(out, "w", newline="") as to:
            reader, writer = csv.reader(file), csv.writer(to)
            header = next(reader)
            writer.writerow([*header, "label", "probability", "p_neg", "p_pos"])
            import itertools
            while some := list(itertools.islice(reader, CHUNK)):
                p = answers([row[1] for row in some])
                best = p.argmax(1)
                writer.writerows([*row, model.classes_[i], one[i], *one] for row, i, one in zip(some, best, p.tolist()))
        return "csv"
    for i, some in enumerate(pd.read_csv(table, chunksize=CHUNK, dtype=str, keep_default_na=False)):
        p = answers(some["text"])
        some["label"], some["probability"] = model.classes_[p.argmax(1)], p.max(1)
        some["p_neg"], some["p_pos"] = p.T
        some.to_csv(out, mode="a" if i else "w", header=not i, index=False)
    return "pandas"
print(rows())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        prepare(given.prepare, given.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # in a process of its own: a child's most memory counts from that of its parent
        subprocess.run([sys.executable, __file__, str(given.rows), "--prepare", folder], check=True)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        (place / "rival.py").write_text(RIVAL)
        outgrow = [sys.executable, "-m", "outgrow", "label", place / "model", place / "new.csv", "--force", "--out"]
        rival = [given.python, place / "rival.py", *(place / name for name in ("new.csv", "words", "v.npy", "w.npy"))]
        commands = {"outgrow label": [*outgrow, place / "labelled.csv"], "scikit-learn": [*rival, place / "rival.csv"]}
        best: dict[str, tuple[float, float, float, str]] = {}
        for _ in range(given.times):
            for name, command in commands.items():
                found = measured([str(one) for one in command], environment)
                best[name] = min(best.get(name, found), found)
                print(
                    f"{name:14} {found[0]:7.1f} s, {found[1]:7.1f} s of the processor, {found[2]:6.0f} MiB  {found[3]}"
                )
        print()
        for name, (wall, processor, memory, told) in best.items():
            print(f"{name:14} {given.rows / wall:9,.0f} rows/s, {wall:.1f} s ({processor:.1f} s of the processor), "
                  f"{memory:,.0f} MiB; {told}")  # fmt: skip
        print(f"largest difference of a probability: {difference(place):.2g}")


def prepare(place: Path, n: int) -> None:
    """The table, a model folder, and what scikit-learn needs for the same."""
    import numpy as np
    import torch
    from sklearn.linear_model import LogisticRegression

    from outgrow import packs
    from outgrow.models.base import models
    from outgrow.student import Student, save
    from outgrow.student.base import DEVIATION, MEAN
    from outgrow.tasks.base import Output, tasks
    from outgrow.text.word_vectors import load

    examples = tasks["tweets"]().load()
    assert examples.truth is not None
    order = np.random.default_rng(0).permutation(len(examples.inputs))
    texts, truth = examples.inputs[order], examples.truth[order]
    network = load(packs.folder("glove-50d"))
    features = network.encode(texts[:5_000]).values
    fitted = LogisticRegression(max_iter=1_000).fit(features, truth[:5_000] == truth.max())
    weight, bias = fitted.coef_[0].astype(np.float32), fitted.intercept_.astype(np.float32)
    state = {
        "head.weight": torch.tensor(np.stack([0 * weight, weight])), "head.bias": torch.tensor([0.0, bias[0]]),
        MEAN: torch.zeros(len(weight)), DEVIATION: torch.ones(len(weight)),
    }  # fmt: skip
    output = Output(kind="classification", n_classes=2, class_names=("neg", "pos"))
    save(Student(model=models["glove-50d"](), output=output, state=state, columns={"text": "text"}), place / "model")
    np.save(place / "w.npy", np.concatenate([weight, bias]).astype(np.float64))
    np.save(place / "v.npy", np.asarray(network._vectors, np.float32))
    words = sorted(network._number, key=network._number.__getitem__)
    (place / "words").write_text("\n".join(words))
    rng, some = random.Random(0), [" ".join(str(text).split()) for text in texts]
    with open(place / "new.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "source"])
        for i in range(n):
            one, other = (rng.choice(some).split() for _ in range(2))
            text = " ".join([*one[: (len(one) + 1) // 2], *other[len(other) // 2 :]])
            writer.writerow([i, text, f"s{i % 7}"])


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, float, str]:
    """Seconds of the wall and of the processor, MiB, and the last line said."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read().strip()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, said
    wall = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / (1 << 20), said.rpartition("\n")[2]


def difference(place: Path) -> float:
    """Between the probabilities of both, row by row."""
    most = 0.0
    with open(place / "labelled.csv", newline="") as one, open(place / "rival.csv", newline="") as other:
        for own, its in zip(csv.DictReader(one), csv.DictReader(other), strict=True):
            most = max(most, abs(float(own["p_pos"]) - float(its["p_pos"])))
    return most


if __name__ == "__main__":
    main()
