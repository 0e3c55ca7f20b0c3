"""Label files in each form, and whether they agree with the task that reads the same file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, text, value, written

IDS = tuple(f"id{i}" for i in range(8))
NAMES = (
    ("0", "1"),
    ("good", "bad"),
    ("false", "true"),
    ("first", "second"),
    ("1", "2"),
    ("a", "b", "c"),
    ("-1", "0", "1"),
)


def _rows(rng: Rng, names: tuple[str, ...]) -> list[dict[str, Any]]:
    form = rng.randrange(4)
    rows: list[dict[str, Any]] = []
    for one in IDS:
        row: dict[str, Any] = {"id": one}
        if form < 2:
            choice = rng.randrange(len(names))
            row["label"] = rng.choice((names[choice], str(choice))) if form else names[choice]
        else:
            shares = [rng.random() for _ in names]
            keys = names if form == 2 else [str(i) for i in range(len(names))]
            row |= {key: share / sum(shares) for key, share in zip(keys, shares, strict=True)}
        if rng.random() < 0.03:
            row[rng.choice(list(row))] = value(rng)
        rows.append(row)
    return rows


def packed(rng: Rng, rows: list[dict[str, Any]], suffix: str) -> bytes | None:
    """Rows as a file; None where its form cannot hold them."""
    if suffix == ".jsonl":
        return b"\n".join(written(rng, altered(rng, row) if rng.random() < 0.05 else row) for row in rows)
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        stream = io.BytesIO()
        try:
            pq.write_table(pa.Table.from_pylist(rows), stream)
        except (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError, RecursionError):
            return None
        return stream.getvalue()
    out = io.StringIO(newline="")
    names = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",")
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _labels(rng: Rng) -> Case | None:
    names = rng.choice(NAMES)
    suffix = rng.choice((".csv", ".csv", ".jsonl", ".jsonl", ".parquet", ".tsv", ".CSV", ".txt"))
    data = packed(rng, _rows(rng, names), suffix.lower())
    if data is None:
        return None
    if rng.random() < 0.7:
        data = damaged(rng, data, most=3)
    fields: dict[str, Any] = {}
    if rng.random() < 0.15:
        fields["columns"] = rng.choice((["label"], ["label", "id"], [text(rng)]))
    if rng.random() < 0.1:
        fields["annotator"] = rng.choice(("id", "label", text(rng)))
    if rng.random() < 0.1:
        fields["values"] = rng.choice(("names", "numbers", "auto", text(rng)))
    return Case({f"l{suffix}": data}, {"file": f"l{suffix}", "names": list(names), "fields": fields})


def _read(case: Case, folder: Path) -> None:
    import numpy as np

    from outgrow.supervisors.label_file import LabelFile
    from outgrow.tasks.base import Output

    names = tuple(case.options["names"])
    output = Output(kind="classification", n_classes=len(names), class_names=names)
    fields: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in case.options["fields"].items()
    }
    supervisor = LabelFile(path=str(folder / case.options["file"]), **fields)
    supervisor.identity()
    found, _ = supervisor.read(IDS, output, known=IDS)
    if found.shape[1:] != (len(IDS), len(names)) or not np.isfinite(found).all() or (found < 0).any():
        raise Wrong(f"probabilities of shape {found.shape}: {found}")
    sums = found.sum(-1)
    if not (np.isclose(sums, 1, atol=2e-2) | (sums == 0)).all():
        raise Wrong(f"probabilities sum to {sums}")


add("labels", _labels, _read)


def _agreeing(rng: Rng) -> Case | None:
    """A file with ids, texts and labels, which a task and a supervisor both read."""
    names: tuple[Any, ...] = rng.choice(
        ((0, 1), ("good", "bad"), (True, False), (1.0, 0.0), (1, 2), (-1, 1), ("a", "b", "c"))
    )
    odd = ("plain", "\u2028x", "two\nlines", 'a "b"', "x\x85", "", " pad ", "é", "x" * 200_000)
    rows = [
        {
            "id": f"id{i}",
            "text": f"{rng.choice(odd[:-1] if rng.random() < 0.99 else odd)} {i}",
            "label": names[i % len(names)],
        }
        for i in range(24)
    ]
    if rng.random() < 0.3:
        row = rng.choice(rows)
        row["label"] = rng.choice(
            (str(row["label"]), float(row["label"]) if isinstance(row["label"], int) else "", text(rng))
        )
    suffix = rng.choice((".csv", ".jsonl", ".jsonl"))
    data = packed(rng, rows, suffix)
    return Case({f"t{suffix}": data}, {"file": f"t{suffix}"}) if data else None


def _agree(case: Case, folder: Path) -> None:
    import numpy as np

    from outgrow.supervisors.label_file import LabelFile
    from outgrow.tasks.base import Output, tasks

    path = str(folder / case.options["file"])
    name = "csv" if path.endswith(".csv") else "jsonl"
    examples = tasks[name](path=path, text="text", label="label", id="id").load()  # type: ignore[call-arg]
    output = Output(kind="classification", n_classes=examples.n_classes, class_names=examples.class_names)
    found = LabelFile(path=path).read(examples.ids, output, known=examples.ids)[0][0]
    answered = found.sum(-1) > 0
    if not (found.argmax(-1) == np.asarray(examples.truth))[answered].all():
        raise Wrong("the same file says another label as a label file than as a task")
    if not answered.all():
        raise Wrong("a row with a label in the task has none in the label file")


add("labels-agree", _agreeing, _agree, share=0.3)
