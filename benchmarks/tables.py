"""Seconds to read a table of one's own, by form: `python benchmarks/tables.py [ROWS]`, 1,000,000 rows by default.

Texts of 15 words, a label and a group. Seconds are those of this process on its core, the least of three, so that
others on the machine do little harm.
"""

from __future__ import annotations

import csv
import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import outgrow
from outgrow.tasks.base import tasks

WORDS = [
    "the",
    "a",
    "film",
    "book",
    "was",
    "dull",
    "bright",
    "warm",
    "clever",
    "and",
    "then",
    "of",
    "rain",
    "station",
    "price",
]
NAMES = ["id", "text", "label", "group"]


def rows(n: int) -> Iterator[tuple[str, str, str, int]]:
    rng = random.Random(0)
    for i in range(n):
        yield f"r{i}", " ".join(rng.choices(WORDS, k=15)), rng.choice(["good", "bad"]), i % 977


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(outgrow.__file__)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"x.{name}" for name in ("csv", "jsonl", "parquet")}
        with open(paths["csv"], "w", newline="") as handle:
            csv.writer(handle).writerows([NAMES, *rows(n)])
        with open(paths["jsonl"], "w") as handle:
            handle.writelines(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows(n))
        pq.write_table(pa.table(dict(zip(NAMES, zip(*rows(n), strict=True), strict=True))), paths["parquet"])
        for name, path in paths.items():
            task = tasks[name](path=str(path), text="text", label="label", group="group")  # type: ignore[call-arg]
            taken = []
            for _ in range(3):
                gc.collect()
                start = time.process_time()
                assert len(task.table().rows) == n  # type: ignore[attr-defined]
                taken.append(time.process_time() - start)
            print(f"{name:8} {min(taken):6.2f} s")


if __name__ == "__main__":
    main()
