"""Who teaches which row, which rows are kept, and limits in which the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.experiment import Experiment
from outgrow.learning.cosupervision import Assignment, assigned, kept
from outgrow.steps import Assigned, Context, Steps, Trained
from outgrow.store import Store
from outgrow.sweep import run_experiments


def one_of(document: dict[str, Any], weak: dict[str, Any], method: Any) -> Experiment:
    document = {**document, "weak": weak, "method": method}
    document.pop("sweep", None)
    (one,) = expand(document, name="levels")
    return one


def test_oracles_of_their_own_group_are_assigned_to_it_by_a_student_that_knows_all() -> None:
    rng = np.random.default_rng(0)
    group, truth = rng.integers(0, 3, 900), rng.integers(0, 4, 900)
    said = np.full((900, 4), 0.02)
    said[np.arange(900), truth] = 0.94
    votes = np.zeros((3, 900, 4))
    for teacher in range(3):
        label = np.where(group == teacher, truth, (truth + 1) % 4)
        votes[teacher, np.arange(900), label] = 1
    found = assigned(votes, said)
    assert (found.argmax(1) == truth).all()
    assert (found == votes[group, np.arange(900)]).all()
    assert kept(found, said, top=1).all()


def test_which_of_equal_supervisors_is_chosen_plays_no_part_and_who_abstains_is_not() -> None:
    rng = np.random.default_rng(1)
    one, said = rng.dirichlet(np.ones(3), 50), rng.dirichlet(np.ones(3), 50)
    assert (assigned(np.stack([one] * 4), said) == one).all()
    silent = np.stack([np.zeros((50, 3)), one])
    silent[1, 7] = 0
    found = assigned(silent, said)
    assert (found[np.arange(50) != 7] == one[np.arange(50) != 7]).all()
    assert (found[7] == 0).all()
    assert not kept(found, said, top=3)[7]


def test_a_soft_supervisor_is_chosen_by_the_divergence_from_it() -> None:
    said = np.array([[0.6, 0.3, 0.1]])
    near, sure = np.array([[0.55, 0.3, 0.15]]), np.array([[0.98, 0.01, 0.01]])
    assert (assigned(np.stack([sure, near]), said) == near).all()


def test_as_many_rows_are_kept_as_are_consistent_and_those_of_least_loss() -> None:
    said = np.array([[0.9, 0.05, 0.03, 0.02], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.15, 0.05]])
    labels = np.eye(4)[[0, 2, 0, 3]]  # ranked 1st, 3rd, 4th, 4th
    for top, count in ((1, 1), (2, 1), (3, 2), (4, 4)):
        found = kept(labels, said, top=top)
        assert found.sum() == count
        cost = -np.log(said[np.arange(4), labels.argmax(1)])
        assert set(np.flatnonzero(found)) == set(np.argsort(cost)[:count])


@pytest.mark.parametrize(("classes", "top"), [(2, 1), (3, 2), (4, 3), (10, 3)])
def test_of_two_classes_the_best_one_counts(classes: int, top: int) -> None:
    """Among the best two of two every label would be, and nothing would be dropped."""
    rng = np.random.default_rng(2)
    votes = rng.dirichlet(np.ones(classes), (2, 200)).astype(np.float32)
    said = rng.dirichlet(np.ones(classes), 200).astype(np.float32)
    found = Assignment().assign(votes, said)
    assert (found == Assignment(top=top).assign(votes, said)).all()
    assert 0 < found.any(1).sum() < 200
    with pytest.raises(ValueError, match=f"of {classes} classes all would be among the best"):
        Assignment(top=classes).assign(votes, said)


def test_levels_take_supervisors_in_their_order() -> None:
    rng = np.random.default_rng(3)
    votes = rng.dirichlet(np.ones(2), (3, 20)).astype(np.float32)
    said = votes[2]
    assert (Assignment(first=0, last=1).assign(votes, None) == votes[0]).all()
    found = Assignment(first=1, last=3).assign(votes, said)
    assert (found[found.any(1)] == votes[2][found.any(1)]).all()
    with pytest.raises(ValueError, match="levels need 4 supervisors, and there are 3"):
        Assignment(first=1, last=4).assign(votes, said)


def test_one_supervisor_on_one_level_is_naive(document: dict[str, Any], store: Store) -> None:
    made = [
        one_of(document, {"model": "toy-xs"}, method) for method in ("naive", {"name": "co_supervised", "levels": [1]})
    ]
    assert read(to_toml(made[1]), name="levels") == made[1]
    assert not run_experiments(made, store).failures
    states = [
        (store.open(experiment.run(one, Steps()).student.by.key) / "model.safetensors").read_bytes() for one in made
    ]
    assert states[0] == states[1]


def test_a_level_learns_what_the_last_student_finds_likely(document: dict[str, Any], store: Store) -> None:
    weak = {"model": "ensemble", "members": ["toy-xs", "toy-s", {"model": "random", "rate": 0.3}]}
    one = one_of(document, weak, "co_supervised")
    assert not run_experiments([one], store).failures
    student, context = experiment.run(one, Steps()).student.by, Context(store)
    assert isinstance(student, Trained)
    assert student.labels is not None
    by = student.labels.by
    assert isinstance(by, Assigned)
    (first,) = by.models
    votes = by.labels.read(context).probabilities
    said, labels = first.answers(context, by.labels.part), student.labels.read(context).mean()
    np.testing.assert_allclose(labels, Assignment().assign(votes, said), atol=1e-6)
    chosen = labels.any(1)
    assert 0 < chosen.sum() < len(labels)
    assert (labels[chosen].argmax(1) == said[chosen].argmax(1)).mean() > 0.7
    assert len(student.lesson(context)[0].kept) == chosen.sum()


def test_too_few_supervisors_are_told(document: dict[str, Any], store: Store) -> None:
    one = one_of(document, {"model": "toy-xs"}, {"name": "co_supervised", "levels": [1, 2]})
    (failure,) = {str(error) for error in run_experiments([one], store).failures.values()}
    assert failure == "co_supervised: levels need 3 supervisors, and there are 1"
