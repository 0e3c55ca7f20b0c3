"""How long it takes to list, filter and pool many results, and to make their report.

    python benchmarks/listing.py                  some 100,000 rows, in a folder that is deleted again
    python benchmarks/listing.py --rates 1        the paper's study alone: 7,128 rows
    python benchmarks/listing.py --store FOLDER   keep the store, or measure the one that is there

The rows are those of benchmarks/study.py with several learning rates of the strong model. What the models said is drawn
at random, once for each pair, method and seed, and shared by all tasks; rows and manifests are a run's own.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from study import SIZES, TASKS, document, no_hub

from outgrow.artefacts import Manifest
from outgrow.config import expand, to_tables
from outgrow.disk import sha256
from outgrow.experiment import Experiment, run
from outgrow.results.answers import read_answers
from outgrow.results.evaluation import evaluate
from outgrow.results.table import CurvePoint, Evaluation, Record, Result
from outgrow.spec import digest
from outgrow.steps import Steps, walk_unique
from outgrow.steps.compare import FACTS, FILE, OF_ROLE
from outgrow.store import Store
from outgrow.store.manifests import MANIFEST

ROWS = 200  # test examples of the comparisons
MADE_WITH = {"outgrow": "0", "torch": "2.13.0", "numpy": "2.4.0", "python": "3.11", "cpu": "none: drawn at random"}


def skill(size: str) -> float:
    """How often a model of this size is right once trained on the truth."""
    return 0.62 + 0.04 * SIZES.index(size)


def draw(folder: Path, weak: str, strong: str, method: str, seed: int) -> dict[str, dict[str, object]]:
    """Write what a comparison of such models may look like, and tell the files' sizes and hashes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng([SIZES.index(weak), SIZES.index(strong), len(method), seed])
    truth = np.arange(ROWS) % 2
    gain = {"naive": 0.3, "confidence": 0.5, "bootstrapping": 0.4}[method] * (skill(strong) - skill(weak))
    columns: dict[str, object] = {
        "id": [f"row {i}" for i in range(ROWS)], "group": [f"group {i}" for i in range(ROWS)], "truth": truth,
    }  # fmt: skip
    for role, right in {"weak": skill(weak), "student": skill(weak) + gain, "ceiling": skill(strong)}.items():
        sure = rng.uniform(0.5, 1.0, ROWS).astype(np.float32)
        said = np.where(rng.random(ROWS) < right, truth, 1 - truth)
        of_truth = np.where(said == truth, sure, 1 - sure)
        values = (
            said, (said != truth).astype(np.int64), of_truth, sure, np.where(said == 1, sure, 1 - sure),
            2 * (1 - of_truth) ** 2,
        )  # fmt: skip
        columns |= {f"{role}_{name}": value for name, value in zip(OF_ROLE, values, strict=True)}
    pq.write_table(pa.table(columns), folder / FILE)
    curve = [
        dataclasses.asdict(CurvePoint(progress=i / 5, accuracy=0.5 + i / 20, agreement=None, n=300)) for i in range(6)
    ]
    facts = {"weak_label_accuracy": skill(weak), "n_classes": 2, "notes": [], "curves": {"student": curve}}
    (folder / FACTS).write_text(json.dumps(facts))
    return {name: {"size": os.path.getsize(folder / name), "sha256": sha256(folder / name)} for name in (FILE, FACTS)}


