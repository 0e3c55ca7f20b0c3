"""Tables of one's own: CSV, TSV, JSONL and Parquet, as tasks read them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import ENCODINGS, damaged
from tests.fuzz.structures import altered, text, value, written

WORDS = ("good film", "bad, long", 'she said "no"', "two\nlines", "é à ü", "plain", "", "  padded ", "0", "tab\there")
ZONES = (None, "UTC", "Mars/X")
COLUMNS = ("text", "label", "group", "id", "chosen", "rejected", "prompt")


def records(rng: Rng, n: int) -> list[dict[str, Any]]:
    """Rows as a program writes them."""
    kind = rng.randrange(4)
    labels: tuple[Any, ...] = ((0, 1), ("good", "bad"), (True, False), (0.0, 1.0))[kind]
    return [
        {
            "text": f"{rng.choice(WORDS)} {i}",
            "label": rng.choice(labels),
            "group": f"g{i % 3}",
            "id": f"r{i}",
            "chosen": f"{rng.choice(WORDS)} {i}",
            "rejected": f"{i} {rng.choice(WORDS)}",
            "prompt": rng.choice(WORDS),
        }
        for i in range(n)
    ]


def separated(rng: Rng, rows: list[dict[str, Any]], delimiter: str) -> bytes:
    """Rows as a separated table, at times with other quotes than usual."""
    stream = io.StringIO(newline="")
    quoting: Any = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=rng.choice(("\r\n", "\n")))
    header = list(rows[0]) if rows else list(COLUMNS)
    table: list[list[Any]] = [header, *([row.get(name, "") for name in header] for row in rows)]
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 3)):
            row = rng.choice(table)
            way = rng.randrange(4)
            if way == 0:
                row.append(text(rng))
            elif way == 1 and row:
                row.pop(rng.randrange(len(row)))
            elif row:
                row[rng.randrange(len(row))] = text(rng)
    writer.writerows(table)
    return stream.getvalue().encode("utf-8", "surrogatepass")


def fields(rng: Rng) -> dict[str, Any]:
    """A task's settings, mostly sensible."""
    if rng.random() < 0.25:
        found: dict[str, Any] = {"kind": "preference", "chosen": "chosen", "rejected": "rejected"}
        if rng.random() < 0.5:
            found["prompt"] = rng.choice(("prompt", "{prompt}", "Q: {prompt} {id}", text(rng)))
    else:
        template = rng.choice(("text", "text", "{text}", "{prompt} / {text}", "label", text(rng)))
        found = {"text": template or "text", "label": rng.choice(("label", "label", "label", "group", "id", "text"))}
        if rng.random() < 0.2:
            found["labels"] = rng.choice(((0, 1), ("good", "bad"), (True, False), (1.0, 0.0), ("a", "b", "c")))
        if rng.random() < 0.2:
            found["no_label"] = rng.choice(((-1,), ("",), ("bad",), (0.0, "x")))
        found["balance"] = rng.random() < 0.3
    for name in ("group", "id"):
        if rng.random() < 0.3:
            found[name] = rng.choice((name, name, text(rng)))
    if rng.random() < 0.1:
        found["annotator"] = rng.choice(("group", "id", text(rng)))
    if rng.random() < 0.2:
        found["limit"] = rng.choice((1, 5, 1_000))
    return found


