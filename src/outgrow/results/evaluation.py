"""Per-example predictions to scores: intervals, PGR and its verdict, agreement."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outgrow.errors import StoreError
from outgrow.metrics.base import Metric, Predictions
from outgrow.results.table import Evaluation, Interval
from outgrow.steps.compare import OF_ROLE

REPLICATES = 2_000
MOST_UNDEFINED = 0.05  # of the replicates may lack a score; with more, the others no longer stand for all
ROLES = ("weak", "student", "ceiling")


def pgr(*, weak: float, student: float, ceiling: float) -> float:
    """Performance gap recovered: (student - weak) / (ceiling - weak). Burns et al. 2023, sec. 3."""
    return (student - weak) / (ceiling - weak)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the roles of one experiment said about the same test examples.

    Args:
        metric: what they are scored by.
        said: by role (`weak`, `student`, `ceiling`, perhaps `zero_shot`), the predictions of each seed.
        groups: group number of each example, int64 [n].
    """

    metric: Metric
    said: dict[str, list[Predictions]]
    groups: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """Ground truth, int64 [n]."""
        return self.said["weak"][0].truth

    def predicted(self, role: str) -> np.ndarray:
        """Predicted classes, int64 [seeds, n]."""
        return np.stack([one.predicted for one in self.said[role]])


def read_answers(folders: Sequence[Path], *, metric: Metric) -> Answers:
    """The answers of several seeds out of their comparison artefacts; all must have the same test examples."""
    import pyarrow.parquet as pq

    said: dict[str, list[Predictions]] = {}
    first = None
    for folder in folders:
        table = pq.ParquetFile(folder / "test.parquet").read(use_threads=False)
        first = first or table
        assert table["id"].equals(first["id"]), "seeds of one experiment share their test examples"
        columns = {name: table[name].to_numpy() for name in table.column_names if name not in ("id", "group")}
        for role in (name.removesuffix("_predicted") for name in columns if name.endswith("_predicted")):
            try:
                found = {name: columns[f"{role}_{name}"] for name in OF_ROLE}
            except KeyError as error:
                raise StoreError(f"{folder} is of an older version of outgrow; run its experiment again") from error
            said.setdefault(role, []).append(Predictions(truth=columns["truth"], **found))
    assert first is not None
    groups = first["group"].dictionary_encode().combine_chunks().indices.to_numpy()
    return Answers(metric=metric, said=said, groups=groups)


def evaluate(answers: Answers, *, seed: int = 0) -> Evaluation:
    """Scores, agreement and PGR with 95 % percentile intervals.

    Hierarchical bootstrap: each replicate draws seeds, and groups of test examples, with replacement; the same draw
    serves every role, so that differences are paired. A role's score in a replicate is the mean over the drawn seeds of
    the metric on the drawn groups, and PGR is taken of these means. Replicates without a score are left out, and
    counted.
    """
    n_seeds, n = len(answers.said["weak"]), len(answers.truth)
    once = _pooled(_measure(answers, np.ones((1, n))), np.ones((1, n_seeds)))
    value = {name: float(values[0]) for name, values in once.items()}
    draws = _draws(n_seeds, answers.groups, seed=seed)
    pieces = [_pooled(_measure(answers, weights), seeds) for seeds, weights in draws]
    drawn = {name: np.concatenate([piece[name] for piece in pieces]) for name in once}

    def interval(name: str, count: float = n_seeds * n) -> Interval | None:
        return _interval(value[name], drawn[name], n=round(count))

    left_out = ~np.isfinite(np.stack([drawn[f"{role} score"] for role in answers.said]))
    usable = {role: left_out[i].mean() <= MOST_UNDEFINED for i, role in enumerate(answers.said)}
    scores = {role: interval(f"{role} score") if usable[role] else None for role in answers.said}
    agreement = interval("agreement")
    assert agreement is not None
    verdict, why = _verdict(answers, value, drawn, {role: one for role, one in scores.items() if one is not None})
    n_right = sum(int((one == answers.truth).sum()) for one in answers.predicted("weak"))
    return Evaluation(
        scores={role: one for role, one in scores.items() if one is not None},
        agreement=agreement,
        agreement_when_right=interval("agreement when right", n_right),
        agreement_when_wrong=interval("agreement when wrong", n_seeds * n - n_right),
        pgr=interval("pgr") if verdict == "ok" else None,
        left_out=int(left_out.any(0).sum()),
        verdict=verdict,
        why=why,
    )


def _measure(answers: Answers, weights: np.ndarray) -> dict[str, np.ndarray]:
    """All that is resampled, for each row of `weights` and each seed, float64 [replicates, seeds]."""
    predicted = {role: answers.predicted(role) for role in ROLES}
    right = {role: predicted[role] == answers.truth for role in ROLES}
    same = predicted["student"] == predicted["weak"]
    marks = {f"{role} right": right[role] for role in ROLES}
    marks |= {"same": same, "same, right": same & right["weak"], "all": np.ones_like(same)}
    stacked = np.concatenate(list(marks.values())).astype(weights.dtype)
    sums = (weights @ stacked.T).astype(np.float64).reshape(len(weights), len(marks), -1)
    found = {name: sums[:, i] for i, name in enumerate(marks)}
    for role, said in answers.said.items():
        found[f"{role} score"] = np.stack([answers.metric.score(one, weights) for one in said], 1)
    return found


