"""The training on weak labels: features, a choice of method, the student, and what is known of its accuracy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.config.build import method_table
from outgrow.errors import ConfigError, DataError
from outgrow.executors.base import Watcher
from outgrow.experiment import teach
from outgrow.learning.objective import NothingLeft
from outgrow.learning.out_of_fold import folds_of
from outgrow.methods.base import Method
from outgrow.methods.naive import Naive
from outgrow.own_labels.choice import Choice, choose
from outgrow.own_model.answered import Answered
from outgrow.own_model.carry_out import carry_out, plan_of
from outgrow.own_model.request import Prepared
from outgrow.own_model.teaching import Plot, is_plain
from outgrow.plain import counted
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Context, Step, Trained, walk_unique
from outgrow.student import Student, student_of

Watch = Callable[[Plan], Watcher]
HALVES = (
    "rows were answered by two models, each of which learned from the other half of the rows; the model that is kept "
    "learned from all of them, and may be a little better"
)


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A student that learned from weak labels, and its answers to rows that it did not learn from.

    Args:
        choice: which method, why, and the out-of-fold answers to the rows that it learned from; None where the model
            has no frozen features, so that nothing was compared.
        answers: probabilities float32 [n, classes] of all rows of the table, each by a model that did not learn from
            the row.
        notes: what data and trainings had to tell.
    """

    prepared: Prepared
    student: Student
    choice: Choice | None
    method: Method
    answers: np.ndarray
    notes: list[str]
    computed: int


def whole_plan(prepared: Prepared, store: Artefacts) -> Plan:
    """What is computed, as far as it is known before a method is chosen."""
    plot = Plot(prepared=prepared, method=prepared.request.method or Naive(), choice=None, features=None)
    parts = [] if prepared.is_probe and is_plain(plot.method) else halves(prepared)
    ends: list[Step] = [taught(plot), *(_answered(plot, rows) for rows in parts)]
    return plan_of(*ends, *([prepared.features] if prepared.features else []), cached=store.keys())


def train(prepared: Prepared, store: Artefacts, runtime: Runtime, watch: Watch) -> Grown:
    """Choose a method and train the student by it; what a store has already is not computed again.

    Args:
        watch: gives a watcher for a plan that is carried out.
    """
    plot, computed = plotted(prepared, store, runtime, watch)
    context, choice, method = Context(store, runtime), plot.choice, plot.method
    parts = [] if prepared.is_probe and choice is not None and is_plain(method) else halves(prepared)
    of_all, answered = taught(plot), [_answered(plot, rows) for rows in parts]
    plan = plan_of(of_all, *answered, cached=store.keys())
    computed += carry_out(plan, store, runtime, watch(plan))
    if choice is not None and not parts:
        answers = choice.out_of_fold
    else:
        answers = np.zeros((len(prepared.table.ids), prepared.table.output.n_classes), np.float32)
        for rows, one in zip(parts, answered, strict=True):
            answers[_rest(prepared, rows)] = one.read(context)
    columns = prepared.table.columns.inputs
    student = student_of(of_all, context, columns=columns, about=about(prepared, choice, method))
    notes = [note for step in walk_unique(of_all) if isinstance(step, Trained) for note in step.notes(context)]
    return Grown(
        prepared=prepared, student=student, choice=choice, method=method, answers=answers, computed=computed,
        notes=list(dict.fromkeys([*notes, *([HALVES] if parts else [])])),
    )  # fmt: skip


def taught(plot: Plot, some: np.ndarray | None = None) -> Trained:
    """The student that learns from some rows, or from all.

    Raises:
        ConfigError: the method trains nothing that can be kept.
    """
    found = teach(plot.teaching(some), plot.prepared.steps).student
    if not isinstance(found, Trained):
        raise ConfigError(
            f"--method {plot.method.label} trains no model that could be kept: it serves as a control in experiments "
            "(outgrow run); name another, or leave --method out"
        )
    return found


def _answered(plot: Plot, rows: np.ndarray) -> Answered:
    """What a student that learns from some rows says of the others."""
    ids = tuple(plot.prepared.table.ids[row] for row in _rest(plot.prepared, rows))
    return Answered(by=taught(plot, rows), dataset=plot.prepared.data.dataset, ids=ids)


def _rest(prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    return np.setdiff1d(np.arange(len(prepared.table.ids)), rows)


def plotted(prepared: Prepared, store: Artefacts, runtime: Runtime, watch: Watch) -> tuple[Plot, int]:
    """Compute features and choose a method: who is to teach whom what, and how many steps were computed."""
    store.create()
    plan = plan_of(prepared.features or prepared.data, cached=store.keys())
    computed = carry_out(plan, store, runtime, watch(plan))
    features = _features(prepared, Context(store, runtime))
    choice = None if features is None else _choice(prepared, features)
    method = choice.method if choice else prepared.request.method or Naive()
    return Plot(prepared=prepared, method=method, choice=choice, features=features), computed


def halves(prepared: Prepared) -> list[np.ndarray]:
    """Two halves of the rows, whole groups: a model that learned from one answers the other.

    Raises:
        ConfigError: the method learns from known truth, and a half has none.
    """
    folds, method = folds_of(prepared.table.groups, folds=2, seed=prepared.request.seed), prepared.request.method
    parts = [np.flatnonzero(folds != fold) for fold in (0, 1)]
    if method and method.uses_truth and not all(np.isin(prepared.learned, rows).any() for rows in parts):
        raise ConfigError(
            f"--method {method.label}: the model is checked by two others, each of which learns from half of the rows, "
            f"and one half has none of the {counted(len(prepared.learned), 'row')} whose truth may be learned from; "
            "allow more with --budget"
        )
    return parts


def _features(prepared: Prepared, context: Context) -> np.ndarray | None:
    """What the frozen model makes of each row, in the table's order; None where it has no frozen part."""
    if prepared.features is None:
        return None
    place = {one: i for i, one in enumerate(prepared.data.read(context).ids)}
    order = np.array([place[one] for one in prepared.table.ids])
    return np.asarray(prepared.features.read(context)[order])


def _choice(prepared: Prepared, features: np.ndarray) -> Choice:
    """The method by evidence from linear heads on the model's frozen features."""
    weak = dataclasses.replace(prepared.weak, features=lambda: features)
    request = prepared.request
    try:
        return choose(features, weak, prepared.table.output, method=request.method, seed=request.seed)
    except NothingLeft as error:
        raise DataError(
            f"{prepared.table.name}: labelled rows are of too few groups to hold some of them out ({error}); "
            + (f"leave --group {request.columns.group} out" if request.columns.group else "label others too")
        ) from error


def about(prepared: Prepared, choice: Choice | None, method: Method) -> dict[str, Any]:
    """How a student came to be, as plain data for its folder and its card."""
    import outgrow

    table, request = prepared.table, prepared.request
    return {
        "outgrow": outgrow.__version__,
        "seed": request.seed,
        "method": method_table(method),
        "chosen": list(choice.reasons) if choice else [],
        "data": {"name": table.name, "rows": len(table.ids), "labelled": int(table.votes.any((0, 2)).sum())},
        "columns": table.columns.said(),
        "audited": {"learned": len(prepared.learned), "checking": len(prepared.checking)},
    }
