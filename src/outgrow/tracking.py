"""Follows a run and shows a tracker what comes of it: trainings as they end, rows at the end."""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.executors.base import Watcher
from outgrow.experiment import Experiment
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.registry import in_one_line
from outgrow.results.table import Record
from outgrow.spec import plain
from outgrow.steps import Step, Trained, walk_unique
from outgrow.steps.stored import stored
from outgrow.steps.trained import CURVE
from outgrow.trackers.base import STEPS, Setting, Tracked, Tracker, check_tracker

log = logging.getLogger(__name__)
MEASURED = ("accuracy", "agreement", "loss", "rate", "gradient_norm")
SCORES = (
    "zero_shot_score", "weak_score", "student_score", "ceiling_score", "weak_label_accuracy", "agreement",
    "agreement_when_right", "agreement_when_wrong", "pgr", "pgr_low", "pgr_high", "n_test", "n_groups",
)  # fmt: skip


class Following:
    """A watcher that tells another, and shows a tracker each training that has ended.

    It reads the store, so it does not matter which executor or process trained. A tracker that fails is left alone: it
    is no part of a result.
    """

    def __init__(self, watcher: Watcher, store: Artefacts, plan: Plan, tracker: Tracker) -> None:
        self.started, self.progressed, self.put_off = watcher.started, watcher.progressed, watcher.put_off
        self._finished, self._store, self._tracker = watcher.finished, store, tracker
        self._group: dict[str, set[str]] = {}
        for one in plan.results:
            for step in walk_unique(one.result):
                if isinstance(step, Trained):
                    self._group.setdefault(step.key, set()).add(one.experiment.name)
        self._works = True

    def finished(self, step: Step, failure: str = "") -> None:
        if isinstance(step, Trained) and not failure:
            with contextlib.suppress(StoreError):  # who needs it will say so
                one = training(
                    step, ", ".join(sorted(self._group.get(step.key, ()))), read_curve(self._store, step.key)
                )
                self._try(lambda: self._tracker.log(one))
        self._finished(step, failure)

    def rows(self, experiments: Sequence[Experiment], records: Sequence[Record]) -> None:
        """Show the rows, those too that were there before."""
        for experiment, record in zip(experiments, records, strict=True):
            if not record.failure:
                one = row(experiment, record)
                self._try(lambda one=one: self._tracker.log(one))  # type: ignore[misc]

    def close(self) -> None:
        """Nothing more comes."""
        self._try(self._tracker.close)

    def _try(self, act: Callable[[], None]) -> None:
        if self._works:
            try:
                act()
            except Exception as error:  # of a package that is not ours, or of its network
                self._works = False
                log.warning(
                    "the tracker %r failed (%s): it is shown nothing more; the run goes on without it",
                    self._tracker.name, in_one_line(error),
                )  # fmt: skip


@contextlib.contextmanager
def following(name: str, watcher: Watcher, store: Artefacts, plan: Plan) -> Iterator[Following | None]:
    """A watcher that also shows a tracker what happens; None where none is named, or another process does it.

    Raises:
        UnknownName, MissingDependency: there is no such tracker, or it is not installed.
    """
    tracker = check_tracker(name)() if name else None
    if tracker is None or team().rank:
        yield None
        return
    found = Following(watcher, store, plan, tracker)
    found._try(tracker.start)
    try:
        yield found
    finally:
        found.close()


def training(step: Trained, group: str, curve: Sequence[Mapping[str, Any]]) -> Tracked:
    """A training as a tracker is shown it."""
    points = [
        (round(STEPS * point["progress"]), {name: float(point[name]) for name in MEASURED if _shows(point.get(name))})
        for point in curve
    ]
    return Tracked(
        name=f"{step.title}, seed {step.seed} ({step.key[:8]})", group=group, curve=points,
        settings=leaves({"title": step.title, "key": step.key[:12], **plain(step.identity())}),
    )  # fmt: skip


def row(experiment: Experiment, record: Record) -> Tracked:
    """A row of results as a tracker is shown it: scores with the ends of their intervals."""
    result = record.row
    scores = {name: float(value) for name in SCORES if _shows(value := getattr(result, name))}
    for role, interval in (record.evaluation.scores if record.evaluation else {}).items():
        ends = {f"{role}_low": interval.low, f"{role}_high": interval.high}
        scores |= {name: float(end) for name, end in ends.items() if end is not None and math.isfinite(end)}
    about = {
        "experiment": result.experiment, "seed": result.seed, "verdict": result.verdict, "key": result.key[:12],
        "weak_label": result.weak, "strong_label": result.strong, "method_label": result.method,
    }  # fmt: skip
    return Tracked(
        name=f"{result.experiment}: {result.weak} to {result.strong}, {result.method}, seed {result.seed} "
        f"({result.key[:8]})",
        group=result.experiment, settings=leaves({**about, **experiment.identity()}), scores=scores,
    )  # fmt: skip


def read_curve(store: Artefacts, key: str) -> list[dict[str, Any]]:
    """The checks of a training that is in the store."""

    def read(folder: Any) -> list[dict[str, Any]]:
        found = json.loads((folder / CURVE).read_bytes())
        return [{**point, "progress": float(point["progress"])} for point in found]

    return stored(store, key, read)


def leaves(value: object, prefix: str = "") -> dict[str, Setting]:
    """Nested tables as one, with dotted keys; lists and nothing as text."""
    if isinstance(value, dict):
        return {
            name: leaf
            for key, item in value.items()
            for name, leaf in leaves(item, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    return {prefix: value if isinstance(value, (str, int, float, bool)) else json.dumps(plain(value))}


def _shows(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
