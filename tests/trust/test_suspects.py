"""Suspect weak labels: planted errors are found, and nothing is where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.errors import DataError
from outgrow.trust.suspects import suspects


def test_planted_errors_come_first() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    model = np.full((600, 3), 0.1) + 0.7 * np.eye(3)[truth] + rng.uniform(0, 0.05, (600, 3))
    model /= model.sum(1, keepdims=True)
    said = truth.copy()
    wrong = rng.permutation(600)[:40]
    said[wrong] = (truth[wrong] + 1) % 3
    found = suspects(np.eye(3)[said], model, most=600)
    first = [one.row for one in found.labels[:40]]
    assert set(first) == set(wrong.tolist())
    assert all(one.instead == truth[one.row] and one.label == said[one.row] for one in found.labels[:40])
    assert len(found.labels) == 40
    assert "40 of 600 weak labels are suspect" in found.words[0]


def test_the_threshold_of_a_class_is_its_mean_where_it_is_the_label() -> None:
    model = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.45, 0.55], [0.2, 0.8]])
    weak = np.eye(2)[[0, 0, 1, 1, 1]]  # thresholds .8 and (.4 + .55 + .8) / 3
    assert suspects(weak, model).labels == ()  # .6 is more probable than .4, but less than rows of class 0 mostly are
    model[2] = 0.85, 0.15
    (one,) = suspects(weak, model, class_names=["ham", "spam"]).labels
    assert (one.row, one.label, one.instead) == (2, 1, 0)
    assert (one.self_confidence, one.margin) == pytest.approx((0.15, 0.15))
    assert one.reason == "labelled spam, which the model gives 0.15; it gives ham 0.85"


def test_labellers_are_compared_and_their_votes_told() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 300)
    model = np.where(np.eye(2)[truth] > 0, 0.9, 0.1)
    good, bad = truth.copy(), np.where(rng.random(300) < 0.4, 1 - truth, truth)
    weak = np.stack([np.eye(2)[good], np.eye(2)[bad], np.zeros((300, 2))])
    found = suspects(weak, model, names=["good", "bad\x1b", "silent"], most=5)
    assert [one.name for one in found.labellers] == [r"bad\x1b", "good", "silent"]
    worst, best, silent = found.labellers
    assert worst.suspect == (bad != truth).sum()
    assert (best.labels, best.suspect, silent.labels, silent.share) == (300, 0, 0, 0)
    assert len(found.labels) == 5
    assert found.labels[0].reason.endswith(f"; 1 of 3 labellers say {found.labels[0].instead}")
    assert "the first 5 are listed" in found.words


def test_labels_with_two_classes_level_are_left_out_and_counted() -> None:
    weak = np.array([[0.5, 0.5], [0, 0], [0, 1], [1, 0]])
    found = suspects(weak, np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]]))
    assert found.labellers[0].labels == 2
    assert "1 label with two classes level are left out" in found.words


def test_a_class_that_nobody_used_is_never_meant() -> None:
    found = suspects(np.eye(3)[[0, 1, 0, 1]], np.array([[0.1, 0, 0.9]] * 4))
    assert all(one.instead != 2 for one in found.labels)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 30), st.integers(2, 5), st.integers(0, 2**32))
def test_every_suspect_has_a_class_that_is_more_like_it(m: int, n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = rng.dirichlet(np.ones(k), n)
    weak = np.eye(k)[rng.integers(0, k, (m, n))] * (rng.random((m, n, 1)) < 0.8)
    found = suspects(weak, model, most=10_000)
    assert [one.margin for one in found.labels] == sorted(one.margin for one in found.labels)
    assert sum(one.suspect for one in found.labellers) == len(found.labels)
    for one in found.labels:
        assert one.label != one.instead
        assert 0 <= one.margin <= 1
        assert one.self_confidence == pytest.approx(model[one.row, one.label])


@pytest.mark.parametrize(
    ("weak", "names", "classes", "said"),
    [
        (np.ones((4, 3)), [], [], r"\[1, 4, 3\] and probabilities of shape \[4, 2\]"),
        (np.ones((2, 4, 2)), ["a"], [], "1 names for 2 labellers"),
        (np.ones((2, 4, 2)), [], ["x"], "1 for 2 classes"),
    ],
)
def test_mistakes(weak: np.ndarray, names: list[str], classes: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        suspects(weak, np.full((4, 2), 0.5), names=names, class_names=classes)
