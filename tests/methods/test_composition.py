"""Several pieces as one method: what each brings, and what cannot stand together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read
from outgrow.config.toml import to_toml
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.objective import WeakLabels
from outgrow.methods.bootstrapping import Bootstrapping
from outgrow.methods.composition import Composition, compose
from outgrow.methods.confidence import Confidence
from outgrow.methods.few_shot import FewShot
from outgrow.methods.selections.filter import Filter
from outgrow.methods.selections.reweight import Reweight
from outgrow.methods.transforms.harden import Harden
from outgrow.methods.transforms.vote import Vote
from outgrow.results.records import pool
from outgrow.steps import Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]


def one_with(document: dict[str, Any], method: Any) -> Experiment:
    document.pop("sweep")
    (one,) = expand({**document, "method": method}, name="composed")
    return one


def student(one: Experiment) -> Trained:
    found = experiment.run(one, Steps()).student.by
    assert isinstance(found, Trained)
    return found


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
        (["bootstrapping", "few_shot"], r"'bootstrapping' and 'few_shot' each bring a recipe; leave one out"),
        (["confidence", {"name": "confidence", "alpha": 0.5}], r"'confidence' and 'confidence' each bring a loss"),
        (["filter", 3], r"a method is a name, a table with a name, or a list of these, not 3"),
        (["fliter"], r"unknown method 'fliter'; did you mean 'filter'\?"),
        ({"name": "filter", "kept": 0.5}, r"unknown key 'method.kept'; did you mean 'keep'\?"),
        ([{"name": "filter", "keep": 2.0}], r"keep = 2.0"),
    ],
)
def test_what_cannot_be_composed_is_told(document: dict[str, Any], method: Any, message: str) -> None:
    with pytest.raises((ConfigError, UnknownName), match=message):
        one_with(document, method)


def test_a_recipe_takes_the_objective_of_the_other_pieces(document: dict[str, Any]) -> None:
    """Every link of the chain learns from filtered labels, and the chain is that of the recipe alone."""
    one = one_with(document, ["filter", {"name": "bootstrapping", "sizes": ["toy-s"]}])
    assert one.method.label == "filter + bootstrapping(sizes=toy-s)"
    last = student(one)
    links = [step for step in walk_unique(experiment.run(one, Steps())) if isinstance(step, Trained) and step.labels]
    assert {link.role.model.name for link in links} == {"toy-s", "toy-l"}
    assert [link.objective.selections for link in links if link.objective] == [(Filter(),)] * 2
    assert last.key != student(one_with({**document, "sweep": {}}, Bootstrapping().identity())).key


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


def test_equal_objectives_share_a_training(document: dict[str, Any]) -> None:
    """Hard labels by an option and by a piece are the same to learn from."""
    option = student(one_with(dict(document), {"name": "naive", "labels": "hard"}))
    piece = student(one_with(dict(document), ["harden"]))
    assert option.key == piece.key
    assert option.key != student(one_with(dict(document), "naive")).key


def test_a_composition_runs_and_its_file_gives_it_again(document: dict[str, Any], tmp_path: Path) -> None:
    one = one_with(document, [{"name": "filter", "keep": 0.25}, "confidence"])
    assert read(to_toml(one), name=one.name) == one
    store = Store(tmp_path / "store")
    swept = run_experiments([one], store)
    assert not swept.failures
    (group,) = pool(store, swept.records)
    assert group.method == "filter(keep=0.25) + confidence"
