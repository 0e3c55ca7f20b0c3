"""Models that are trained in turn: the weights of the rows, the votes, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.learning.boosting import boost, together
from outgrow.models.base import Model, models
from outgrow.steps import Boosted, Context, Emphasis, Steps, Trained
from outgrow.store import Store
from outgrow.sweep import run_experiments


@pytest.fixture(autouse=True)
def frozen_toys(frozen_toy: Callable[..., Model], added: Any) -> None:
    added(models, "frozen-toy", frozen_toy)


def one_of(document: dict[str, Any], weak: dict[str, Any], strong: str = "toy-l") -> Experiment:
    document = {**document, "weak": weak, "method": "naive", "strong": {"model": strong}}
    document.pop("sweep", None)
    (one,) = expand(document, name="in turn")
    return one


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("seed", range(5))
def test_with_the_new_weights_the_last_model_is_as_wrong_as_by_chance(classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, wrong = rng.random(500) + 0.01, rng.random(500) < 0.3
    found = boost(weights, wrong, classes)
    assert found.weights[wrong].sum() / found.weights.sum() == pytest.approx((classes - 1) / classes, abs=1e-12)
    assert found.error == pytest.approx(weights[wrong].sum() / weights.sum())
    assert found.weights.mean() == pytest.approx(1)
    assert not found.ended
    np.testing.assert_allclose(found.weights[~wrong] / found.weights[~wrong][0], weights[~wrong] / weights[~wrong][0])


def test_for_two_classes_it_is_adaboost() -> None:
    """Votes are twice those that are a half of the log odds, and weights are the same but for a factor."""
    rng = np.random.default_rng(0)
    weights, wrong = rng.random(300), rng.random(300) < 0.2
    error = weights[wrong].sum() / weights.sum()
    half = 0.5 * np.log((1 - error) / error)
    found, expected = boost(weights, wrong, 2), weights * np.exp(np.where(wrong, half, -half))
    assert found.vote == pytest.approx(2 * half)
    np.testing.assert_allclose(found.weights, expected / expected.mean())


@pytest.mark.parametrize(("wrong", "vote"), [(np.zeros(50, bool), np.log(99)), (np.arange(50) < 25, 0.0)])
def test_it_ends_with_a_model_that_is_never_wrong_or_no_better_than_chance(wrong: np.ndarray, vote: float) -> None:
    found = boost(np.ones(50), wrong, 2)
    assert found.ended
    assert found.vote == pytest.approx(vote)
    assert (found.weights == 1).all()


def test_answers_count_by_votes() -> None:
    answers = np.array([[[0.9, 0.1]], [[0.2, 0.8]], [[0.4, 0.6]]], np.float32)
    np.testing.assert_allclose(together(answers, np.array([3.0, 1.0, 0.0])), [[0.725, 0.275]], rtol=1e-6)
    np.testing.assert_allclose(together(answers, np.zeros(3)), [[0.9, 0.1]], rtol=1e-6)


def test_boosting_beats_one_model_where_one_is_too_simple() -> None:
    """Stumps, fitted to weighted rows, of a class that is a disc."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (2_000, 2))
    y = (x**2).sum(1) < 0.6
    weights, made, votes = np.ones(len(x)), [], []
    cuts = np.linspace(-0.9, 0.9, 37)
    for _ in range(40):
        tried = [(x[:, d] > cut) == side for d in (0, 1) for cut in cuts for side in (False, True)]
        said = min(tried, key=lambda one: weights[one != y].sum())
        found = boost(weights, said != y, 2)
        weights = found.weights
        made.append(np.stack([~said, said], 1).astype(np.float32))
        votes.append(found.vote)
    alone = (made[0].argmax(1) == y).mean()
    assert (together(np.stack(made), np.array(votes)).argmax(1) == y).mean() > alone + 0.2


@pytest.mark.parametrize("model", ["toy-s", "frozen-toy"])
def test_rounds_are_trained_in_turn_with_the_weights_of_the_last(
    document: dict[str, Any], store: Store, model: str
) -> None:
    weak = {"model": "boosted", "of": model, "rounds": 3}
    one = one_of(document, weak, strong="frozen-toy" if model == "frozen-toy" else "toy-l")
    assert one.weak.label == f"3 boosted {one.weak.roles[0].model.label}"
    assert read(to_toml(one), name=one.name) == one
    assert not run_experiments([one], store).failures
    by, context = experiment.run(one, Steps()).weak.by, Context(store)
    assert isinstance(by, Boosted)
    data = by.rounds[0].part.split.read(context)
    part = by.rounds[0].part
    truth = data.known_truth(part)
    weights, votes, said = np.ones(part.size), [], []
    for step in by.rounds:
        assert isinstance(step, Emphasis)
        assert isinstance(step.by, Trained)
        lesson, _ = step.by.lesson(context)
        np.testing.assert_allclose(lesson.weights, weights, rtol=1e-5)
        found = boost(weights, step.by.answers(context, part).argmax(1) != truth, 2)
        weights = found.weights
        np.testing.assert_allclose(step.read(context), weights)
        votes.append(found.vote)
        said.append(step.by.answers(context, part.split.part("test")))
    assert len({step.by.key for step in by.rounds}) == 3
    assert max(votes) > 0
    answers = by.answers(context, part.split.part("test"))
    np.testing.assert_allclose(answers, together(np.stack(said), np.array(votes)), atol=1e-6)
    assert by.votes(context, part).shape == (1, 60, 2)
    assert any("of the weighted rows of supervisor, round by round" in note for note in by.notes(context))


def test_one_round_is_the_model_alone(document: dict[str, Any]) -> None:
    alone = experiment.run(one_of(document, {"model": "toy-s"}), Steps()).weak.by
    once = experiment.run(one_of(document, {"model": "boosted", "of": "toy-s", "rounds": 1}), Steps()).weak.by
    assert isinstance(once, Boosted)
    assert once.rounds[0].by.key == alone.key


def test_what_cannot_be_boosted_is_told(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="'simulated random' is no model that can be trained"):
        one_of(document, {"model": "boosted", "of": "random"})
