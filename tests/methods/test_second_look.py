"""Recipes in which an earlier student decides which rows are kept or labelled anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.learning.mixture import small
from outgrow.learning.objective import Objective, WeakLabels
from outgrow.learning.second_look import Refilled, Selected, SmallLoss
from outgrow.methods.base import Method, methods
from outgrow.methods.composition import compose
from outgrow.methods.refill import Refill
from outgrow.methods.selections.filter import Filter
from outgrow.methods.selections.reweight import Reweight
from outgrow.methods.transforms.graph_smoothing import GraphSmoothing
from outgrow.methods.transforms.harden import Harden
from outgrow.models.base import Role, models
from outgrow.specs import SplitSpec, TrainSpec
from outgrow.steps import Context, Labels, Part, Split, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import tasks
from outgrow.tasks.toy import Toy


def one_with(document: dict[str, Any], method: Any) -> Experiment:
    (one,) = expand({**{k: v for k, v in document.items() if k != "sweep"}, "method": method}, name="x")
    return one


def weak_of(votes: np.ndarray, earlier: np.ndarray | None, **more: Any) -> WeakLabels:
    names = [f"{i:04}" for i in range(len(votes))]
    return WeakLabels(probabilities=votes[None].astype(np.float32), ids=names, groups=names, earlier=earlier, **more)


def trainings(one: Experiment) -> list[Trained]:
    """The student's trainings, the first first."""
    return [s for s in walk_unique(run(one, Steps()).student.by) if isinstance(s, Trained) and s.labels is not None]


# The mixture


@pytest.mark.parametrize("gap", [2.0, 20.0])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_losses_that_lie_apart_are_told_apart_exactly(gap: float, share: float) -> None:
    rng = np.random.default_rng(0)
    wrong = rng.random(1_000) < share
    losses = np.where(wrong, gap + 0.1 * rng.random(1_000), 0.2 * rng.random(1_000))
    np.testing.assert_array_equal(small(losses) > 0.5, ~wrong)


def test_a_planted_mixture_is_found() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(1)
    wrong = rng.random(50_000) < 0.3
    losses = np.where(wrong, rng.normal(3, 0.8, 50_000), rng.normal(0.5, 0.5, 50_000))
    right, other = 0.7 * norm.pdf(losses, 0.5, 0.5), 0.3 * norm.pdf(losses, 3, 0.8)
    between = losses > 0.5
    np.testing.assert_allclose(small(losses)[between], (right / (right + other))[between], atol=0.02)


def test_probabilities_never_rise_with_the_loss_and_one_value_is_one_component() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        losses = rng.gamma(0.3, 2, 200)
        found = small(losses)[np.argsort(losses)]
        assert (np.diff(found) <= 1e-12).all()
        assert found[0] > 0.5
    assert (small(np.full(5, 0.3)) == 1).all()
    assert (small(np.array([2.0])) == 1).all()
    assert small(np.array([0.0, 1.0])).tolist() == pytest.approx([1, 0], abs=0.05)


# Rows of small loss


@pytest.mark.parametrize("classes", [2, 3])  # two classes are also how a pair's candidates stand
def test_rows_that_the_student_believes_are_kept(classes: int) -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, classes, 300)
    wrong = rng.random(300) < 0.2
    votes = np.eye(classes)[np.where(wrong, (truth + 1) % classes, truth)]
    votes[:10] = 0
    earlier = (0.9 * np.eye(classes)[truth] + 0.1 / classes).astype(np.float32)
    kept = SmallLoss(sure=0.5).weights(weak_of(votes, earlier), seed=0) > 0
    np.testing.assert_array_equal(kept, ~wrong & (np.arange(300) >= 10))
    known = np.where(wrong & (np.arange(300) < 150), truth, -1)
    kept = SmallLoss(sure=0.5).weights(weak_of(votes, earlier, truth=known), seed=0) > 0
    assert kept[known >= 0].all()
    with pytest.raises(ValueError, match="an earlier student's answers are needed"):
        SmallLoss(sure=0.5).weights(weak_of(votes, None), seed=0)


