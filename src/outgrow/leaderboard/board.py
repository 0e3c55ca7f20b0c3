"""The leaderboard as values: out of a store, how every method stands in every setting, and over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import OutgrowError
from outgrow.experiment import Experiment, run
from outgrow.leaderboard.entrants import NAIVE, Entry, Field
from outgrow.leaderboard.shortcut import SHORTCUT, shortcut
from outgrow.leaderboard.standing import Against, Overall, helped, overall
from outgrow.nominal import nominal
from outgrow.results.compare import Difference, Scores, difference, holm, student_scores
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.results.table import Group, Record, Result
from outgrow.steps import Steps, Trained, walk_unique


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one method stands, or the shortcut, which is none.

    Args:
        differences: to `naive`, by setting; p corrected for all comparisons of the board.
        scores: pooled results, by setting; the shortcut has none.
        overall: over the settings that have a gap; None without any.
        better, worse: settings in which it clearly is.
        cost: seconds of its trainings on a nominal machine, in those of `naive`; the mean over settings.
    """

    name: str
    differences: Mapping[str, Difference]
    scores: Mapping[str, Group]
    overall: Overall | None
    better: Sequence[str]
    worse: Sequence[str]
    cost: float

    @property
    def is_method(self) -> bool:
        """Whether it teaches a student."""
        return self.name != SHORTCUT

    @property
    def known(self) -> str:
        """How many rows of ground truth it learns from; nothing where it needs none."""
        if not self.is_method:
            return "all"
        most = max(one.n_ground_truth for one in self.scores.values())
        return f"{most:,}" if most else ""

    @property
    def label(self) -> str:
        """Its name, and how many rows of ground truth it learns from."""
        return f"{self.name} ({self.known} true)" if self.known else self.name


@dataclass(frozen=True, kw_only=True)
class Board:
    """All methods, the best first by what they have of the gap over all settings.

    Args:
        naive: its pooled results, by setting.
        gaps: settings whose gap between supervisor and ceiling is clear; only these count over all.
        absent: by setting and method, why it is not there.
        comparisons: for how many p was corrected.
    """

    standings: list[Standing]
    naive: Mapping[str, Group]
    gaps: list[str]
    absent: Mapping[tuple[str, str], str]
    comparisons: int
    seeds: int
    notes: list[str] = field(default_factory=list)


def board(entered: Field, store: Artefacts, *, seeds: int) -> Board:
    """What the store has of a field. An entry that failed, or is not finished, is absent with the reason."""
    rows = {_who(one.row): one for one in read_records(store)}
    absent, scores, groups = dict(entered.absent), dict[str, dict[str, Scores]](), dict[str, dict[str, Group]]()
    steps = Steps()
    for entry in entered.entries:
        where = entry.setting.name
        try:
            records = [_record(rows, one, run(one, steps).key) for one in entry.experiments]
            own = student_scores(store, records, entry.name)
        except OutgrowError as error:
            absent[where, entry.name] = str(error)
            continue
        scores.setdefault(where, {})[entry.name] = own
        groups.setdefault(where, {})[entry.name] = pool(store, records)[0]
    here = [where for where in scores if NAIVE in scores[where]]
    naive = {where: groups[where][NAIVE] for where in here}
    for where in here:
        rule = shortcut(store, scores[where][NAIVE], naive[where])
        if isinstance(rule, str):
            absent[where, SHORTCUT] = rule
        else:
            scores[where][SHORTCUT] = rule
    gaps = [where for where in here if naive[where].verdict == "ok"]
    raw = {}
    for where in here:
        for name, own in scores[where].items():
            if name != NAIVE and np.array_equal(own.values, scores[where][NAIVE].values):
                absent[where, name] = "its students answer there as those of naive do"
            elif name != NAIVE:
                raw[where, name] = difference(scores[where][NAIVE], own)
    corrected = dict(zip(raw, holm([one.p for one in raw.values()]), strict=True))
    cost = {(entry.setting.name, entry.name): _seconds(entry, steps) for entry in entered.entries}
    standings = []
    for name in [*entered.names[1:], SHORTCUT]:
        found = {where: raw[where, name] for where in here if (where, name) in raw}
        if not found:
            continue
        p = {where: corrected[where, name] for where in found}
        better, worse = helped({where: one.estimate for where, one in found.items()}, p)
        against = [_against(scores[where], name, naive[where]) for where in found if where in gaps]
        standings.append(
            Standing(
                name=name, differences=found,
                scores={where: groups[where][name] for where in found if name in groups[where]},
                overall=overall(against) if against else None, better=better, worse=worse,
                cost=float(np.mean([cost.get((where, name), 0.0) / cost[where, NAIVE] for where in found])),
            )
        )  # fmt: skip
    standings.sort(key=lambda one: -(one.overall.share.value if one.overall else -np.inf))
    return Board(
        standings=standings, naive=naive, gaps=gaps, absent=absent, comparisons=len(raw), seeds=seeds,
        notes=[
            f"{where}: no clear gap between supervisor and ceiling, so it does not count over all settings"
            for where in here if where not in gaps
        ],
    )  # fmt: skip


def _who(row: Result) -> tuple[str, str, int, str]:
    """What tells a row from those of other studies in the store, which may have the same result."""
    return row.experiment, row.method, row.seed, row.key


def _record(rows: Mapping[tuple[str, str, int, str], Record], one: Experiment, key: str) -> Record:
    found = rows.get((one.name, one.method.label, one.seed, key))
    if found is None:
        raise OutgrowError("it is not finished; the same command goes on")
    return found


def _against(scores: Mapping[str, Scores], name: str, naive: Group) -> Against:
    first, second = scores[NAIVE], scores[name]
    assert naive.ceiling, "a clear gap has two ends"
    assert naive.weak_score
    return Against(
        more=(second.values - first.values) * first.sign,
        gap=abs(naive.ceiling.value - naive.weak_score.value),
        groups=np.unique(first.groups, return_inverse=True)[1],
    )


def _seconds(entry: Entry, steps: Steps) -> float:
    """Nominal seconds of all trainings behind the student, but those behind its supervisor."""
    result = run(entry.experiments[0], steps)
    before = {step.key for step in walk_unique(result.weak.by)}
    own = [step for step in walk_unique(result.student.by) if isinstance(step, Trained) and step.key not in before]
    return sum(nominal(step) for step in own)