def _pooled(found: dict[str, np.ndarray], seeds: np.ndarray) -> dict[str, np.ndarray]:
    """What is reported, pooled over the drawn seeds, float64 [replicates]; not finite where undefined."""

    def total(name: str) -> np.ndarray:
        return np.asarray((seeds * np.where(seeds > 0, found[name], 0)).sum(1))

    out = {name: total(name) / seeds.sum(1) for name in found if name.endswith("score")}
    weak, student, ceiling = (out[f"{role} score"] for role in ROLES)
    n, n_right, same, same_right = (total(name) for name in ("all", "weak right", "same", "same, right"))
    with np.errstate(divide="ignore", invalid="ignore"):
        out |= {f"{role} accuracy": total(f"{role} right") / n for role in ROLES}
        out |= {"gap": ceiling - weak, "pgr": (student - weak) / (ceiling - weak), "agreement": same / n}
        out |= {"agreement when right": same_right / n_right}
        out |= {"agreement when wrong": (same - same_right) / (n - n_right)}
    return out


def _interval(value: float, replicates: np.ndarray, *, n: int) -> Interval | None:
    """The 95 % percentile interval of the replicates that are defined; None where the value itself is not."""
    defined = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or not len(defined):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value=value, low=float(low), high=float(high), n=n)


def _verdict(
    answers: Answers, value: dict[str, float], drawn: dict[str, np.ndarray], scores: dict[str, Interval]
) -> tuple[str, str]:
    metric = answers.metric
    counts = np.unique(answers.truth, return_counts=True)[1]
    chance = float(counts.max() / len(answers.truth))
    for role in ROLES:
        if len(counts) > 1 and any((one == one[0]).all() for one in answers.predicted(role)):
            return "collapsed", f"the {_NAMES[role]} predicts one class for every test example"
    for role in ROLES:
        accuracy = _interval(value[f"{role} accuracy"], drawn[f"{role} accuracy"], n=1)
        if accuracy is None or accuracy.low <= chance:
            return "chance", f"the {_NAMES[role]} is not clearly above chance ({chance:.1%})"
    for role in ROLES:
        if role not in scores:
            share = float(np.mean(~np.isfinite(drawn[f"{role} score"])))
            return "undefined", f"the {_NAMES[role]} has no score in {share:.0%} of the resampled test sets"
    sign = 1 if metric.larger_is_better else -1
    gap = _interval(sign * value["gap"], sign * drawn["gap"], n=1)
    if gap is None or gap.low <= 0:
        way, form = "above" if metric.larger_is_better else "below", "+.1%" if metric.share else "+.3g"
        ends = (
            f": {sign * value['gap']:{form}}"
            if gap is None
            else (f"{gap.value:{form}}, 95 % from {gap.low:{form}} to {gap.high:{form}}")
        )
        return "no-gap", f"the strong ceiling is not clearly {way} the weak supervisor (gap {ends})"
    return "ok", ""


_NAMES = {"weak": "weak supervisor", "student": "student", "ceiling": "strong ceiling"}


BLOCK = 2**24  # weights drawn at a time, 64 MiB
KEPT = 2**26  # weights kept for later results, 256 MiB
_kept: OrderedDict[tuple[int, int, int, bytes], list[tuple[np.ndarray, np.ndarray]]] = OrderedDict()


def _draws(n_seeds: int, groups: np.ndarray, *, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """How often replicates drew each seed [replicates, seeds] and each example [replicates, n], float32, in blocks.

    Results of a sweep share their test examples, so that the draws used last are kept, where they are few enough.
    """
    key = (n_seeds, REPLICATES, seed, groups.tobytes())
    if key not in _kept:
        if REPLICATES * len(groups) > KEPT:
            yield from _draw(n_seeds, groups, seed=seed)
            return
        _kept[key] = list(_draw(n_seeds, groups, seed=seed))
        while sum(weights.size for blocks in _kept.values() for _, weights in blocks) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    yield from _kept[key]


def _draw(n_seeds: int, groups: np.ndarray, *, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    n_groups = int(groups.max()) + 1
    seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=REPLICATES).astype(np.float32)
    step = max(1, BLOCK // len(groups))
    for start in range(0, REPLICATES, step):
        drawn = seeds[start : start + step]
        counts = np.empty((len(drawn), n_groups), np.float32)
        for replicate in counts:
            replicate[:] = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)
        weights = np.ascontiguousarray(counts.T)[groups].T  # example by example in memory, as metrics read them
        weights.flags.writeable = False
        yield drawn, weights
