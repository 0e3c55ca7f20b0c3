"""Run experiments: plan them as one graph, carry it out, write their rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, DamagedArtefact, StoreError
from outgrow.executors.base import Outcome, Watcher, executors
from outgrow.experiment import Experiment
from outgrow.learning.team import team
from outgrow.lengths import longer_at
from outgrow.plan import Plan, Planned, make_plan
from outgrow.preparation import notes_of, prepare
from outgrow.results.forget import supersede
from outgrow.results.recording import record
from outgrow.results.table import Record
from outgrow.runtime import Runtime
from outgrow.steps import Comparison, Context, Step
from outgrow.tracking import following
from outgrow.watching import telling_to

ATTEMPTS = 20  # what is found damaged on the way is moved aside; the next computes it again, and may find more


class Silent:
    """A watcher that shows nothing."""

    def started(self, step: Step, where: str = "") -> None: ...

    def progressed(self, step: Step, progress: float) -> None: ...

    def put_off(self, step: Step) -> None: ...

    def finished(self, step: Step, failure: str = "") -> None: ...


class _Recording:
    """A watcher that writes a result's row as soon as it is there, so that a run that is stopped has its rows.

    It tells another watcher what happens, and that steps are finished that can no longer be done.
    """

    def __init__(self, watcher: Watcher, store: Artefacts, plan: Plan) -> None:
        self.started, self.progressed, self.put_off = watcher.started, watcher.progressed, watcher.put_off
        self._finished, self._store, self._plan = watcher.finished, store, plan
        self._results: dict[str, list[Planned]] = {}
        for one in plan.results:
            self._results.setdefault(one.result.key, []).append(one)
        self._lost: set[str] = set()  # keys of steps that failed, or need one that did

    def finished(self, step: Step, failure: str = "") -> None:
        if isinstance(step, Comparison) and team().rank == 0 and not failure:
            for one in self._results.get(step.key, ()):
                with contextlib.suppress(DamagedArtefact):  # seen again, and mended, when all rows are written
                    record(self._store, one.experiment, one.result)
        self._finished(step, failure)
        if failure:
            self._lost.add(step.key)
            self._lose_after(step.key, failure)

    def lose(self, failed: Mapping[str, str]) -> None:
        """These cannot be done, and why; and so nothing can that needs them."""
        for key, failure in failed.items():
            if key not in self._lost:
                self._lost.add(key)
                self._finished(self._plan.steps[key], failure)
                self._lose_after(key, failure)

    def _lose_after(self, key: str, failure: str) -> None:
        for later in self._plan.needing(key, known=self._lost):
            self._lost.add(later)
            self._finished(self._plan.steps[later], failure)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What came of a sweep: one record per experiment, the plan it began with, steps computed here and failed.

    Args:
        elsewhere: steps of it that other runs on the same store computed meanwhile.
        notes: what the data of results that failed had to tell; others have their notes in their records.
    """

    records: list[Record]
    plan: Plan
    computed: int
    failures: dict[str, BaseException]
    elsewhere: int = 0
    notes: list[str] = field(default_factory=list)


def run_experiments(
    experiments: Sequence[Experiment],
    store: Artefacts,
    *,
    runtime: Runtime | None = None,
    watcher: Watcher | None = None,
    told: Artefacts | None = None,
) -> Swept:
    """Compute what the store lacks and return every experiment's row; failures are rows too, with verdict `failed`.

    Args:
        told: the store that is told how far the run is, if not the one that it computes into.

    Raises:
        OutgrowError: nothing can come of the request, as its data are wrong; then no row is written.
    """
    if isinstance(experiments, str) or not all(isinstance(one, Experiment) for one in experiments):
        raise ConfigError(
            f"run_experiments takes a list of Experiment values, not {experiments!r}; outgrow.run takes names and "
            "files, and outgrow.read_experiments reads them"
        )
    if isinstance(store, (str, Path)):
        raise ConfigError(
            f"run_experiments takes a store, not {store!r}: write open_store({str(store)!r}), from outgrow.store"
        )
    return run_plan(make_plan(experiments, cached=there(store)), store, runtime or Runtime(), watcher or Silent(), told)


def run_plan(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher, told: Artefacts | None = None) -> Swept:
    """Carry out a plan against a store, and write the rows of its results."""
    execute, first, computed, elsewhere = executors[runtime.executor], plan, 0, set[str]()
    if runtime.device != "auto" and not runtime.address:
        Context(store, runtime).machine  # noqa: B018 - ConfigError now if it is not there, not at the first training
    outcome = Outcome()
    records: list[Record] = []
    with (
        _kept_from_garbage(store, plan),
        telling_to(told or store, watcher, plan, runtime, longer_at(store)) as telling,
        following(runtime.tracker, telling, store, plan) as followed,
    ):
        recording = _Recording(followed or telling, store, plan)
        for attempt in range(1, ATTEMPTS + 1):
            left, outcome = prepare(plan, store, runtime, recording)
            computed += outcome.here
            elsewhere |= outcome.elsewhere
            if left.todo and not outcome.damaged:
                recording.lose(outcome.failed)
                rest = execute(left, store, runtime, recording)
                computed += rest.here
                elsewhere |= rest.elsewhere
                outcome = Outcome(
                    failures=outcome.failures | rest.failures, failed=outcome.failed | rest.failed, damaged=rest.damaged
                )
            try:
                if not outcome.damaged or attempt == ATTEMPTS:
                    records = [
                        record(store, one.experiment, one.result, failure=outcome.failed.get(one.result.key, ""))
                        for one in first.results
                    ]
                    break
            except DamagedArtefact:
                if attempt == ATTEMPTS:
                    raise
            plan = plan.against(there(store))
        if computed and team().rank == 0:
            supersede(store, records)
        if followed:
            followed.rows([one.experiment for one in first.results], records)
    ends = [one.result for one in first.results if one.result.key in outcome.failed]
    return Swept(
        records=records, plan=first, computed=computed, failures=outcome.failures, elsewhere=len(elsewhere),
        notes=notes_of(ends, store),
    )  # fmt: skip


@contextlib.contextmanager
def _kept_from_garbage(store: Artefacts, plan: Plan) -> Iterator[None]:
    """Nothing is deleted inside the block. What is finished can be shown also where no lock can be written."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(store.in_use())
        except StoreError:
            if plan.todo:
                raise
        yield


def there(store: Artefacts) -> set[str]:
    """Keys of the finished steps, as the first of the processes sees them that train together."""
    found: set[str] = team().gather(store.keys())[0]
    return found
