"""The student trained on its own labels: what a round leaves alone, and who labels which rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from outgrow import experiment
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.methods.naive import Naive
from outgrow.methods.strong_to_strong import StrongToStrong
from outgrow.models.base import Model
from outgrow.steps import Context, Predictor, Steps, Trained, walk_unique
from outgrow.steps.crossfit import CrossFitted
from outgrow.store import Store

Experiments = Callable[..., list[Experiment]]


def student(one: Experiment, method: StrongToStrong | Naive, steps: Steps | None = None) -> Trained:
    found = experiment.run(replace(one, method=method), steps or Steps()).student.by
    assert isinstance(found, Trained)
    return found


def computed(step: Predictor, store: Store) -> Context:
    context = Context(store)
    for needed in walk_unique(step):
        if not store.has(needed.key):
            compute(needed, store, context)
    return context


def test_without_a_round_it_is_the_method_inside(toy: Experiments) -> None:
    (one,) = toy("method.name=naive")
    for out_of_fold in (False, True):
        none = StrongToStrong(rounds=0, out_of_fold=out_of_fold)
        assert student(one, none).key == student(one, Naive()).key
    with_loss = toy("method=['strong_to_strong','confidence']")[0]
    last = experiment.run(with_loss, Steps()).student.by
    for _ in range(2):  # every round has the loss that it is put together with
        assert isinstance(last, Trained)
        assert last.objective == with_loss.method.objective()
        assert last.labels is not None
        last = last.labels.by


def test_each_round_begins_anew_from_the_soft_answers_of_the_one_before(toy: Experiments) -> None:
    (one,) = toy("method.name=naive")
    steps = Steps()
    last = student(one, StrongToStrong(rounds=2), steps)
    chain = [last]
    while (labels := chain[-1].labels) and isinstance(labels.by, Trained) and labels.by.labels:
        chain.append(labels.by)
    assert [link.role for link in chain] == [one.strong] * 3
    assert chain[-1] is student(one, Naive(), steps)
    assert chain[1] is student(one, StrongToStrong(rounds=1), steps)
    for link in chain[:-1]:  # the validation examples, too, are labelled by who labelled the training
        assert link.labels is not None
        assert link.held_out is not None
        assert link.held_out.by is link.labels.by


def test_a_student_that_fits_its_labels_gives_them_back(
    toy: Experiments, frozen_toy: Callable[..., Model], store: Store
) -> None:
    """32 features that differ and a bias fit any labels of 30 rows: so the next round has the same labels."""
    (one,) = toy("method.name=naive", "split.transfer=30")
    solved = replace(one.strong.train, optimizer="lbfgs", l2=1e-6)
    one = replace(one, strong=replace(one.strong, model=frozen_toy(), train=solved))
    first, second = (student(one, StrongToStrong(rounds=n)) for n in (0, 1))
    assert first.key != second.key
    answers = []
    for step in (first, second):
        context = computed(step, store)
        answers.append(step.answers(context, step.part.split.part("test")))
    taught = first.labels.read(context).mean()  # type: ignore[union-attr]
    np.testing.assert_allclose(first.answers(context, first.part), taught, atol=5e-3)
    np.testing.assert_allclose(answers[1], answers[0], atol=2e-2)
    assert (answers[0].argmax(1) == answers[1].argmax(1)).mean() > 0.97


def test_out_of_fold_each_half_is_labelled_by_the_student_of_the_other(toy: Experiments, store: Store) -> None:
    (one,) = toy("method.name=naive", "train.epochs=1")
    last = student(one, StrongToStrong(rounds=1, out_of_fold=True))
    assert last.labels is not None
    by = last.labels.by
    assert isinstance(by, CrossFitted)
    first, second = by.members
    assert isinstance(first, Trained)
    assert isinstance(second, Trained)
    assert [(piece.start, piece.stop) for piece in by.pieces] == [(0, 30), (30, 60)]
    assert [(one.part.start, one.part.stop) for one in (first, second)] == [(30, 60), (0, 30)]
    context = computed(last, store)
    part = last.part
    told = by.answers(context, part)
    np.testing.assert_array_equal(told[:30], first.answers(context, part.pieces(2)[0]))
    np.testing.assert_array_equal(told[30:], second.answers(context, part.pieces(2)[1]))
    np.testing.assert_allclose(last.labels.read(context).mean(), told, atol=1e-6)
    across = replace(part, start=20, size=25)
    np.testing.assert_allclose(by.answers(context, across), told[20:45], atol=1e-6)
    test = part.split.part("test")
    mean = (first.answers(context, test) + second.answers(context, test)) / 2
    np.testing.assert_allclose(by.answers(context, test), mean, rtol=1e-6)
