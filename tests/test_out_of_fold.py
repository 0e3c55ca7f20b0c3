"""Heads that have not learned from the row: fewer rows than features, and classes that nobody's label gives."""

from __future__ import annotations

import numpy as np
import pytest

from outgrow.learning import out_of_fold as module
from outgrow.learning.labelled import Labelled

RNG = np.random.default_rng(0)
ROWS, WIDTH = 90, 400
FEATURES = RNG.standard_normal((ROWS, WIDTH)).astype(np.float32)
GIVEN = (1, 4, 5)
LABEL = np.array(GIVEN)[(FEATURES @ RNG.standard_normal((WIDTH, 3))).argmax(1)]


def rows(label: np.ndarray, classes: int) -> Labelled:
    targets = np.eye(classes, dtype=np.float32)[label]
    groups = [str(i) for i in range(ROWS)]
    known = np.zeros(ROWS, bool)
    return Labelled(
        rows=np.arange(ROWS), targets=targets, known=known, features=FEATURES, groups=groups, n=ROWS, seed=0
    )  # fmt: skip


@pytest.mark.parametrize("own", [False, True])
def test_heads_in_the_span_of_their_rows_say_what_they_say_in_full_width(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = rows(LABEL, 6).answers(l2=0.1, own=own)
    within = module.in_own_span(FEATURES)
    assert within.shape == (ROWS, ROWS)
    np.testing.assert_allclose(within @ within.T, FEATURES @ FEATURES.T, atol=2e-3)
    monkeypatch.setattr(module, "in_own_span", lambda features: features)
    np.testing.assert_allclose(short, rows(LABEL, 6).answers(l2=0.1, own=own), atol=0.05)
    assert short.std() > 0.1  # the solver's tolerance is a fraction of how far answers lie apart


def test_more_rows_than_features_and_pairs_are_left_as_they_are() -> None:
    for shape in ((50, 100), (50, 2, 180)):
        features = RNG.standard_normal(shape)
        assert module.in_own_span(features) is features


@pytest.mark.parametrize("own", [False, True])
def test_a_class_that_no_label_gives_gets_nothing_and_changes_nothing(own: bool) -> None:
    answers = rows(LABEL, 6).answers(l2=0.1, own=own)
    assert not answers[:, [0, 2, 3]].any()
    np.testing.assert_allclose(answers.sum(1), 1, atol=1e-5)
    alone = rows(np.searchsorted(GIVEN, LABEL), 3).answers(l2=0.1, own=own)
    np.testing.assert_array_equal(answers[:, GIVEN], alone)


def test_one_class_alone_is_learned_among_all() -> None:
    answers = rows(np.full(ROWS, 2), 3).answers(l2=0.1)
    assert (answers.argmax(1) == 2).all()
