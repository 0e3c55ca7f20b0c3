"""Two sets of scores of the same rows: their difference, paired by seed and row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, DataError
from outgrow.intervals.crossed import Estimate, crossed
from outgrow.metrics.base import metrics
from outgrow.plain import counted
from outgrow.results.answers import read_answers
from outgrow.results.shown import row_cells
from outgrow.results.table import Record


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of rows by seeds.

    Args:
        values: [seeds, n], what the mean is of.
        ids, groups: of the rows.
        seeds: in the order of the values.
        sign: 1 where larger is better, else -1.
        share: whether scores are shares, shown in points of a hundred.
        notes: what was left out in reading.
    """

    name: str
    values: np.ndarray
    ids: list[str]
    groups: list[str]
    seeds: list[int]
    sign: int = 1
    share: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The second minus the first.

    Args:
        notes: what was left out.
        share: whether scores are shares, shown in points of a hundred.
        p: of no difference; corrected for several comparisons (Holm 1979) where there were several.
    """

    first: str
    second: str
    estimate: Estimate
    n: int
    n_seeds: int
    n_groups: int
    share: bool
    p: float | None
    notes: list[str]


def student_scores(store: Artefacts, records: Sequence[Record], name: str) -> Scores:
    """The student's score of every test example, of rows that differ in nothing but the seed."""
    if not records:
        raise ConfigError(f"{name}: no row of the store fits")
    if len({one.identity for one in records}) > 1:
        raise ConfigError(
            f"{name} fits rows of several studies, which differ in {_differences(records)}; add conditions"
        )
    if failed := [one for one in records if one.failure]:
        raise ConfigError(f"{name}: seed {failed[0].row.seed} failed: {failed[0].failure}")
    records = sorted(records, key=lambda one: one.row.seed)
    metric = metrics[records[0].row.metric]
    answers = read_answers(store, [one.row.key for one in records], metric=metric)
    ids, groups = _ids(store.open(records[0].row.key) / "test.parquet")
    values = np.stack([np.asarray(metric.values(one), np.float64) for one in answers.said["student"]])
    if not np.isfinite(values).all():
        raise DataError(f"{name}: its student has no {records[0].row.metric} on these test examples")
    return Scores(
        name=name, values=values, ids=ids, groups=groups, seeds=[one.row.seed for one in records],
        sign=1 if metric.larger_is_better else -1, share=metric.share,
    )  # fmt: skip


def _differences(records: Sequence[Record]) -> str:
    """In which columns rows of several studies differ, and the values there are."""
    table = row_cells(records)
    found = []
    for i, name in enumerate(table.names):
        values = list(dict.fromkeys(row[i] for row in table.rows))
        if len(values) > 1 and name not in (*table.measured, "seed"):
            found.append(f"{name} ({', '.join(values[:4])}{', ...' if len(values) > 4 else ''})")
    return "; ".join(found) or "what lies behind their settings: choose by key"


def file_scores(path: Path) -> Scores:
    """Scores of a CSV or Parquet file with the columns `id` and `score`, and perhaps `group` and `seed`."""
    import pyarrow.csv
    import pyarrow.parquet

    try:
        read = pyarrow.parquet.read_table if path.suffix == ".parquet" else pyarrow.csv.read_csv
        table = read(path)
        columns = {name: table[name].to_pylist() for name in table.column_names}
    except (OSError, ValueError, LookupError, TypeError, NotImplementedError, OverflowError) as error:  # Arrow's
        raise DataError(f"{path} cannot be read: {error}") from error
    if missing := [name for name in ("id", "score") if name not in columns]:
        raise DataError(f"{path} has no column {missing[0]!r}; its columns are {', '.join(columns) or 'none'}")
    given = columns.get("seed") or [0] * table.num_rows
    if wrong := [seed for seed in given if not isinstance(seed, int)]:
        raise DataError(f"{path}: the seed {wrong[0]!r} is no whole number")
    seeds: list[int] = given
    found: dict[int, dict[str, float]] = {}
    group: dict[str, str] = {}
    for i, (id, score, seed) in enumerate(zip(columns["id"], columns["score"], seeds, strict=True)):
        if not isinstance(score, (int, float)) or not np.isfinite(score):
            raise DataError(f"{path}: the score of id {id!r} is {score!r}, and a number is needed")
        if str(id) in found.setdefault(seed, {}):
            raise DataError(f"{path}: id {id!r} stands there twice for seed {seed}; name the seeds in a column 'seed'")
        found[seed][str(id)] = float(score)
        group[str(id)] = str(columns["group"][i]) if "group" in columns else str(id)
    order = sorted(found)
    notes: list[str] = []
    if not order:
        raise DataError(f"{path} has no rows")
    ids = [id for id in found[order[0]] if all(id in found[seed] for seed in order)]
    if left := len(group) - len(ids):
        notes.append(f"{left:,} of {len(group):,} ids of {path.name} lack the score of a seed and are left out")
    if not ids:
        raise DataError(f"{path}: no id has a score of every seed")
    values = np.array([[found[seed][id] for id in ids] for seed in order])
    return Scores(
        name=path.name, values=values, ids=ids, groups=[group[id] for id in ids], seeds=order,
        share=bool(((values >= 0) & (values <= 1)).all()), notes=tuple(notes),
    )  # fmt: skip


