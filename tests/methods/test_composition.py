"""Several pieces as one method: what each brings, and what cannot stand together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from outgrow.config import expand
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.objective import Objective, WeakLabels
from outgrow.methods.base import Method
from outgrow.methods.composition import Composition, compose
from outgrow.methods.confidence import Confidence
from outgrow.methods.few_shot import FewShot
from outgrow.methods.selections.filter import Filter
from outgrow.methods.selections.reweight import Reweight
from outgrow.methods.transforms.harden import Harden
from outgrow.methods.transforms.vote import Vote
from outgrow.steps import Steps


def one_with(document: dict[str, Any], method: Any) -> Experiment:
    document.pop("sweep")
    (one,) = expand({**document, "method": method}, name="composed")
    return one


def test_pieces_bring_their_parts_in_order() -> None:
    made = compose([Vote(), Filter(keep=0.25), Confidence(labels="hard"), Reweight()])
    found = made.objective()
    assert found.transforms == (Vote(), Harden())
    assert found.selections == (Filter(keep=0.25), Reweight())
    assert found.loss == Confidence(labels="hard").objective().loss
    assert made.label == "vote + filter(keep=0.25) + confidence(labels=hard) + reweight"
    assert made.identity() == {
        "pieces": [one.identity() for one in (Vote(), Filter(keep=0.25), Confidence(labels="hard"), Reweight())]
    }
    assert compose([Filter(keep=0.25)]).objective().loss == CrossEntropy()


@dataclass(frozen=True, kw_only=True)
class Sure(Method):
    """A method whose objective has a transform and a selection of its own."""

    name = "sure"

    def objective(self) -> Objective:
        return Objective(transforms=(Vote(),), selections=(Filter(keep=0.1),))


def test_a_method_among_the_pieces_brings_all_places_of_its_objective() -> None:
    found = compose([Harden(), Sure(), Reweight()]).objective()
    assert found == Objective(transforms=(Harden(), Vote()), selections=(Filter(keep=0.1), Reweight()))


def test_selections_are_multiplied() -> None:
    rng = np.random.default_rng(0)
    votes = rng.dirichlet(np.ones(3), (1, 50)).astype(np.float32)
    weak = WeakLabels(probabilities=votes, ids=[f"{i:02}" for i in range(50)], groups=["g"] * 50)
    both = compose([Filter(), Reweight()]).objective().lesson(weak, seed=0)
    alone = Reweight().weights(weak, seed=0) * Filter().weights(weak, seed=0)
    assert 20 < len(both.kept) < 30
    np.testing.assert_allclose(both.weights, alone * len(both.kept) / alone.sum(), rtol=1e-5)


def test_one_method_alone_is_itself_and_a_piece_alone_is_a_method() -> None:
    assert compose([Confidence()]) == Confidence()
    alone = compose([Filter()])
    assert isinstance(alone, Composition)
    assert alone.name == "filter"
    with pytest.raises(ConfigError, match="an empty list; name at least one piece"):
        compose([])


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (["confidence", {"name": "confidence", "alpha": 0.5}], r"'confidence' and 'confidence' each bring a loss"),
        ({"name": "filter", "kept": 0.5}, r"unknown key 'method.kept'; did you mean 'keep'\?"),
        ([{"name": "filter", "keep": 2.0}], r"keep = 2.0"),
    ],
)
def test_what_cannot_be_composed_is_told(document: dict[str, Any], method: Any, message: str) -> None:
    with pytest.raises((ConfigError, UnknownName), match=message):
        one_with(document, method)


def test_what_a_recipe_does_besides_is_done_to_ceiling_and_zero_shot_too(document: dict[str, Any]) -> None:
    """A prompt is the few-shot method's student, ceiling and zero-shot; a composition must ask its recipe for all."""
    made = compose([Filter(), FewShot()])
    assert isinstance(made, Composition)
    one = one_with(document, "naive")
    steps = Steps()
    data = steps.split(one.task, one.split, seed=0)
    for seed in (0, 1):
        ceiling = made.train_ceiling(steps, one.strong, data.part("transfer"), seed=seed)
        assert ceiling is FewShot().train_ceiling(steps, one.strong, data.part("transfer"), seed=seed)
    zero = made.zero_shot(steps, one.strong, data, task="toy")
    assert zero is FewShot().zero_shot(steps, one.strong, data, task="toy")


def test_a_composition_is_a_recipe_where_one_of_its_pieces_is() -> None:
    assert compose([Filter(), FewShot()]).recipe
    assert not compose([Filter(), Confidence()]).recipe