def written_as(rng: Rng, found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Settings with, at times, how the file is written."""
    if "encoding" in names and rng.random() < 0.12:
        found["encoding"] = rng.choice((*ENCODINGS, "gb18030", "hex", "rot13", "zlib", "idna", "undefined", text(rng)))
    if "delimiter" in names and rng.random() < 0.08:
        found["delimiter"] = rng.choice((";", "|", " ", "\t", "a", "\\", "\u2028", "\x00", '"', "\ud800", text(rng)))
    return found


def squeezed(rng: Rng, data: bytes) -> bytes:
    """Packed as people pack tables; at times a little file that unpacks to a large one."""
    if rng.random() < 0.02:
        data = data + rng.choice((b" ", b"\n", b"a")) * (1 << 20)
    way = rng.randrange(4)
    if way == 3:
        import pyarrow as pa

        return bytes(pa.Codec("zstd").compress(data).to_pybytes())
    return (gzip.compress(data, 1), bz2.compress(data, 1), lzma.compress(data, preset=0))[way]


def check_examples(examples: Any) -> Any:
    """What every task promises of its examples; returns their truth."""
    n = len(examples.ids)
    if not (n == len(examples.groups) == len(examples.inputs) == len(examples.truth)):
        raise Wrong("ids, groups, inputs and truth are not as many")
    if len(set(examples.ids)) != n:
        raise Wrong("an id stands there twice")
    if n and not (examples.truth.min() >= 0 and examples.truth.max() < examples.n_classes):
        raise Wrong("a label is no class")
    if examples.class_names and len(set(examples.class_names)) != examples.n_classes:
        raise Wrong(f"{examples.n_classes} classes are called {examples.class_names}")
    texts = [*examples.ids, *examples.groups, *examples.class_names]
    if examples.inputs.dtype == object:
        texts += list(examples.inputs.reshape(-1))
    try:
        "".join(texts).encode()
    except (UnicodeEncodeError, TypeError) as error:
        raise Wrong(f"a text cannot be written: {error}") from error
    return examples.truth


def table_case(rng: Rng, suffix: str, content: Callable[[Rng, list[dict[str, Any]]], bytes]) -> Case:
    """A table with settings; often damaged, at times whole."""
    data = content(rng, records(rng, rng.choice((0, 1, 2, 6, 24))))
    if rng.random() < 0.85:
        data = damaged(rng, data, other=content(rng, records(rng, 3)))
    if rng.random() < 0.03:
        data = squeezed(rng, data)
        data = damaged(rng, data, most=1) if rng.random() < 0.4 else data
    names = ("encoding", "delimiter") if suffix != ".jsonl" else ("encoding",)
    return Case({f"t{suffix}": data}, {"file": f"t{suffix}", "fields": written_as(rng, fields(rng), names)})


def read_as(name: str) -> Callable[[Case, Path], object]:
    """A target that reads with a task."""

    def read(case: Case, folder: Path) -> object:
        from outgrow.tasks.base import tasks

        given = {key: tuple(one) if isinstance(one, list) else one for key, one in case.options["fields"].items()}
        task = tasks[name](path=str(folder / case.options["file"]), **given)  # type: ignore[call-arg]
        examples = task.load()
        check_examples(examples)
        return task.identity()

    return read


def _csv(rng: Rng) -> Case:
    return table_case(rng, rng.choice((".csv", ".csv", ".CSV", ".txt")), lambda r, rows: separated(r, rows, ","))


def _tsv(rng: Rng) -> Case:
    return table_case(rng, rng.choice((".tsv", ".TSV", ".tab")), lambda r, rows: separated(r, rows, "\t"))


def json_lines(rng: Rng, rows: list[dict[str, Any]]) -> bytes:
    """Rows as JSON, one a line, some of them altered."""
    lines = []
    for row in rows:
        tree: Any = altered(rng, row) if rng.random() < 0.15 else row
        if rng.random() < 0.02:
            tree = value(rng)
        lines.append(written(rng, tree))
    return b"\n".join(lines) + b"\n"


def _jsonl(rng: Rng) -> Case:
    return table_case(rng, ".jsonl", json_lines)


def columns(rng: Rng, n: int) -> Any:
    """A table of Arrow's with columns of many types, some of one name."""
    import pyarrow as pa

    struct = pa.struct({"a": pa.int32(), "b": pa.list_(pa.string())})
    makers: list[Callable[[], Any]] = [
        lambda: pa.array([f"text {i}" for i in range(n)]),
        lambda: pa.array([rng.choice(WORDS) for _ in range(n)], pa.large_string()),
        lambda: pa.array([i % 2 for i in range(n)], rng.choice((pa.int8(), pa.uint64(), pa.int64()))),
        lambda: pa.array([float(i % 2) for i in range(n)], rng.choice((pa.float32(), pa.float64()))),
        lambda: pa.array([i % 2 == 0 for i in range(n)]),
        lambda: pa.array([None] * n),
        lambda: pa.array(["ab"[i % 2] for i in range(n)]).dictionary_encode(),
        lambda: pa.array([b"\xff\x00"] * n),
        lambda: pa.array([[i, None] for i in range(n)]),
        lambda: pa.array([{"a": i, "b": [str(i)]} for i in range(n)], struct),
        lambda: pa.array([[("k", i)] for i in range(n)], pa.map_(pa.string(), pa.int32())),
        lambda: pa.array(list(range(n)), pa.timestamp(rng.choice(("s", "ns")), tz=rng.choice(ZONES))),
        lambda: pa.array([rng.choice((i, 2**40, -(2**40))) for i in range(n)], pa.date64()),
        lambda: pa.array([i * 10**9 for i in range(n)], pa.duration("ns")),
        lambda: pa.array(list(range(n)), pa.time64("ns")),
        lambda: pa.array(list(range(n)), pa.int32()).cast(pa.decimal128(20, 2)),
        lambda: pa.array([rng.choice((None, "a", "b")) for _ in range(n)]),
        lambda: pa.array([2**62] * n, pa.timestamp("s")),
        lambda: pa.array([float("nan")] * n),
        lambda: pa.array([b"0123456789abcdef"] * n, pa.binary(16)),
    ]  # fmt: skip
    names, made = [], []
    for name in COLUMNS:
        if rng.random() < 0.9:
            names.append(name)
            usual = {"text": makers[0], "label": rng.choice((makers[2], makers[6], makers[4])), "id": makers[0]}
            chosen = usual.get(name, makers[0]) if rng.random() < 0.6 else rng.choice(makers)
            made.append(chosen())
    if rng.random() < 0.1 and names:
        names[rng.randrange(len(names))] = rng.choice((rng.choice(names), "", "a.b", "a\0b", "\x1b[2J"))
    return pa.Table.from_arrays(made, names=names)


def parquet(rng: Rng) -> bytes:
    """A Parquet file."""
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    codec = rng.choice(("snappy", "none", "gzip", "zstd"))
    pq.write_table(columns(rng, rng.choice((0, 1, 6, 30))), stream, compression=codec)
    return stream.getvalue()


def _parquet(rng: Rng) -> Case | None:
    import pyarrow as pa

    try:
        data = parquet(rng)
    except (pa.ArrowException, ValueError):
        return None
    if rng.random() < 0.6:
        data = damaged(rng, data, other=data[::-1][:200])
    return Case({"t.parquet": data}, {"file": "t.parquet", "fields": fields(rng)})


add("csv", _csv, read_as("csv"))
add("tsv", _tsv, read_as("csv"), share=0.5)
add("jsonl", _jsonl, read_as("jsonl"))
add("parquet", _parquet, read_as("parquet"), share=0.3)
