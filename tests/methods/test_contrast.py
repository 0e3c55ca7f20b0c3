"""Directions between both answers of a row: planted ones are found, up to a sign that weak labels give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from outgrow import experiment
from outgrow.errors import ConfigError, DataError
from outgrow.experiment import Experiment
from outgrow.learning.contrast import ConsistentContrast, PrincipalContrast, contrast_loss
from outgrow.models.base import Model
from outgrow.steps import Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments

RULES = (PrincipalContrast(), ConsistentContrast())


def planted(n: int = 2_000, width: int = 8, *, told: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features [n, 2, width] of statements whose truth is a direction, that direction, and which side is true."""
    rng = np.random.default_rng(0)
    truth, direction = rng.integers(0, 2, n), rng.standard_normal(width)
    direction /= np.linalg.norm(direction)
    about = rng.standard_normal((n, width))  # what both sides share: the text
    true = told * (2 * truth - 1)[:, None] * direction
    words = 3 * rng.standard_normal((2, width))  # what tells "yes" and "no" apart whatever the text
    sides = np.stack([about - true, about + true], 1) + words
    return (sides + 0.2 * rng.standard_normal(sides.shape)).astype(np.float32), direction, truth


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_planted_direction_is_found_up_to_its_sign(rule: PrincipalContrast | ConsistentContrast) -> None:
    features, direction, truth = planted()
    found = rule.fit(features, seed=0)
    assert abs(found.weight @ direction) / np.linalg.norm(found.weight) > 0.99
    right = (found.answers(features).argmax(1) == truth).mean()
    assert max(right, 1 - right) > 0.98
    np.testing.assert_allclose(found.answers(features).sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_weak_labels_give_the_sign_and_nothing_else(rule: PrincipalContrast | ConsistentContrast) -> None:
    features, _, truth = planted(300, told=2.0)
    found = rule.fit(features, seed=0)
    opposite = replace(found, weight=-found.weight, bias=-found.bias)
    np.testing.assert_allclose(opposite.answers(features), found.answers(features)[:, ::-1], atol=1e-6)
    weak = np.eye(2, dtype=np.float32)[np.where(np.random.default_rng(1).random(300) < 0.6, truth, 1 - truth)]
    weak[:40] = 0  # nobody labels these
    shares = []
    for one in (found, opposite):
        turned, share = one.turned(np.stack([one.answers(features), weak], 1))
        assert (turned.answers(features).argmax(1) == truth).mean() > 0.98
        shares.append(share)
    assert shares[0] == pytest.approx(shares[1]) == pytest.approx(0.6, abs=0.1)
    same, share = found.turned(np.stack([found.answers(features), np.zeros_like(weak)], 1))
    assert (same, share) == (found, 0.5)


def test_a_probe_that_says_one_half_has_a_loss_of_one_quarter() -> None:
    half, sure = torch.full((5, 1), 0.5), torch.tensor([[1.0], [0.0]])
    assert contrast_loss(half, half).item() == 0.25
    assert contrast_loss(sure, 1 - sure).item() == 0
    assert contrast_loss(sure, sure).item() == 1.5  # each statement as true as its opposite
    features, _, _ = planted(100)
    flat = ConsistentContrast(epochs=1, restarts=1).fit(np.zeros_like(features), seed=0)
    assert flat.loss == pytest.approx(0.25, abs=1e-3)


def test_sides_are_centred_and_the_restarts_are_of_the_seed() -> None:
    features, _, _ = planted(100)
    moved = features + np.array([[5.0], [-7.0]], np.float32)
    for rule in (PrincipalContrast(), ConsistentContrast(epochs=50)):
        one, other = rule.fit(features, seed=3), rule.fit(moved, seed=3)
        np.testing.assert_allclose(one.answers(features), other.answers(moved), atol=2e-3)
    assert (
        ConsistentContrast(epochs=5).fit(features, seed=0).bias
        != ConsistentContrast(epochs=5).fit(features, seed=1).bias
    )


# As methods


def test_what_has_no_contrast_is_refused(
    toy: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model], store: Store
) -> None:
    (one,) = toy("method.name=pca")
    with pytest.raises(ConfigError, match="pca needs a student with frozen features, and 'toy-l' trains all weights"):
        experiment.run(one, Steps())
    frozen = replace(one, strong=replace(one.strong, model=frozen_toy()))
    with pytest.raises(DataError, match=r"the method 'pca' does not fit .*writes both answers below a text"):
        run_experiments([frozen], store)
    (three,) = toy("method.name=ccs", "task.classes=3")
    three = replace(three, strong=replace(three.strong, model=frozen_toy()))
    with pytest.raises(DataError, match="makes pairs of two answers, and there are 3 classes"):
        run_experiments([three], store)
    (mixed,) = toy("method=['ccs','confidence']")
    with pytest.raises(ConfigError, match="ccs learns no labels"):
        experiment.run(mixed, Steps())


def test_an_untrained_model_that_knows_the_task_is_its_own_zero_shot(
    toy: Callable[..., list[Experiment]], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = toy("method.name=zero_shot")
    with pytest.raises(ConfigError, match="zero_shot needs a student that can do 'toy' untrained, and 'toy-l' cannot"):
        experiment.run(one, Steps())
    monkeypatch.setattr(type(one.strong.model), "knows", frozenset({"toy"}))
    result = experiment.run(one, Steps())
    assert result.zero_shot is not None
    assert result.student.key == result.zero_shot.key
    swept = run_experiments([one], store)
    assert not swept.failures
    row = swept.records[0].row
    assert row.student_score == row.zero_shot_score is not None
    assert "student" not in swept.records[0].curves