def test_the_student_of_small_loss_starts_anew_on_what_a_short_training_believes(
    document: dict[str, Any], store: Store
) -> None:
    one = one_with(document, ["harden", {"name": "small_loss", "warm_up": 1, "sure": 0.4}])
    short, student = trainings(one)
    assert (short.role.train.epochs, student.role.train.epochs) == (1, 2)
    assert short.objective == Objective(transforms=(Harden(),))
    assert student.objective == Objective(transforms=(Harden(),), selections=(SmallLoss(sure=0.4),))
    assert student.earlier is not None
    assert student.earlier.by is short
    assert student.labels is short.labels
    assert not student.start
    swept = run_experiments([one], store)
    assert not swept.failures
    context = Context(store)
    lesson, _ = student.lesson(context)
    answers = short.answers(context, student.part)
    assert student.labels is not None
    losses = -np.log(answers[np.arange(60), student.labels.read(context).mean().argmax(1)])
    np.testing.assert_array_equal(lesson.weights > 0, small(losses) > 0.4)
    assert 0 < len(lesson.kept) < 60
    assert f"the student learns from {len(lesson.kept)} of 60 rows, as its method chooses" in swept.records[0].notes


# Refilling


def test_where_nothing_is_left_out_the_second_training_is_naive_to_the_bit(
    document: dict[str, Any], store: Store
) -> None:
    refilled, naive = one_with(document, {"name": "refill", "keep": 1.0}), one_with(document, "naive")
    swept = run_experiments([refilled, naive], store)
    assert not swept.failures
    context = Context(store)
    first, second = trainings(refilled)
    (plain,) = trainings(naive)
    for one in (first, second):
        lesson, expected = one.lesson(context)[0], plain.lesson(context)[0]
        assert (lesson.targets == expected.targets).all()
        assert (lesson.weights == expected.weights).all()
        test = run(naive, Steps()).student.part
        assert (one.answers(context, test) == plain.answers(context, test)).all()


def test_a_student_that_repeats_its_supervisor_leaves_labels_as_they_were() -> None:
    votes = np.random.default_rng(4).dirichlet(np.ones(3), 80).astype(np.float32)
    labels = weak_of(votes, votes)
    filling = Refilled(selections=(Filter(keep=0.3), Reweight()), sure=0.0)
    lesson = Objective(transforms=(filling,)).lesson(labels, seed=0)
    naive = Objective().lesson(labels, seed=0)
    np.testing.assert_allclose(lesson.targets, naive.targets, atol=1e-7)
    np.testing.assert_array_equal(lesson.weights, naive.weights)


def test_rows_left_out_take_the_students_label_where_it_is_sure() -> None:
    votes = np.array([[0.9, 0.1], [0.6, 0.4], [0.55, 0.45], [0.2, 0.8], [0.4, 0.6], [0, 0], [0.45, 0.55]])
    earlier = np.array([[0.5, 0.5], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5], [0.9, 0.1], [1, 0], [0.9, 0.1]], np.float32)
    known = np.array([-1, -1, -1, -1, -1, -1, 1])
    found = Refilled(selections=(Filter(keep=0.3),), sure=0.75).apply(weak_of(votes, earlier, truth=known), seed=0)
    expected = [[0.9, 0.1], [0.2, 0.8], [0, 0], [0.2, 0.8], [0.9, 0.1], [0, 0], [0, 1]]
    np.testing.assert_allclose(found.mean(), np.array(expected), atol=1e-6)
    assert found.notes == (
        "3 of 7 rows were left out at first; the student labels 2 of them, and is less sure than 0.75 of the others",
    )


