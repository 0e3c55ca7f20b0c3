"""The training on weak labels: features, a choice of method, the student, and what is known of its accuracy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.config.build import method_table
from outgrow.executors.base import Watcher
from outgrow.experiment import Teaching, teach
from outgrow.learning.losses import CrossEntropy
from outgrow.methods.base import Method
from outgrow.methods.naive import Naive
from outgrow.models.base import Role
from outgrow.own_labels.choice import Choice, choose
from outgrow.own_model.carry_out import carry_out, plan_of
from outgrow.own_model.request import Prepared
from outgrow.own_model.rows import InMemory
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.specs import TrainSpec
from outgrow.steps import Context, Trained, walk_unique
from outgrow.student import Student, student_of

Watch = Callable[[Plan], Watcher]


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A student that learned from weak labels, and its answers to rows that it did not learn from.

    Args:
        choice: which method, why, and the out-of-fold answers to the rows that it learned from; None where the model
            has no frozen features, so that nothing was compared.
        answers: probabilities float32 [n, classes] of all rows of the table, each by a model that did not learn from
            the row; zero where there is none.
        notes: what data and trainings had to tell.
    """

    prepared: Prepared
    student: Student
    choice: Choice | None
    method: Method
    answers: np.ndarray
    notes: list[str]
    computed: int


def first_plan(prepared: Prepared, store: Artefacts) -> Plan:
    """What is computed before a method is chosen: most of the work of a linear head."""
    return plan_of(prepared.features or prepared.data, cached=store.keys())


def train(prepared: Prepared, store: Artefacts, runtime: Runtime, watch: Watch) -> Grown:
    """Choose a method and train the student by it; what a store has already is not computed again.

    Args:
        watch: gives a watcher for a plan that is carried out.
    """
    store.create()
    request, context = prepared.request, Context(store, runtime)
    plan = first_plan(prepared, store)
    computed = carry_out(plan, store, runtime, watch(plan))
    choice = _choice(prepared, context)
    method = choice.method if choice else request.method or Naive()
    taught = teach(_teaching(prepared, choice, method), prepared.steps)
    plan = plan_of(taught.student, cached=store.keys())
    computed += carry_out(plan, store, runtime, watch(plan))
    student = student_of(
        taught.student, context, columns=prepared.table.columns.inputs, about=about(prepared, choice, method)
    )
    answers = np.zeros((len(prepared.table.ids), prepared.table.output.n_classes), np.float32)
    if choice is not None and prepared.is_probe:
        answers[prepared.chosen] = choice.out_of_fold
    else:
        rest = np.setdiff1d(np.arange(len(answers)), _learned_from(prepared, context))
        if len(rest):
            answers[rest] = student.answers(prepared.table.inputs[rest], context.machine)
    notes = [note for step in walk_unique(taught.student) if isinstance(step, Trained) for note in step.notes(context)]
    return Grown(
        prepared=prepared, student=student, choice=choice, method=method, answers=answers, computed=computed,
        notes=list(dict.fromkeys(notes)),
    )  # fmt: skip


def _choice(prepared: Prepared, context: Context) -> Choice | None:
    """The method by evidence from linear heads on the model's frozen features; None where it has none."""
    if prepared.features is None:
        return None
    place = {one: i for i, one in enumerate(prepared.data.read(context).ids)}
    order = np.array([place[one] for one in prepared.weak.ids])
    features = np.asarray(prepared.features.read(context)[order])
    weak = dataclasses.replace(prepared.weak, features=lambda: features)
    return choose(features, weak, prepared.table.output, method=prepared.request.method, seed=prepared.request.seed)


def _teaching(prepared: Prepared, choice: Choice | None, method: Method) -> Teaching:
    """The student's training as a teaching."""
    request = prepared.request
    fields: dict[str, Any] = dict(request.model.train_defaults())
    if prepared.is_probe and choice is not None and method.objective().loss.convex:
        fields = {"optimizer": "lbfgs", "l2": choice.l2}
    elif not prepared.is_probe:
        fields["keep"] = "best"  # by agreement with the weak labels of rows that it does not learn from
    fields |= request.train
    weak, audited = prepared.supervisors()
    if not prepared.is_probe and choice is not None and _only_fuses(method):
        named = f"{method.label} of {weak.label}"
        weak, audited, method = InMemory(by=named, ids=prepared.weak.ids, votes=choice.fused[None]), None, Naive()
    task = prepared.data.dataset.task
    return Teaching(
        task=task, split=prepared.data.sizes, weak=weak, audited=audited, method=method, seed=request.seed,
        strong=Role(model=request.model, train=TrainSpec(**fields)),
    )  # fmt: skip


def _only_fuses(method: Method) -> bool:
    """Whether all that a method does is to make targets of the labels; a network has no features to do that by itself."""
    objective = method.objective()
    return not method.recipe and not objective.selections and objective.loss == CrossEntropy()


def _learned_from(prepared: Prepared, context: Context) -> np.ndarray:
    """Numbers of the table's rows that the student learns from."""
    data = prepared.data.read(context)
    number = {one: i for i, one in enumerate(prepared.table.ids)}
    return np.array([number[data.ids[row]] for row in data.rows(prepared.data.part("transfer"))])


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
