"""What tables may not do: swallow a row, or say something else than the same table in another form."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import TOKENS
from tests.fuzz.targets.tables import check_examples

ROWS = 24
SAFE = ("plain words", "with, comma", 'a "quoted" word', "é à", "tab\tthere", "two\nlines", "end.", "'single'")


def _rows(rng: Rng) -> list[tuple[str, str]]:
    """Texts that name their row and their label: what comes back tells whether it is whole."""
    return [(f"<{i}:{i}> {rng.choice(SAFE)} stop", f"class{i % 2}") for i in range(ROWS)]


def _written(rows: list[tuple[str, str]], delimiter: str) -> list[bytes]:
    lines = []
    for row in (("text", "label"), *rows):
        stream = io.StringIO(newline="")
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerow(row)
        lines.append(stream.getvalue().encode())
    return lines


def _one_damaged(rng: Rng) -> Case:
    """A table of which one row has something put into it, or something less."""
    delimiter, suffix = rng.choice(((",", ".csv"), ("\t", ".tsv")))
    lines = _written(_rows(rng), delimiter)
    i = rng.randrange(1, len(lines))
    line = lines[i]
    at = rng.randrange(len(line) + 1)
    if rng.random() < 0.7:
        token = rng.choice([b'"', b'"', b'""', b"'", b"\\", b"\0", b"\r", *TOKENS])
        lines[i] = line[:at] + token[:3_000] + line[at:]
    else:
        lines[i] = line[:at] + line[at + rng.randrange(1, 4) :]
    return Case({f"t{suffix}": b"".join(lines)}, {"file": f"t{suffix}", "damaged": i - 1})


def _keeps_the_rest(case: Case, folder: Path) -> None:
    from outgrow.tasks.csv_file import CsvFile

    file = case.options["file"]
    examples = CsvFile(path=str(folder / file), text="text", label="label").load()
    names = examples.class_names
    there = set()
    assert examples.truth is not None
    for text, label in zip(examples.inputs, examples.truth, strict=True):
        starts = [int(one) for one in re.findall(r"<(\d+):\1>", text)]
        if len(starts) > 1 and not any("quote" in note or "lines" in note for note in examples.notes):
            raise Wrong(f"rows {starts} are one example, and no note says so: {examples.notes}")
        if len(starts) == 1 and starts[0] != case.options["damaged"]:
            if names[label] != f"class{starts[0] % 2}":
                raise Wrong(f"row {starts[0]} has the label {names[label]}")
            there.add(starts[0])
    lost = set(range(ROWS)) - there - {case.options["damaged"]}
    if lost and not examples.notes:
        raise Wrong(f"rows {sorted(lost)} are lost, and no note says so")
    if lost:
        counted = sum(
            int(one.replace(",", ""))
            for note in examples.notes
            for one in re.findall(r"(\d[\d,]*) (?:bad )?rows?\b", note)
        )
        if counted < len(lost):
            raise Wrong(f"{len(lost)} rows are lost, and the notes count {counted}: {examples.notes}")


add("csv-rows", _one_damaged, _keeps_the_rest, share=0.5)


def _same(rng: Rng) -> Case:
    """The same rows as CSV, TSV, JSONL and Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    odd = [
        "",
        " padded",
        "nan",
        "NULL",
        "0",
        "1.0",
        "01",
        "-1",
        "true",
        "a,b",
        'a"b',
        "\u2028x",
        "x\x85",
        "e\u0301",
        "é",
        "\ufeffx",
    ]
    kinds: list[list[Any]] = [
        [0, 1],
        ["a", "b"],
        [True, False],
        [0.0, 1.0],
        [1, 2, 3],
        ["yes", "no", "nan"],
        [1.5, 2.5],
    ]
    labels = rng.choice(kinds)
    n = rng.choice((2, 5, 30))
    rows = []
    for i in range(n):
        label = labels[i % len(labels)] if rng.random() < 0.9 else rng.choice(labels)
        rows.append(
            {"text": f"{rng.choice([*odd, *SAFE])} {i}" if rng.random() < 0.9 else rng.choice(odd), "label": label}
        )
    header: list[tuple[Any, ...]] = [("text", "label"), *((row["text"], row["label"]) for row in rows)]
    comma, tab = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(comma).writerows(header)
    csv.writer(tab, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(header)
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return Case(
        {
            "t.csv": comma.getvalue().encode(),
            "t.tsv": tab.getvalue().encode(),
            "t.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(),
            "t.parquet": stream.getvalue(),
        }
    )


def _say_the_same(case: Case, folder: Path) -> None:
    from outgrow.errors import DataError
    from outgrow.tasks.base import tasks

    found: dict[str, Any] = {}
    for name, file in (("csv", "t.csv"), ("csv", "t.tsv"), ("jsonl", "t.jsonl"), ("parquet", "t.parquet")):
        try:
            one = tasks[name](path=str(folder / file), text="text", label="label").load()  # type: ignore[call-arg]
            found[file] = (list(one.inputs), [one.class_names[label] for label in check_examples(one)], one.ids)
        except DataError as error:
            found[file] = "error: " + str(error).partition(": ")[2]
    first = found.pop("t.csv")
    for file, other in found.items():
        if isinstance(first, str) and isinstance(other, str):
            continue
        if first != other:
            raise Wrong(f"t.csv and {file} differ: {_differ(first, other)}")


def _differ(a: Any, b: Any) -> str:
    if isinstance(a, str) or isinstance(b, str):
        return f"{str(a)[:150]!r} and {str(b)[:150]!r}"
    for one, other in zip(a, b, strict=True):
        for x, y in zip(one, other, strict=False):
            if x != y:
                return f"{x!r} and {y!r}"
    return f"{len(a[0])} and {len(b[0])} rows"


add("same", _same, _say_the_same, share=0.2)