def test_refill_composes_with_other_selections(document: dict[str, Any], store: Store) -> None:
    one = one_with(document, ["reweight", {"name": "refill", "keep": 0.4, "sure": 0.6}])
    first, second = trainings(one)
    assert first.objective == Objective(selections=(Reweight(), Filter(keep=0.4)))
    assert second.objective == Objective(transforms=(Refilled(selections=(Reweight(), Filter(keep=0.4)), sure=0.6),))
    assert second.objective.label == "refilled after reweight + filter(keep=0.4)"
    swept = run_experiments([one], store)
    assert not swept.failures
    assert any("rows were left out at first; the student labels" in note for note in swept.records[0].notes)


# Both


RECIPES = ["small_loss", "refill"]  # that need no truth


@pytest.mark.parametrize("name", RECIPES)
def test_generated_texts_are_refused_with_the_reason(name: str) -> None:
    one, steps = methods[name](), Steps()
    data = steps.split(tasks["chess-text"](), SplitSpec(supervisor=20, transfer=20, validation=5, test=20), seed=0)
    role = Role(model=models["toy-l"](), train=TrainSpec())
    part = data.part("transfer")
    labels = steps.label(steps.finetune(role, data.part("supervisor"), seed=0), part)
    assert data.dataset.task.kind == "generation"
    with pytest.raises(ConfigError, match=rf"{name} takes .* probabilities of classes: .* is for classification and"):
        one.train_student(steps, role, part, labels, objective=one.objective(), seed=0)


@pytest.mark.parametrize("name", RECIPES)
def test_experiments_with_them_survive_toml_and_ceilings_are_shared(name: str, document: dict[str, Any]) -> None:
    one = one_with(document, {"name": name, "sure": 0.6})
    assert read(to_toml(one), name="x") == one
    steps = Steps()
    assert run(one, steps).ceiling.by.key == run(one_with(document, "naive"), steps).ceiling.by.key


def pieces(part: Part, labels: Labels, steps: Steps, one: Method) -> tuple[Trained, Trained]:
    role = Role(model=models["toy-l"](), train=TrainSpec(epochs=1))
    found = one.train_student(steps, role, part, labels, objective=one.objective(), seed=0)
    assert isinstance(found, Trained)
    assert found.earlier is not None
    assert isinstance(found.earlier.by, Trained)
    return found.earlier.by, found


@pytest.mark.parametrize("name", RECIPES)
def test_they_can_learn_from_a_piece_of_the_part_that_is_labelled(name: str, store: Store) -> None:
    from outgrow.executors.base import compute

    steps = Steps()
    data: Split = steps.split(Toy(n=200), SplitSpec(supervisor=30, transfer=60, validation=20, test=20), seed=0)
    part = data.part("transfer")
    labels = steps.label(
        steps.finetune(Role(model=models["toy-s"](), train=TrainSpec(epochs=2)), data.part("supervisor"), seed=0), part
    )
    piece = part.pieces(2)[1]
    _, student = pieces(piece, labels, steps, methods[name]())
    context = Context(store)
    for step in walk_unique(student):
        compute(step, store, context)
    lesson, _ = student.lesson(context)
    assert lesson.targets.shape == (30, 2)


def test_several_recipes_cannot_be_combined() -> None:
    with pytest.raises(ConfigError, match="'refill' and 'small_loss' each bring a recipe"):
        compose([Refill(), methods["small_loss"]()])
    assert replace(Refill(), keep=0.3).objective().selections == (Filter(keep=0.3),)


# The student's own labels where it probably knows


