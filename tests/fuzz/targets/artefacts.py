"""A finished study of which one file was forged, its checksum with it, as steps and the table of results read it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, text, value, written
from tests.fuzz.targets.config import TOY
from tests.fuzz.targets.models import tensors


@cache
def _place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()  # kept, so that it goes with the process


@cache
def study() -> tuple[Path, Any, tuple[Any, ...]]:
    """A store, an experiment of it, and its steps."""
    from outgrow.config import read as experiment
    from outgrow.executors.base import compute
    from outgrow.experiment import run
    from outgrow.steps import Context, Steps, walk_unique
    from outgrow.store import Store

    store, one = Store(Path(_place().name) / "study"), experiment(TOY + '[method]\nname = "confidence"\n', name="study")
    steps = tuple(walk_unique(run(one, Steps())))
    context = Context(store)
    for step in steps:
        compute(step, store, context)
    return store.root, one, steps


def _prepare() -> None:
    study()
    import outgrow.results.evaluation  # noqa: F401


def _table(rng: Rng, data: bytes) -> bytes:
    """A Parquet file with another column: away, of another name, or of other values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    i, way = rng.randrange(table.num_columns), rng.randrange(5)
    name = table.column_names[i]
    if way == 0:
        table = table.drop_columns([name])
    elif way == 1:
        table = table.rename_columns([text(rng) if one == name else one for one in table.column_names])
    elif way == 2:
        table = table.slice(rng.randrange(3), rng.randrange(4))
    else:
        cells: list[Any] = [rng.choice((value(rng), 0, 1, -1, 2**62, None, "a")) for _ in range(table.num_rows)]
        cells = cells if way == 3 else [cells[0]] * table.num_rows
        table = table.set_column(i, name, pa.array(cells))
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def _forged(rng: Rng) -> Case | None:
    import pyarrow as pa

    root, _, steps = study()
    number = rng.randrange(len(steps))
    folder = root / "artefacts" / steps[number].key[:2] / steps[number].key
    name = rng.choice(sorted(one for one in os.listdir(folder) if one != "manifest.json"))
    data = (folder / name).read_bytes()
    try:
        if rng.random() < 0.15:
            made = damaged(rng, data, most=2)
        elif name.endswith(".json"):
            tree = json.loads(data)
            made = written(rng, altered(rng, tree, most=2) if tree else value(rng))
        else:
            made = tensors(rng, data) if name.endswith(".safetensors") else _table(rng, data)
    except (pa.ArrowException, ValueError, TypeError, OverflowError, RecursionError, AttributeError):
        return None
    return Case({"forged": made}, {"step": number, "name": name, "removed": rng.random() < 0.02})


def _read(case: Case, folder: Path) -> None:
    from outgrow.errors import StoreError
    from outgrow.results.pooling import pool
    from outgrow.results.recording import record
    from outgrow.results.records import read_records
    from outgrow.steps import Comparison, Context, Dataset, Labels, Predictor, Scored, Split
    from outgrow.store import Store

    root, one, steps = study()
    shutil.copytree(root, folder / "study", copy_function=os.link)
    store, step = Store(folder / "study"), steps[case.options["step"]]
    place, name = store.folder(step.key), case.options["name"]
    (place / name).unlink()
    manifest = json.loads((place / "manifest.json").read_bytes())
    if case.options["removed"]:
        del manifest["files"][name]
    else:
        (place / name).write_bytes(data := case.files["forged"])
        manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (place / "manifest.json").unlink()
    (place / "manifest.json").write_text(json.dumps(manifest))
    context, problem = Context(store), None
    if isinstance(step, Dataset):
        step.read(context)
    elif isinstance(step, Split):
        for part in ("supervisor", "transfer", "validation", "test"):
            step.read(context).rows(step.part(part))
    elif isinstance(step, Labels):
        for ask in (step.read, step.facts):
            try:
                ask(context)
            except StoreError as error:
                problem = error
    elif isinstance(step, Scored):
        step.read(context)
    elif isinstance(step, Comparison):
        record(store, one, step)
        pool(store, read_records(store))
    elif isinstance(step, Predictor):
        step.notes(context)
        step.network(context, step.part.kind(context))  # type: ignore[attr-defined]
    if problem:
        raise problem


add("artefacts", _forged, _read, share=0.2, seconds=10.0, prepare=_prepare)
