"""Studies from Python: `outgrow.run("quickstart", seeds=[0, 1])`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from outgrow.artefacts import Artefacts
from outgrow.config import read_experiments
from outgrow.errors import ConfigError
from outgrow.executors.base import executors
from outgrow.experiment import Experiment
from outgrow.freshness import adopt, beside, changed_code
from outgrow.learning.team import team
from outgrow.lengths import longer_at
from outgrow.plan import make_plan
from outgrow.progress import Live
from outgrow.results.frame import Results
from outgrow.results.records import read_records
from outgrow.runtime import Precision, runtime_of
from outgrow.store import open_store
from outgrow.sweep import run_experiments
from outgrow.trackers.base import check_tracker

log = logging.getLogger(__name__)
STORE = "./outgrow-store"
One = str | Path | Experiment


def run(
    what: One | Sequence[One],
    *,
    seeds: Sequence[int] | None = None,
    set: Mapping[str, Any] | None = None,
    store: str | Path | Artefacts = STORE,
    executor: str = "serial",
    workers: int | None = None,
    address: str = "",
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    precision: Precision = "auto",
    fresh: bool = False,
    progress: bool = True,
    tracker: str = "",
) -> Results:
    """Run experiments, or find what is finished already. `failures` says what failed; the rest is done.

    Args:
        what: a shipped experiment's name, the path of a TOML file, an experiment, or several of these.
        seeds: in place of the experiments' own.
        set: settings of names and files by dotted key, such as `{"method.alpha": 0.75}`.
        store: of finished steps: a folder, or `s3://bucket/study`; made if it is not there.
        workers: processes at once, for an executor that uses several; 2 by default.
        address: of a Ray cluster that is there, for the executor `ray`: `auto`, or HOST:PORT.
        fresh: compute all steps again, for example after you changed your code; old ones are replaced when all is done.
        progress: tell on stderr how far it is.
        tracker: where trainings and results are shown as well: `tensorboard`, `mlflow`, `wandb`.

    Raises:
        ConfigError, DataError: the request is wrong.
        StoreError, StepFailed: the disk, or a process, gave up on the way; what is finished is kept.
    """
    executors[executor]
    if tracker:
        check_tracker(tracker)
    runtime = runtime_of(
        executor=executor, workers=workers, address=address, device=device, precision=precision, tracker=tracker
    )
    listed = list(what) if isinstance(what, Sequence) and not isinstance(what, str) else [what]
    experiments = [found for one in listed for found in _experiments(one, seeds, set or {})]
    opened = open_store(store) if isinstance(store, (str, Path)) else store
    target = beside(opened, experiments) if fresh else opened
    plan = make_plan(experiments, cached=target.keys())
    if plan.todo:
        opened.create()
    for note in changed_code(plan, opened):
        log.warning("%s", note)
    with contextlib.ExitStack() as stack:
        watcher = None
        if progress and team().rank == 0:
            watcher = stack.enter_context(Live(plan, runtime, longer_at(target)))
        swept = run_experiments(experiments, target, runtime=runtime, watcher=watcher, told=opened)
    if fresh:
        adopt(opened, target)
    results = Results(store=opened, records=swept.records)
    if results.failures:
        log.warning("%d of %d runs failed: see .failures", len(results.failures), len(results))
    return results


def _experiments(one: object, seeds: Sequence[int] | None, settings: Mapping[str, Any]) -> list[Experiment]:
    if isinstance(one, (str, Path)):
        texts = [f"{key}={_toml(value, key)}" for key, value in settings.items()]
        return read_experiments(str(one), settings=texts, seeds=seeds)
    if not isinstance(one, Experiment):
        raise ConfigError(f"{one!r} is no experiment: give a name, the path of a TOML file, or an Experiment")
    if settings:
        raise ConfigError("set is for names and files; change an Experiment by dataclasses.replace")
    return [one] if seeds is None else [dataclasses.replace(one, seed=seed) for seed in seeds]


def read_results(store: str | Path | Artefacts = STORE, *, where: Sequence[str] = ()) -> Results:
    """The results of a store that is there; `where` takes conditions such as `method=naive`."""
    opened = open_store(store, existing=True) if isinstance(store, (str, Path)) else store
    return Results(store=opened, records=read_records(opened, where=where))


def _toml(value: Any, key: str) -> str:
    """A value as `--set` takes it: TOML, tables inline."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(name))} = {_toml(one, key)}" for name, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one, key) for one in value) + "]"
    if isinstance(value, (str, Path)):
        return json.dumps(str(value))
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    raise ConfigError(f"set: {key} = {value!r}: write a number, a text, True or False, or lists and dicts of these")
