"""What a run does first: read and divide the data, so that a mistake in them is told before anything is trained."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, DataError, OutgrowError, StepFailed, StoreError
from outgrow.executors.base import Outcome, Watcher, reason
from outgrow.executors.serial import serial
from outgrow.metrics.base import metrics
from outgrow.plain import counted
from outgrow.plan import Plan, Planned
from outgrow.runtime import Runtime
from outgrow.steps import Ask, Context, Dataset, FromOutside, Given, Simulated, Split, Step, walk_unique
from outgrow.steps.asked import foretell
from outgrow.store import Store
from outgrow.tasks.base import Output

log = logging.getLogger(__name__)
DEVICES = ("cpu", "cuda", "mps")
DATA = (Dataset, Split, Given, Simulated)
"""Steps that read, divide and compare what is given, and train nothing."""


def prepare(plan: Plan, store: Artefacts, runtime: Runtime, watcher: Watcher) -> tuple[Plan, Outcome]:
    """Compute the steps that read data, and look at what came of them. Returns what is left to do, and the outcome.

    What needs data that cannot be read, or a metric that does not fit them, has failed then and is not tried. Whoever
    has to be asked for labels is asked after that, and before anything is trained.

    Raises:
        OutgrowError: nothing can come of the whole plan. Notes of the data are attached, such as rows dropped.
    """
    outcome, done = Outcome(), set[str]()
    for kinds in (DATA, Ask):
        needed = {step.key for step in walk_unique(*(one.result for one in _alive(plan, outcome)))}
        wanted = [key for key in plan.todo if key in needed and _reads(plan.steps[key], kinds)]
        done |= {*wanted}
        if wanted:
            outcome.add(serial(replace(plan, todo=wanted), store, runtime, watcher))
        _spread(plan, outcome)
        if kinds is DATA and not outcome.damaged:
            _check_fits(plan, store, outcome, runtime)
        if outcome.damaged:
            return plan, outcome
    alive = _alive(plan, outcome)
    if not alive and outcome.failures:
        raise _one_error(plan, outcome)
    needed = {step.key for step in walk_unique(*(one.result for one in alive))}
    return replace(plan, todo=[key for key in plan.todo if key in needed - done]), outcome


def _reads(step: Step, kinds: type[Step] | tuple[type[Step], ...]) -> bool:
    return isinstance(step, kinds) and all(isinstance(one, (*DATA, Ask)) for one in walk_unique(step))


def _alive(plan: Plan, outcome: Outcome) -> list[Planned]:
    return [one for one in plan.results if one.result.key not in outcome.failed]


def _check_fits(plan: Plan, store: Artefacts, outcome: Outcome, runtime: Runtime) -> None:
    """Mark results as failed whose metric or models do not fit the data that were read, or the device."""
    todo, found = set(plan.todo), cache(lambda data: _sample(store, data))
    for one in _alive(plan, outcome):
        if one.result.key in todo:
            try:
                if runtime.executor != "ray":  # whose devices are elsewhere
                    _check_device(one, Context(store, runtime))
                for data in (one.result.labels.part.split.dataset, one.result.student.split.dataset):
                    _check_fit(one, data.task.name, *found(data))
            except OutgrowError as error:
                outcome.fail(plan, one.result.key, error)


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What reading the data of a plan would tell.

    Args:
        notes: of the data.
        error: if nothing could come of the plan.
        inputs: what models see of the data that were read, by the key of their step.
    """

    notes: list[str]
    error: OutgrowError | None = None
    inputs: Mapping[str, np.ndarray] = field(default_factory=dict)