class Maker:
    """Writes rows and the comparisons behind them into a store."""

    def __init__(self, store: Store, drawn: Path) -> None:
        self._store, self._drawn, self._steps = store, drawn, Steps()
        self._known: dict[tuple[str, str, str, int], tuple[Path, dict[str, dict[str, object]], Evaluation | None]] = {}

    def make(self, one: Experiment) -> None:
        """The row of one experiment."""
        result = run(one, self._steps)
        who = one.weak.label, one.strong.model.label, one.method.name, one.seed
        if who not in self._known:
            folder = self._drawn / digest(who)[:16]
            folder.mkdir()
            self._known[who] = folder, draw(folder, *who), None
        folder, files, evaluation = self._known[who]
        manifest = Manifest(
            key=result.key, step=result.name, identity=result.identity(), versions=MADE_WITH, seconds=0.1,
            created=time.time(), inputs={name: step.key for name, step in result.inputs().items()}, files=files,
        )  # fmt: skip
        place = self._store.folder(result.key)
        if not self._store.has(result.key):  # several methods can come to the same
            place.mkdir(parents=True)
            for name in files:
                os.link(folder / name, place / name)
            (place / MANIFEST).write_text(json.dumps(vars(manifest)))
        if evaluation is None:
            from outgrow.metrics.base import metrics

            evaluation = evaluate(read_answers(self._store, [result.key], metric=metrics[one.metric]))
            self._known[who] = folder, files, evaluation
        scores, pgr = evaluation.scores, evaluation.pgr
        row = Result(
            experiment=one.name, task=one.tested, kind=one.task.kind, weak=who[0], strong=who[1],
            method=one.method.label, seed=one.seed, n_supervisor=one.split.supervisor,
            n_transfer=one.split.transfer, n_test=one.split.test, metric=one.metric, zero_shot_score=None,
            weak_score=scores["weak"].value, student_score=scores["student"].value,
            ceiling_score=scores["ceiling"].value, weak_label_accuracy=skill(who[0]),
            agreement=evaluation.agreement.value,
            agreement_when_right=evaluation.agreement_when_right and evaluation.agreement_when_right.value,
            agreement_when_wrong=evaluation.agreement_when_wrong and evaluation.agreement_when_wrong.value,
            pgr=pgr and pgr.value, pgr_low=pgr and pgr.low, pgr_high=pgr and pgr.high, verdict=evaluation.verdict,
            key=result.key, n_groups=evaluation.n_groups, design_effect=evaluation.design_effect,
        )  # fmt: skip
        curve = [CurvePoint(progress=i / 5, accuracy=0.5 + i / 20, agreement=0.5 + i / 30, n=300) for i in range(6)]
        record = Record(
            row=row, weak_cost=one.weak.cost or 0.0, strong_cost=one.strong.model.cost,
            curves=dict.fromkeys(("weak", "student", "ceiling"), curve), settings=to_tables(one),
            identity=digest([one.name, one.identity()]), steps=[step.key for step in walk_unique(result)],
            provenance={"computed": time.strftime("%Y-%m-%d %H:%M UTC"), **MADE_WITH}, notes=[], evaluation=evaluation,
        )  # fmt: skip
        self._store.write_result(
            digest([one.name, one.seed, one.method.label, result.key])[:24], dataclasses.asdict(record)
        )


def fill(store: Store, rates: int) -> int:
    """Make the study's rows; returns how many there are."""
    made = 0
    tried = [1e-6 * (1 + i) for i in range(rates)] if rates > 1 else []
    with no_hub(), tempfile.TemporaryDirectory(dir=store.root) as drawn:
        maker = Maker(store, Path(drawn))
        for task in TASKS:
            for one in expand(document(task, rates=tried), name="study"):
                maker.make(one)
                made += 1
    return made


LIST = """
from outgrow.results.columns import select
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.store import Store
store = Store.existing({store!r})
every = read_records(store)
records = select(every, ["method=naive", "strong=pythia-1b"])
groups = pool(store, every)
pool(store, records)
told = sum(one.pgr is not None for one in groups)
print(f"{{len(every):,}} rows, {{len(records):,}} fit; {{len(groups):,}} pooled, {{told:,}} have PGR")
"""
COMMANDS = {
    "list, filter and pool": [sys.executable, "-c", LIST],
    "outgrow results --where method=naive --where strong=pythia-1b": [
        "results", "--where", "method=naive", "--where", "strong=pythia-1b",
    ],
    "outgrow results --group": ["results", "--group"],
    "outgrow results": ["results"],
    "outgrow report": ["report", "--out", "{report}"],
}  # fmt: skip


def measure(store: Path, only: Sequence[str]) -> None:
    """Time each command in a process of its own: the first time, and once more."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        for name, words in COMMANDS.items():
            if only and name not in only:
                continue
            command = [word.format(store=str(store), report=str(page)) for word in words]
            if command[0] != sys.executable:
                command = [sys.executable, "-m", "outgrow", *command, "--store", str(store)]
            for place in ("first", "again"):
                code = (
                    "import resource, subprocess, sys, time; t = time.perf_counter(); "
                    "c = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE); s = time.perf_counter() - t; "
                    "u = resource.getrusage(resource.RUSAGE_CHILDREN); "
                    "print(c.stdout.decode()[-200:].strip().splitlines()[-1][:120], file=sys.stderr); "
                    "print(f'{s:.1f} s, {u.ru_utime + u.ru_stime:.1f} s of a core, {u.ru_maxrss / 2**10:,.0f} MiB')"
                )
                done = subprocess.run([sys.executable, "-c", code, *command], stdout=subprocess.PIPE, check=True)
                print(f"{name}, {place}: {done.stdout.decode().strip()}", flush=True)
        if page.exists():
            print(f"the page: {page.stat().st_size / 1e6:.1f} MB")


def main(rates: int, store: Path | None, only: Sequence[str]) -> None:
    """Make a store, unless there is one, and measure."""
    with contextlib.nullcontext(str(store)) if store else tempfile.TemporaryDirectory() as root:
        opened = Store(root)
        opened.create()
        if not any((opened.root / "results").iterdir()):
            started = time.perf_counter()
            print(f"{fill(opened, rates):,} rows made in {time.perf_counter() - started:.0f} s", flush=True)
        measure(opened.root, only)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rates", type=int, default=14, help="learning rates of the strong model")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--only", action="append", default=[], help="only this of the measurements")
    main(**vars(parser.parse_args()))
