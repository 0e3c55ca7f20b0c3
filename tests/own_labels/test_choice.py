"""The choice of a method: what is taken without truth, what rows of known truth change, and that evidence is clean."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.composition import compose
from outgrow.methods.naive import Naive
from outgrow.methods.transforms.vote import Vote
from outgrow.own_labels.candidates import L2, candidates
from outgrow.own_labels.choice import FEWEST, choose
from outgrow.own_labels.evidence import clearly_best, weigh
from outgrow.spec import spec
from outgrow.tasks.base import Output

TWO = Output(kind="classification", n_classes=2)
N = 600


def labels(*, accuracies: tuple[float, ...] = (0.8, 0.7, 0.65), audited: int = 0, pairs: bool = False) -> WeakLabels:
    """Labellers of points of two classes that a plane nearly divides; the last labels half of the rows."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((N, 6))
    truth = (features[:, 0] * 2 + rng.logistic(size=N) * 0.6 > 0).astype(np.int64)
    said = [np.where(rng.random(N) < accuracy, truth, 1 - truth) for accuracy in accuracies]
    votes = np.stack([np.eye(2)[one] for one in said]).astype(np.float32)
    votes[-1, ::2] = 0
    names = [str(i) for i in range(N)]
    given = features.astype(np.float16)
    if pairs:
        given = np.stack([np.zeros_like(given), given], 1)
    known = np.where(np.arange(N) < audited, truth, -1)
    return WeakLabels(probabilities=votes, ids=names, groups=names, features=lambda: given,
                      truth=known if audited else None)  # fmt: skip


def features_of(weak: WeakLabels) -> np.ndarray:
    assert weak.features is not None
    return weak.features()


@pytest.mark.parametrize("pairs", [False, True])
def test_without_truth_labels_are_weighed_against_the_features(pairs: bool) -> None:
    weak = labels(pairs=pairs)
    output = Output(kind="preference", n_classes=2) if pairs else TWO
    found = choose(features_of(weak), weak, output, seed=0)
    assert found.method.name == "em_posterior"
    assert found.l2 in L2
    assert found.out_of_fold.shape == found.fused.shape == (N, 2)
    np.testing.assert_allclose(found.out_of_fold.sum(1), 1, rtol=1e-4)
    lesson = found.method.objective().lesson(weak, seed=0)
    assert (lesson.targets == found.fused).all(), "the student is to be trained on what was chosen"
    assert [one.name for one in found.table] == ["em_posterior", "vote", "dawid_skene", "naive"]
    assert all(one.right is None and one.audited == 0 for one in found.table)
    assert len(found.reasons) == 2
    again = choose(features_of(weak), weak, output, seed=0)
    assert (again.out_of_fold == found.out_of_fold).all()


def test_a_method_that_is_asked_for_is_kept() -> None:
    weak = labels(audited=100)
    found = choose(features_of(weak), weak, TWO, method=Naive(labels="hard"), seed=0)
    assert found.method == Naive(labels="hard")
    assert len(found.table) == 1
    assert found.reasons[0] == "The method is naive(labels=hard), as asked for."


def test_one_labeller_alone_is_believed_and_audited_rows_show_how_it_errs() -> None:
    weak = labels(accuracies=(0.8,))
    assert [one.name for one in candidates(weak)] == ["naive"]
    found = choose(features_of(weak), weak, TWO, seed=0)
    assert found.method == Naive()
    wrong = labels(accuracies=(0.15,), audited=100)
    turned = choose(features_of(wrong), wrong, TWO, seed=0)
    assert turned.method.name == "em_posterior"
    assert turned.table[0].right is not None
    assert turned.table[1].right is not None
    assert turned.table[0].right > 0.7 > turned.table[1].right


def test_features_that_tell_nothing_are_told_of() -> None:
    weak = labels()
    noise = np.random.default_rng(1).standard_normal((N, 30)).astype(np.float16)
    found = choose(noise, dataclasses.replace(weak, features=lambda: noise), TWO, seed=0)
    assert found.method.name == "vote"
    assert "the features tell no more of held-out labels than their shares do" in found.reasons[0]
    assert found.reasons[-1].startswith("The features tell no more")


def test_few_audited_rows_rank_nothing() -> None:
    weak = labels(audited=FEWEST - 1)
    found = choose(features_of(weak), weak, TWO, seed=0)
    assert found.reasons[1] == f"{FEWEST - 1} audited rows cannot rank methods: at least {FEWEST} are needed."
    enough = labels(audited=FEWEST)
    assert "whose truth was held out" in " ".join(choose(features_of(enough), enough, TWO, seed=0).reasons)


@spec
class Spy(Transform):
    """Notes which rows something was said of."""

    name = "spy"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        seen.append(weak)
        return weak


seen: list[WeakLabels] = []


def test_nothing_is_said_of_a_row_to_the_method_that_answers_it() -> None:
    seen.clear()
    weak = labels(audited=50)
    weigh(features_of(weak), weak, TWO, [("spy", compose([Spy(), Vote()]))], l2=[0.1], seed=0)
    assert len(seen) == 6  # once for the student, once for each fold
    silent = np.stack([~one.probabilities.any((0, 2)) for one in seen[1:]])
    assert (silent.sum(0) == 1).all(), "each row is left out once"
    for one, hidden in zip(seen[1:], silent, strict=True):
        assert one.truth is not None
        assert (one.truth[hidden] == -1).all()
        assert (one.truth >= 0).sum() > 0


def test_another_is_taken_only_if_it_is_clearly_ahead() -> None:
    rng = np.random.default_rng(0)
    hits = (rng.random(100) < 0.6).astype(float)
    better = hits.copy()
    better[np.flatnonzero(hits == 0)[:10]] = 1
    barely = hits.copy()
    barely[np.flatnonzero(hits == 0)[0]] = 1
    assert clearly_best(np.stack([hits, barely])) == 0
    assert clearly_best(np.stack([hits, barely, better])) == 2
    assert clearly_best(np.stack([better, hits])) == 0
    assert clearly_best(np.stack([hits])) == 0


def test_answers_are_stable_where_the_features_tell_the_class() -> None:
    weak, noise = labels(), np.random.default_rng(1).standard_normal((N, 60)).astype(np.float16)
    stable = weigh(features_of(weak), weak, TWO, [("naive", Naive())], l2=[0.1], seed=0)[0].evidence.stability
    shaky = weigh(noise, weak, TWO, [("naive", Naive())], l2=[0.1], seed=0)[0].evidence.stability
    assert 0.93 < stable <= 1
    assert shaky < stable - 0.1
