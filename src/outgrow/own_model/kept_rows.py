"""The rows behind a model: what labellers said, what a model that had not learned them says, truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.disk import write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.plain import plain
from outgrow.tasks.base import Output

FILE, FORMAT = "rows.parquet", 1
LEARNED, CHECKING = "learned", "checking"  # what the truth of a row is for


@dataclass(frozen=True, kw_only=True)
class KeptRows:
    """The rows of a table that a model was trained on.

    Args:
        ids: n, by content.
        numbers: of the rows in their table.
        inputs: n, one text for each role, such as `text`, or `first` and `second`.
        labellers, votes: names, and float32 [labellers, n, classes].
        fused: what the votes came to, float32 [n, classes]; zero where there was none.
        answers: of models that did not learn from the row, float32 [n, classes]; zero where there is none.
        truth: int64 [n], -1 where nobody checked.
        use: of each row, what its truth is for: `learned`, `checking`, or "".
        sources: by column, where each row comes from.
        weights: how many rows each checked one stands for, float64 [n]; None where all had the same chance to be drawn.
    """

    output: Output
    ids: list[str]
    numbers: list[int]
    inputs: dict[str, list[str]]
    labellers: list[str]
    votes: np.ndarray
    fused: np.ndarray
    answers: np.ndarray
    truth: np.ndarray
    use: list[str]
    sources: dict[str, list[str]]
    weights: np.ndarray | None = None

    @property
    def visible(self) -> dict[str, list[str]]:
        """The inputs as a person can look at them: texts, and the paths of images."""
        from outgrow.tasks.sources.images import Reference

        return {
            role: [Reference.of(one).name for one in own] if role == "image" else own
            for role, own in self.inputs.items()
        }

    @property
    def checking(self) -> np.ndarray:
        """Numbers of the rows by whose truth the model may be judged."""
        return np.array([i for i, one in enumerate(self.use) if one == CHECKING and self.truth[i] >= 0], np.int64)


def write(rows: KeptRows, folder: Path) -> Path:
    """Write the rows into a model folder; the whole of the votes' meaning is in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, k = rows.answers.shape
    shape = {"labellers": rows.labellers, "classes": list(rows.output.class_names) or [str(i) for i in range(k)]}
    facts = {
        "format": FORMAT, "kind": rows.output.kind, "named": bool(rows.output.class_names), **shape,
        "inputs": list(rows.inputs), "sources": list(rows.sources),
    }  # fmt: skip

    def floats(values: np.ndarray) -> pa.Array:
        width = int(np.prod(values.shape[1:]))
        flat = pa.array(np.ascontiguousarray(values, np.float32).reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, width)

    columns = {
        "id": pa.array(rows.ids),
        "number": pa.array(rows.numbers, pa.int64()),
        **{f"input.{name}": pa.array(own, pa.string()) for name, own in rows.inputs.items()},
        "votes": floats(rows.votes.transpose(1, 0, 2).reshape(n, -1)),
        "fused": floats(rows.fused),
        "answer": floats(rows.answers),
        "truth": pa.array(rows.truth, pa.int64()),
        "use": pa.array(rows.use),
        **{f"source.{name}": pa.array(own, pa.string()) for name, own in rows.sources.items()},
    }
    table = pa.table(columns).replace_schema_metadata({"outgrow": json.dumps(facts)})
    return write_whole(folder / FILE, lambda file: pq.write_table(table, file, compression="zstd"), what="rows")


def read(folder: Path) -> KeptRows:
    """The rows of a model folder.

    Raises:
        ConfigError: it has none, as one that `outgrow export` wrote, or those of another version.
        DataError: they are damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file, shown = folder / FILE, plain(str(folder))
    if not file.is_file():
        raise ConfigError(f"{shown} has no {FILE}: only a model that `outgrow train` made knows its rows")
    try:
        table = pq.read_table(file)
        facts = json.loads((table.schema.metadata or {})[b"outgrow"])
        if facts["format"] != FORMAT:
            raise ConfigError(
                f"{shown}/{FILE} has the format {facts['format']!r}; this version reads {FORMAT}: train again"
            )
        n, labellers, classes = len(table), list(map(str, facts["labellers"])), list(map(str, facts["classes"]))

        def floats(name: str, *shape: int) -> np.ndarray:
            values = table.column(name).combine_chunks()
            return np.asarray(values.values, np.float32).reshape(n, *shape)

        def texts(name: str) -> list[str]:
            return [str(one) for one in table.column(name).to_pylist()]

        return KeptRows(
            output=Output(
                kind=facts["kind"], n_classes=len(classes), class_names=tuple(classes) if facts["named"] else ()
            ),
            ids=texts("id"),
            numbers=[int(one) for one in table.column("number").to_pylist()],
            inputs={str(name): texts(f"input.{name}") for name in facts["inputs"]},
            labellers=labellers,
            votes=floats("votes", len(labellers), len(classes)).transpose(1, 0, 2),
            fused=floats("fused", len(classes)),
            answers=floats("answer", len(classes)),
            truth=np.array(table.column("truth").to_pylist(), np.int64),
            use=texts("use"),
            sources={str(name): texts(f"source.{name}") for name in facts["sources"]},
        )
    except (pa.ArrowException, OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{shown}/{FILE} is damaged ({plain(str(error))}); train the model again") from None
