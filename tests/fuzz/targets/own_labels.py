"""Tables of weak labels and label matrices; and the model folders that come of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, value, written
from tests.fuzz.targets.tables import separated

NAMES = (("neg", "pos"), ("0", "1"), ("-1", "1"), ("-1", "0", "1"), ("a", "b", "c"), ("true", "false"), ("1", "2"))


def _rows(rng: Rng) -> list[dict[str, Any]]:
    names = rng.choice(NAMES)
    rows: list[dict[str, Any]] = []
    for i in range(rng.choice((0, 3, 30, 40))):
        share = round(rng.random(), 3)
        said = [rng.choice((*names, "", names[0])) for _ in range(3)]
        row: dict[str, Any] = {
            "text": f"text {i if rng.random() < 0.9 else 3}", "other": f"reply {i}", "a": said[0], "b": said[1],
            "who": rng.choice("xyz"), "gold": said[2] if rng.random() < 0.2 else "",
            "p_neg": share, "p_pos": round(1 - share, 3), "p": share,
        }  # fmt: skip
        if rng.random() < 0.02:
            row[rng.choice(list(row))] = value(rng)
        rows.append(row)
    return rows


def _matrix(rng: Rng, n: int) -> bytes:
    shape = rng.choice(((n,), (n, 2), (n, 2, 2), (n + 1, 2), (n, 0), ()))
    seed = np.random.default_rng(rng.randrange(1 << 30))
    found = seed.integers(-1, rng.choice((2, 3)), shape)
    file = io.BytesIO()
    np.save(file, seed.dirichlet([1, 1], shape[:-1]) if rng.random() < 0.3 and shape[-1:] == (2,) else found)
    return file.getvalue() if rng.random() < 0.6 else damaged(rng, file.getvalue(), other=file.getvalue())


def tables(rng: Rng) -> Case:
    """A table, damaged or not, and what its columns are said to be."""
    rows, suffix = _rows(rng), rng.choice((".csv", ".csv", ".jsonl"))
    data = separated(rng, rows, ",") if suffix == ".csv" else "\n".join(map(json.dumps, rows)).encode()
    if rng.random() < 0.4:
        data = damaged(rng, data, other=written(rng, value(rng)) if rng.random() < 0.2 else data)
    labels = rng.choice(
        (["a", "b"], ["a"], ["p"], ["p_*"], ["a", "p"], ["a", "p_*"], ["L.npy"], ["a", "L.npy"], ["nine"])
    )
    fields: dict[str, Any] = {"text": "text"} if rng.random() < 0.7 else {"first": "text", "second": "other"}
    if rng.random() < 0.4:
        fields["audited"] = rng.choice(("gold", "gold", "b", "who"))
    if rng.random() < 0.3:
        fields["classes"] = list(rng.choice(NAMES))
    if rng.random() < 0.2:
        fields["annotator"] = "who"
    if rng.random() < 0.2:
        fields["no_label"] = [str(value(rng)) for _ in range(2)]
    if rng.random() < 0.2:
        fields["sources"] = ["who"]
    return Case(
        {f"t{suffix}": data, "L.npy": _matrix(rng, len(rows))}, {"file": f"t{suffix}", "labels": labels, **fields}
    )


def read_table(case: Case, folder: Path) -> object:
    """Read it; votes are shares, and nothing is there twice."""
    from outgrow.own_labels.columns import Columns
    from outgrow.own_labels.table import read

    given: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in case.options.items() if name != "file"
    }
    given["labels"] = tuple(str(folder / one) if one.endswith(".npy") else one for one in given["labels"])
    found = read([str(folder / case.options["file"])], Columns(**given))
    total = found.votes.sum(-1)
    if not np.isfinite(found.votes).all() or (np.abs(total[total > 0] - 1) > 1e-3).any():
        raise Wrong("a row of votes does not sum to one")
    if len(set(found.ids)) != len(found.inputs) or found.truth.max(initial=-1) >= found.output.n_classes:
        raise Wrong("rows or truths that cannot be")
    return len(found.ids)


FACTS = {
    "format": 1, "outgrow": "0.1.0", "kind": "classification", "classes": ["a", "b"], "named": True,
    "columns": {"text": "x"}, "model": {"model": "toy-xs"}, "base": "0" * 64, "about": {},
    "files": {"weights.safetensors": "0" * 64},
}  # fmt: skip


def folders(rng: Rng) -> Case:
    """A model folder whose facts, weights or rows are odd."""
    facts = altered(rng, FACTS) if rng.random() < 0.7 else FACTS
    told = json.dumps(facts).encode()
    if rng.random() < 0.3:
        told = damaged(rng, told, other=written(rng, value(rng)))
    files = {"student.json": told, "weights.safetensors": damaged(rng, b"\x08" + b"\0" * 7 + b"{}      ", other=told)}
    if rng.random() < 0.5:
        files["rows.parquet"] = damaged(rng, b"PAR1" + told + b"PAR1", other=told)
    return Case(files)


def read_folder(case: Case, folder: Path) -> object:
    """Load the student, and the rows behind it."""
    from outgrow.errors import OutgrowError
    from outgrow.own_model.kept_rows import read
    from outgrow.student import load

    try:
        return read(folder).ids
    except OutgrowError:
        return load(folder).classes


add("weak-tables", tables, read_table)
add("student-folders", folders, read_folder)