def half_right(kind: str, n: int = 400) -> tuple[WeakLabels, np.ndarray, np.ndarray, np.ndarray]:
    """Labels of which a third are wrong, a student that is right where a feature is positive, and where that is."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, n)
    features = rng.standard_normal((n, 4)).astype(np.float16)
    features[:, 0] = np.where(rng.random(n) < 0.5, 2, -2)
    knows = features[:, 0] > 0
    own = np.where(knows, truth, rng.integers(0, 2, n))
    if kind == "pairs":  # what the candidate has more that the student calls better
        more = np.where(own[:, None] == 1, features, -features)
        features = np.stack([np.zeros_like(more), more], 1)
    said = np.where(rng.random(n) < 1 / 3, 1 - truth, truth)
    earlier = (0.9 * np.eye(2)[own] + 0.05).astype(np.float32)
    known = np.where(np.arange(n) < 150, truth, -1)
    weak = weak_of(0.8 * np.eye(2)[said] + 0.1, earlier, truth=known, features=lambda: features)
    return weak, truth, knows, earlier


def selected(**more: Any) -> Selected:
    return Selected(**({"sure": 0.75, "alpha": 0.0, "neighbours": 10, "rounds": 20, "l2": 0.01} | more))


@pytest.mark.parametrize("kind", ["classes", "pairs"])
def test_the_students_label_is_taken_where_it_probably_knows(kind: str) -> None:
    weak, truth, knows, earlier = half_right(kind)
    found = selected().apply(weak, seed=0)
    rest = np.arange(400) >= 150
    taken = (found.mean() == earlier).all(1)
    assert (taken == knows)[rest].mean() > 0.95
    np.testing.assert_allclose(found.mean()[rest & ~taken], weak.mean()[rest & ~taken], atol=1e-6)
    better = (found.mean().argmax(1) == truth)[rest & knows].mean()
    assert better > 0.95 > 0.75 > (weak.mean().argmax(1) == truth)[rest & knows].mean()
    (note,) = found.notes
    assert note.startswith(
        f"the student's own label is taken on {taken[rest].sum()} of 400 rows; out of fold, the score"
    )


def test_where_none_is_taken_it_is_graph_smoothing_and_without_that_naive() -> None:
    weak, *_ = half_right("classes")
    smoothed = GraphSmoothing(alpha=0.4, neighbours=7).apply(weak, seed=0).mean()
    np.testing.assert_array_equal(selected(sure=1.0, alpha=0.4, neighbours=7).apply(weak, seed=0).mean(), smoothed)
    np.testing.assert_allclose(selected(sure=1.0).apply(weak, seed=0).mean(), weak.mean(), atol=1e-7)
    again = replace(weak, earlier=weak.mean())  # a student that repeats its supervisor
    np.testing.assert_allclose(selected(sure=0.0).apply(again, seed=0).mean(), weak.mean(), atol=1e-7)


def test_too_few_known_rows_take_no_label_and_that_is_told() -> None:
    weak, truth, *_ = half_right("classes")
    for known in (None, np.where(np.arange(400) < 3, truth, -1)):
        found = selected().apply(replace(weak, truth=known, earlier=np.eye(2, dtype=np.float32)[truth]), seed=0)
        np.testing.assert_allclose(found.mean(), weak.mean(), atol=1e-7)
        n = 0 if known is None else 3
        of = f"of {n} rows of known truth the student gets {n} right"
        assert found.notes == (f"{of}: its labels cannot be told apart, and none is taken",)


def test_the_first_student_of_selective_learns_no_truth(
    document: dict[str, Any], frozen_toy: Callable[..., Any], store: Store
) -> None:
    document |= {"n_ground_truth": 30, "baselines": False}
    one = one_with(document, {"name": "selective", "sure": 0.6})
    one = replace(one, strong=replace(one.strong, model=frozen_toy()))
    first, second = trainings(one)
    assert first.labels is not None
    assert second.labels is not None
    assert first.labels.audited is None
    assert second.labels.audited is not None
    assert second.earlier is not None
    assert second.earlier.by is first
    swept = run_experiments([one], store)
    assert not swept.failures
    assert swept.records[0].row.n_ground_truth == 30
    assert any("the student's own label is taken on" in note for note in swept.records[0].notes)
    with pytest.raises(ConfigError, match="learns from rows whose truth is known"):
        one_with({**document, "n_ground_truth": 0}, "selective")
