"""Per-example answers to scores: intervals, PGR and its verdict, agreement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outgrow.metrics.base import Predictions, metrics
from outgrow.results import Interval

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps import Comparison, Scored

REPLICATES = 2_000
ROLES = ("weak", "student", "ceiling")


def pgr(*, weak: float, student: float, ceiling: float) -> float:
    """Performance gap recovered: (student - weak) / (ceiling - weak). Burns et al. 2023, sec. 3."""
    return (student - weak) / (ceiling - weak)


def compare(step: Comparison, context: Context, folder: Path) -> None:
    """Write every role's answers per test example, one Parquet row each, and what belongs to no example."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    split = step.student.split
    data = context.split(split)
    rows = data.rows(split.part("test"))
    roles: dict[str, Scored] = {"weak": step.weak, "student": step.student, "ceiling": step.ceiling}
    if step.zero_shot:
        roles["zero_shot"] = step.zero_shot
    said = {role: _answers(context, scored) for role, scored in roles.items()}
    metric = metrics[step.experiment.metric]
    columns: dict[str, object] = {
        "id": [data.ids[row] for row in rows],
        "group": [data.groups[row] for row in rows],
        "truth": said["weak"].truth,
    }
    if data.dataset.difficulty is not None:
        columns["difficulty"] = data.dataset.difficulty[rows]
    for role, answers in said.items():
        columns[f"{role}_predicted"] = answers.predicted
        columns[f"{role}_score"] = metric(answers)
    pq.write_table(pa.table(columns), folder / "test.parquet")
    labels = json.loads((context.store.open(step.labels.key) / "labels.json").read_text())
    curves, notes = {}, list(data.dataset.notes)
    for role in ROLES:
        folder_of = context.store.open(roles[role].model.key)
        if (folder_of / "curve.json").is_file():  # labels out of a file and prompted models have none
            curves[role] = json.loads((folder_of / "curve.json").read_text())
        if (folder_of / "notes.json").is_file():
            notes += json.loads((folder_of / "notes.json").read_text())
    facts = {
        "weak_label_accuracy": labels["accuracy"],
        "n_classes": data.output.n_classes,
        "curves": curves,
        "notes": list(dict.fromkeys(notes)),
    }
    (folder / "facts.json").write_text(json.dumps(facts))


def _answers(context: Context, scored: Scored) -> Predictions:
    from safetensors.numpy import load_file

    return Predictions(**load_file(context.store.open(scored.key) / "predictions.safetensors"))


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the roles of one experiment said about the same test examples, one row per seed.

    Args:
        scores: by role (`weak`, `student`, `ceiling`, perhaps `zero_shot`), float64 [seeds, n].
        predicted: likewise, predicted classes int64 [seeds, n].
        truth: int64 [n].
        groups: group number of each example, int64 [n].
    """

    scores: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    truth: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores with intervals, and PGR where the verdict is `ok`; `why` says in words why it is not."""

    scores: dict[str, Interval]
    agreement: Interval
    agreement_when_right: Interval | None
    agreement_when_wrong: Interval | None
    pgr: Interval | None
    verdict: str
    why: str


def read_answers(folders: Sequence[Path]) -> Answers:
    """The answers of several seeds out of their comparison artefacts; all must have the same test examples."""
    import pyarrow.parquet as pq

    tables = [pq.read_table(folder / "test.parquet") for folder in folders]
    first = tables[0]
    assert all(table["id"].equals(first["id"]) for table in tables), "seeds of one experiment share their test examples"
    roles = [name.removesuffix("_score") for name in first.column_names if name.endswith("_score")]
    return Answers(
        scores={role: np.stack([table[f"{role}_score"].to_numpy() for table in tables]) for role in roles},
        predicted={role: np.stack([table[f"{role}_predicted"].to_numpy() for table in tables]) for role in roles},
        truth=first["truth"].to_numpy(),
        groups=first["group"].dictionary_encode().combine_chunks().indices.to_numpy(),
    )


