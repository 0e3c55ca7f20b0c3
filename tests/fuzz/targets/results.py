"""Rows of the results table with a checksum that fits, whatever they say; and scores in files of one's own."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import TEXTS, altered, written

INTERVAL = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "form": "t"}
POINT = {"progress": 0.5, "accuracy": 0.5, "agreement": None, "n": 10, "loss": 0.1, "rate": 0.1, "gradient_norm": 1.0}
ROW = {
    "experiment": "tiny", "task": "toy", "kind": "classification", "weak": "toy-xs", "strong": "toy-l",
    "method": "naive", "seed": 0, "n_supervisor": 60, "n_transfer": 60, "n_test": 100, "metric": "accuracy",
    "zero_shot_score": None,
    "weak_score": 0.5, "student_score": 0.6, "ceiling_score": 0.7, "weak_label_accuracy": 0.5, "agreement": 0.8,
    "agreement_when_right": 0.9, "agreement_when_wrong": 0.3, "pgr": 0.5, "pgr_low": 0.2, "pgr_high": 0.8,
    "verdict": "ok", "key": "ab" * 32, "n_groups": 100, "design_effect": 1.0,
}  # fmt: skip
RECORD = {
    "row": ROW, "weak_cost": 10.0, "strong_cost": 20.0, "curves": {"student": [POINT, POINT], "weak": []},
    "settings": {"task": {"name": "toy", "n": 400}, "split": {"test": 100}, "train": {"epochs": 2}},
    "identity": "cd" * 32, "steps": ["ab" * 32], "provenance": {"computed": "now"}, "notes": ["a note"], "failure": "",
    "evaluation": {
        "scores": {"weak": INTERVAL, "student": INTERVAL, "ceiling": INTERVAL}, "agreement": INTERVAL,
        "agreement_when_right": INTERVAL, "agreement_when_wrong": None, "pgr": {**INTERVAL, "form": "fieller"},
        "gain": None, "n_groups": 100, "design_effect": 1.0, "detectable": 0.1, "verdict": "ok", "why": "",
    },
}  # fmt: skip


def _rows(rng: Rng) -> Case | None:
    """Rows as another program might write them, checksum and all; at times damaged afterwards."""
    from outgrow.store.manifests import pack_row

    files = {"s/artefacts/.keep": b""}
    for i in range(rng.choice((1, 2, 3))):
        record: Any = {**RECORD, "row": {**ROW, "seed": i}}
        if rng.random() < 0.7:
            record = altered(rng, record, most=2)
        if not isinstance(record, dict):
            return None
        try:
            data = pack_row(f"r{i}", record).encode("utf-8", "surrogatepass")
        except (ValueError, TypeError, RecursionError):
            return None
        files[f"s/results/r{i}.json"] = damaged(rng, data, most=2) if rng.random() < 0.15 else data
    where = rng.choice(((), (), ("method=naive",), ("seed=0",), ("train.epochs=2",), (rng.choice(TEXTS) + "=1",)))
    return Case(files, {"where": list(where)})


def _read(case: Case, folder: Path) -> None:
    import json

    from outgrow.cli.display import group_table, row_table, sentences
    from outgrow.report import render
    from outgrow.results.columns import group_rows, rows
    from outgrow.results.pooling import pool
    from outgrow.results.records import read_records
    from outgrow.store import Store

    store = Store.existing(folder / "s")
    records = read_records(store, where=case.options["where"])
    json.dumps(rows(records))
    _printed(row_table(records))
    groups = pool(store, records)
    json.dumps(group_rows(groups))
    _printed(group_table(groups))
    for group in groups:
        sentences(group)
    page = render(groups, title="t", failures=[], store=store)
    page.encode()
    if "<script" in page.lower() or "javascript:" in page.lower():
        raise Wrong("the page holds a script")


def _printed(table: Any) -> None:
    from rich.console import Console

    Console(file=io.StringIO(), width=240, highlight=False).print(table)


add("results", _rows, _read, share=0.05, seconds=10.0)


def _scores(rng: Rng) -> Case | None:
    rows: list[list[Any]] = [["id", "score", "seed", "group"]]
    rows += [[f"r{i % 8}", rng.choice((0, 1, 0.5, 1.0)), i // 8, f"g{i % 4}"] for i in range(16)]
    for _ in range(rng.choice((0, 1, 2))):
        row = rng.choice(rows)
        row[rng.randrange(4)] = rng.choice((*TEXTS, "2024-01-01", "1e400", "0x1", "seed"))
    width = rng.choice((2, 2, 3, 4))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(row[:width] for row in rows)
    data = out.getvalue().encode("utf-8", "surrogatepass")
    name = "a.csv"
    if rng.random() < 0.3:
        from tests.fuzz.targets.labels import packed

        made = packed(rng, [dict(zip(rows[0], row, strict=True)) for row in rows[1:]], ".parquet")
        if made is None:
            return None
        name, data = "a.parquet", made
    if rng.random() < 0.6:
        data = damaged(rng, data, most=2)
    return Case({name: data}, {"file": name})


def _compare(case: Case, folder: Path) -> None:
    from outgrow.results.compare import difference, file_scores, sentence

    found = file_scores(folder / case.options["file"])
    sentence(difference(found, found))


add("compare", _scores, _compare, share=0.2)


def _json(rng: Rng) -> Case:
    """Scores as a list that somebody passes in from Python."""
    return Case({"x.json": written(rng, altered(rng, {"weak": [0.1] * 6, "student": [0.2] * 6, "ceiling": [0.3] * 6}))})


def _evaluate(case: Case, folder: Path) -> None:
    import json

    from outgrow.results.scores import evaluate_scores

    try:
        given = json.loads(case.files["x.json"])
    except ValueError:
        return
    if isinstance(given, dict) and given.keys() == {"weak", "student", "ceiling"}:
        evaluate_scores(**given)


add("scores", _json, _evaluate, share=0.2)