def rehearse(plan: Plan, store: Artefacts, runtime: Runtime) -> Rehearsed:
    """What reading the data of a plan would tell, and what is in the store of them already.

    It is read as a run would read it, but into a store that is thrown away. Data of the hub are left out: they would
    have to be fetched.
    """
    steps = walk_unique(*(one.result for one in plan.results))
    far = {step.task.name for step in steps if isinstance(step, Dataset) and hasattr(step.task, "repo")}
    notes = [f"the data of {name!r} come from the hub: they were not looked at" for name in sorted(far)]
    asked = [step for step in (plan.steps[key] for key in plan.todo) if isinstance(step, Ask)]
    if far or not any(isinstance(plan.steps[key], (*DATA, Ask)) for key in plan.todo):
        return Rehearsed(notes=notes, inputs=_inputs(plan, store))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Store(folder)
        scratch.create()
        whole = replace(plan, todo=[key for key, step in plan.steps.items() if not isinstance(step, Ask)])
        try:
            prepare(whole, scratch, runtime, _Nobody())
            notes += foretell(asked, Context(scratch))
        except OutgrowError as error:
            return Rehearsed(notes=notes, error=error)
        notes += notes_of([one.result for one in plan.results], scratch)
        return Rehearsed(notes=notes, inputs=_inputs(plan, scratch))


def _inputs(plan: Plan, store: Artefacts) -> dict[str, np.ndarray]:
    """What models see of the data of a plan that are in a store."""
    found = {}
    for key, step in plan.steps.items():
        if isinstance(step, Dataset) and store.has(key):
            with contextlib.suppress(StoreError):  # damaged: a run reads it anew
                found[key] = step.read(Context(store)).inputs
    return found


def notes_of(ends: Sequence[Step], store: Artefacts) -> list[str]:
    """What the data that these need had to tell, as far as they are read."""
    found: list[str] = []
    for step in walk_unique(*ends):
        if isinstance(step, (Dataset, FromOutside)) and store.has(step.key):
            context = Context(store)
            with contextlib.suppress(StoreError):  # what is damaged says nothing
                found += step.read(context).notes if isinstance(step, Dataset) else step.notes(context)
    return list(dict.fromkeys(found))


class _Nobody:
    def started(self, step: Step, where: str = "") -> None: ...

    def progressed(self, step: Step, progress: float) -> None: ...

    def put_off(self, step: Step) -> None: ...

    def finished(self, step: Step, failure: str = "") -> None: ...


def _spread(plan: Plan, outcome: Outcome) -> None:
    """Mark everything of the plan as failed that needs what failed."""
    for key in plan.todo:
        for needed in plan.steps[key].inputs().values():
            if key not in outcome.failed and needed.key in outcome.failed:
                outcome.failed[key] = outcome.failed[needed.key]


def _sample(store: Artefacts, data: Dataset) -> tuple[np.ndarray, Output]:
    """What a model sees of the first row of a dataset that was read, and what it has to tell of it."""
    whole = data.read(Context(store))
    return whole.inputs[:1].copy(), whole.output


def _check_fit(one: Planned, task: str, inputs: np.ndarray, output: Output) -> None:
    """DataError where a metric or a model does not fit a task of an experiment, now that its data are known."""
    experiment = one.experiment
    why = metrics[experiment.metric].misfit(output.kind, output.n_classes)
    misfits = [("metric", experiment.metric, why, "metrics")]
    misfits.append(("method", experiment.method.label, experiment.method.misfit(inputs, output), "methods"))
    for model in (*experiment.weak.models, experiment.strong.model):
        misfits.append(("model", model.label, model.misfit(inputs, output), "models"))
    for what, name, why, kinds in misfits:
        if why:
            raise DataError(
                f"the {what} {name!r} does not fit the task {task!r}: it {why}; choose another (outgrow list {kinds})"
            )


def _check_device(one: Planned, context: Context) -> None:
    """ConfigError where a model of an experiment cannot be trained on this machine's device."""
    for model in (*one.experiment.weak.models, one.experiment.strong.model):
        if any(map(model.misfit_on, DEVICES)) and (why := model.misfit_on(context.machine.device.type)):
            raise ConfigError(f"the model {model.label!r} {why}")


def _one_error(plan: Plan, outcome: Outcome) -> OutgrowError:
    """All that failed as one error: most often it is the same for all."""
    different = list({str(error): error for error in outcome.failures.values()}.values())
    first, others = different[0], len(different) - 1
    key = next(key for key, error in outcome.failures.items() if error is first)
    if not isinstance(first, OutgrowError):
        first = StepFailed(f"{plan.steps[key].title}: {reason(first)}")
    if others:
        made = type(first)(f"{first} ({counted(others, 'other mistake')} like this)")
        made.__notes__ = list(getattr(first, "__notes__", []))
        return made
    return first
