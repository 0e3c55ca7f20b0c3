"""New data to label: readers that stream, and writers, without a model."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import value, written
from tests.fuzz.targets.tables import records, separated, squeezed, written_as

OUT = (".csv", ".tsv", ".jsonl", ".parquet", ".csv.gz")


def case(rng: Rng) -> Case:
    """A table as tasks are given, damaged or not; often read in small chunks."""
    suffix = rng.choice((".csv", ".csv", ".tsv", ".jsonl", ".json"))
    rows = records(rng, rng.choice((0, 1, 2, 6, 24)))
    if suffix in (".csv", ".tsv"):
        data = separated(rng, rows, "\t" if suffix == ".tsv" else ",")
    elif suffix == ".json":
        data = json.dumps(rows, indent=rng.choice((None, 2))).encode()
    else:
        data = b"".join(json.dumps(row if rng.random() < 0.9 else value(rng)).encode() + b"\n" for row in rows)
    if rng.random() < 0.7:
        data = damaged(rng, data, other=written(rng, value(rng)) if rng.random() < 0.2 else data)
    if rng.random() < 0.05:
        data = squeezed(rng, data)
    fields = written_as(rng, {"batch": rng.choice((1, 3, 100))}, ("encoding", "delimiter"))
    fields |= {"spreadsheet": rng.random() < 0.1, "prefix": rng.choice(("m_", "m_", "m_", "m_", ""))}
    roles = rng.choice(({"text": "text"}, {"text": "{prompt} {text}"}, {"first": "chosen", "second": "rejected"}))
    return Case({f"t{suffix}": data}, {"file": f"t{suffix}", "fields": fields, "roles": roles, "out": rng.choice(OUT)})


class Fixed:
    """A student that finds each class as probable as any other."""

    def __init__(self, pairs: bool) -> None:
        from outgrow.models.base import Model
        from outgrow.tasks.base import Output

        kind: Any = "preference" if pairs else "classification"
        self.output = Output(kind=kind, n_classes=2, class_names=() if pairs else ("a", "b"))
        self.classes, self.columns, self.model, self.fingerprint = ["a", "b"], dict[str, str](), Model(), ""

    def encode(self, inputs: np.ndarray) -> np.ndarray:
        """The inputs, all texts that can be written."""
        "".join(inputs.reshape(-1)).encode()
        return inputs

    def answers_to(self, rows: np.ndarray, machine: object) -> np.ndarray:
        """Halves."""
        return np.full((len(rows), 2), 0.5, np.float32)


def read(case: Case, folder: Path) -> object:
    """Label a table; what is written has a row for each of it."""
    from outgrow.labelling import label_file

    out, roles = folder / f"out{case.options['out']}", case.options["roles"]
    student: Any = Fixed("first" in roles)
    found = label_file(student, folder / case.options["file"], out, columns=roles, **case.options["fields"])
    if out.name.endswith(".jsonl"):
        n = len([json.loads(line) for line in out.read_bytes().decode().split("\n") if line])
    elif out.name.endswith(".tsv"):
        text = io.StringIO(out.read_bytes().decode(), newline="")
        n = len(list(csv.reader(text, delimiter="\t", strict=True))) - 1
    else:
        return found.rows
    if n != found.rows:
        raise Wrong(f"{n} rows are written, {found.rows} were read")
    return n


add("label", case, read)
