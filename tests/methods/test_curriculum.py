"""The surest rows first, then all: where it is plain training, and what it is otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError
from outgrow.executors.base import compute
from outgrow.experiment import Experiment, run
from outgrow.learning.objective import Objective
from outgrow.methods.selections.filter import Filter
from outgrow.methods.transforms.harden import Harden
from outgrow.models.base import Model, Role
from outgrow.steps import Context, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments


@pytest.fixture
def one_with(document: dict[str, Any], frozen_toy: Callable[..., Model]) -> Callable[..., Experiment]:
    """An experiment of five epochs, of a network that is trained whole or of a head: `one_with(method, head=True)`."""

    def make(method: Any, *settings: str, head: bool = False) -> Experiment:
        whole = {key: value for key, value in document.items() if key != "sweep"}
        train = {**document["train"], "epochs": 5}
        (one,) = expand({**whole, "train": train, "method": method}, name="x", settings=settings)
        return replace(one, strong=replace(one.strong, model=frozen_toy())) if head else one

    return make


def both(one: Experiment, role: str = "student") -> tuple[Trained, Trained]:
    last = getattr(run(one, Steps()), role).by
    assert isinstance(last, Trained)
    assert last.after is not None
    return last.after, last


@pytest.mark.parametrize("head", [False, True])
def test_with_all_rows_at_once_it_is_plain_training_with_a_drop_of_the_rate(
    head: bool, one_with: Callable[..., Experiment], store: Store
) -> None:
    one = one_with({"name": "curriculum", "share": 1.0}, head=head)
    first, last = both(one)
    steps, part, labels = Steps(), last.part, last.labels
    train = one.strong.train
    begin = steps.finetune(
        Role(model=one.strong.model, train=replace(train, epochs=2)), part, labels=labels, objective=Objective(), seed=0
    )
    slow = replace(train, epochs=3, learning_rate=train.learning_rate / 2)
    plain = steps.finetune(Role(model=one.strong.model, train=slow), part, labels=labels, seed=0, after=begin)
    context = Context(store)
    for step in walk_unique(last, plain):
        if step.key not in set(store.keys()):
            compute(step, store, context)
    test = part.split.part("test")
    assert (last.answers(context, test) == plain.answers(context, test)).all()
    assert not np.allclose(last.answers(context, test), first.answers(context, test), atol=1e-3)


@pytest.mark.parametrize("head", [False, True])
def test_the_surest_of_each_class_come_first_and_the_ceiling_has_the_same_rates(
    head: bool, one_with: Callable[..., Experiment], store: Store
) -> None:
    one = one_with(["harden", {"name": "curriculum", "share": 0.3, "first": 1, "slower": 0.1}], head=head)
    first, last = both(one)
    assert first.objective == Objective(transforms=(Harden(),), selections=(Filter(keep=0.3),))
    assert last.objective == Objective(transforms=(Harden(),))
    assert (first.role.train.epochs, last.role.train.epochs) == (1, 4)
    assert last.role.train.learning_rate == pytest.approx(0.1 * first.role.train.learning_rate)
    of_truth = both(one, "ceiling")
    assert [step.role.train for step in of_truth] == [first.role.train, last.role.train]
    assert all(step.labels is None for step in of_truth)
    swept = run_experiments([one], store)
    assert not swept.failures
    lesson, _ = first.lesson(Context(store))
    assert 0.3 * 60 <= len(lesson.kept) <= 0.3 * 60 + 2
    assert any(note.startswith("how the supervisor's confidence ranks") for note in swept.records[0].notes)


def test_what_it_needs_is_told(one_with: Callable[..., Experiment]) -> None:
    one = one_with({"name": "curriculum"})
    assert read(to_toml(one), name="x") == one
    with pytest.raises(ConfigError, match="the student needs more than first = 2 epochs"):
        run(one_with("curriculum", "train.epochs=2"), Steps())
    head = one_with("curriculum", head=True)
    exact = replace(head, strong=replace(head.strong, train=replace(head.strong.train, optimizer="lbfgs")))
    with pytest.raises(ConfigError, match='the student needs optimizer = "adam"'):
        run(exact, Steps())