def evaluate(answers: Answers, *, seed: int = 0) -> Evaluation:
    """Scores, agreement and PGR with 95 % percentile intervals.

    Hierarchical bootstrap: each replicate draws seeds, and groups of test examples, with replacement; the same draw
    serves every role, so that differences are paired. The weak score and the ceiling are pooled over seeds within a
    replicate before the ratio is taken.
    """
    resample = _Resampler(answers, seed=seed)
    ones = np.ones_like(answers.scores["weak"])
    scores = {role: resample.ratio(values, ones) for role, values in answers.scores.items()}
    same = (answers.predicted["student"] == answers.predicted["weak"]).astype(np.float64)
    right = (answers.predicted["weak"] == answers.truth).astype(np.float64)
    wrong = 1 - right
    verdict, why = _verdict(answers, scores, resample)
    recovered = None
    if verdict == "ok":
        weak, student, ceiling = (answers.scores[role] for role in ROLES)
        recovered = resample.ratio(student - weak, ceiling - weak)
    return Evaluation(
        scores=scores,
        agreement=resample.ratio(same, ones),
        agreement_when_right=resample.ratio(same * right, right, n=int(right.sum())) if right.any() else None,
        agreement_when_wrong=resample.ratio(same * wrong, wrong, n=int(wrong.sum())) if wrong.any() else None,
        pgr=recovered,
        verdict=verdict,
        why=why,
    )


def _verdict(answers: Answers, scores: dict[str, Interval], resample: _Resampler) -> tuple[str, str]:
    chance = float(np.unique(answers.truth, return_counts=True)[1].max() / len(answers.truth))
    for role in ROLES:
        if len(np.unique(answers.truth)) > 1 and any(len(np.unique(row)) == 1 for row in answers.predicted[role]):
            return "collapsed", f"the {_NAMES[role]} predicts one class for every test example"
    for role in ROLES:
        right = (answers.predicted[role] == answers.truth).astype(np.float64)
        if resample.ratio(right, np.ones_like(right)).low <= chance:
            return "chance", f"the {_NAMES[role]} is not clearly above chance ({chance:.1%})"
    gap = resample.ratio(answers.scores["ceiling"] - answers.scores["weak"], np.ones_like(answers.scores["weak"]))
    if gap.low <= 0:
        return (
            "no-gap",
            "the strong ceiling is not clearly above the weak supervisor "
            f"(gap {gap.value:+.1%}, 95 % from {gap.low:+.1%} to {gap.high:+.1%})",
        )
    return "ok", ""


_NAMES = {"weak": "weak supervisor", "student": "student", "ceiling": "strong ceiling"}


class _Resampler:
    """One set of bootstrap draws of seeds and groups, used for every quantity."""

    def __init__(self, answers: Answers, *, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n_seeds = len(answers.scores["weak"])
        n_groups = int(answers.groups.max()) + 1
        self._groups, self._n_groups = answers.groups, n_groups
        self._seed_weights = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=REPLICATES).astype(np.float32)
        counts = np.empty((REPLICATES, n_groups), np.float32)
        for replicate in counts:
            replicate[:] = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)
        self._group_weights = counts

    def ratio(self, numerator: np.ndarray, denominator: np.ndarray, *, n: int | None = None) -> Interval:
        """Interval of sum(numerator) / sum(denominator), both [seeds, examples]; divisions by 0 are left out.

        `n` is how many answers count, all of them unless given.
        """
        above, below = self._sums(numerator), self._sums(denominator)
        with np.errstate(divide="ignore", invalid="ignore"):
            replicates = above / below
        low, high = np.percentile(replicates[np.isfinite(replicates)], [2.5, 97.5])
        return Interval(
            value=float(numerator.sum() / denominator.sum()),
            low=float(low),
            high=float(high),
            n=numerator.size if n is None else n,
        )

    def _sums(self, values: np.ndarray) -> np.ndarray:
        by_group = np.stack([np.bincount(self._groups, weights=row, minlength=self._n_groups) for row in values])
        by_seed = self._group_weights @ by_group.T.astype(np.float32)
        return np.asarray((self._seed_weights * by_seed).sum(1), np.float64)