def difference(first: Scores, second: Scores) -> Difference:
    """The second minus the first, over the rows and seeds that both have; DataError where there are none."""
    place = {id: i for i, id in enumerate(second.ids)}
    ids = [id for id in first.ids if id in place]
    seeds = [seed for seed in first.seeds if seed in second.seeds]
    if not ids or not seeds:
        what = "ids" if not ids else "seeds"
        raise DataError(f"{first.name} and {second.name} have no {what} in common, so they cannot be compared")
    notes = [*first.notes, *second.notes]
    for one in (first, second):
        if left := len(one.ids) - len(ids):
            notes.append(f"{left:,} of {len(one.ids):,} rows of {one.name} are not among the other's and are left out")
        if left := len(one.seeds) - len(seeds):
            notes.append(f"{left} of {len(one.seeds)} seeds of {one.name} are not among the other's and are left out")
    rows = np.array([i for i, id in enumerate(first.ids) if id in place])
    others = np.array([place[id] for id in ids])
    a = first.values[[first.seeds.index(seed) for seed in seeds]][:, rows]
    b = second.values[[second.seeds.index(seed) for seed in seeds]][:, others]
    groups = np.unique([first.groups[i] for i in rows], return_inverse=True)[1]
    table = crossed((b - a)[None] * first.sign, groups)
    estimate = table.estimate(1.0)
    return Difference(
        first=first.name, second=second.name, estimate=estimate, n=len(ids), n_seeds=len(seeds),
        n_groups=table.n_groups, share=first.share and second.share, p=estimate.p, notes=notes,
    )  # fmt: skip


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values (Holm 1979): their family is wrong with the probability that each says, at most."""
    known = sorted((value, i) for i, value in enumerate(values) if value is not None)
    found: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (value, i) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - rank)))
        found[i] = highest
    return found


def sentence(one: Difference, *, corrected: int = 1) -> str:
    """What was found, for a newcomer."""
    seeds = counted(one.n_seeds, "seed")
    rows = f"{one.n:,} rows" + (f" in {one.n_groups:,} groups" if one.n_groups < one.n else "")
    value, low, high = one.estimate.value, one.estimate.low, one.estimate.high

    def shown(number: float, sign: str = "+") -> str:
        return f"{100 * number:{sign}.2f}" if one.share else f"{number:{sign}.4g}"

    unit = " points" if one.share else ""
    start = f"{one.second} minus {one.first}: {shown(value)}{unit}"
    if low is None or high is None or one.p is None:
        return f"{start} ({seeds}, {rows}); in so few groups nothing is certain."
    verdict = "better" if low > 0 else "worse" if high < 0 else "not clearly different"
    family = f", corrected for {corrected} comparisons" if corrected > 1 else ""
    text = (
        f"{start}, 95 % interval {shown(low)} to {shown(high)}, p = {one.p:.3g}{family} ({seeds}, {rows}). "
        f"{one.second} is {verdict}. "
        f"A study of this size finds a difference of {shown(one.estimate.detectable or 0, '')}{unit} in four of five "
        "cases."
    )
    return text + (" With one seed, the spread between seeds is unknown." if one.n_seeds == 1 else "")


def _ids(file: Path) -> tuple[list[str], list[str]]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(file, columns=["id", "group"])
    return table["id"].to_pylist(), table["group"].to_pylist()
