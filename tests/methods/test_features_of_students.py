"""Objectives that look at frozen features: whoever is fine-tuned whole gets those of its own pretrained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.methods.base import Method
from outgrow.methods.composition import compose
from outgrow.methods.naive import Naive
from outgrow.methods.selections.confident_learning import ConfidentLearning
from outgrow.methods.transforms.em_posterior import EMPosterior
from outgrow.methods.transforms.relabel import Relabel
from outgrow.models.base import Extractor, Model, Role, Weights
from outgrow.models.bases.toy import one_view
from outgrow.spec import spec
from outgrow.steps import Context, Features, Steps, Trained, TrainedHead, walk_unique
from outgrow.store import Store
from outgrow.supervisors.ensemble import Ensemble
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

NEEDED = [Relabel(), ConfidentLearning()]


@spec
class Either(Model):
    """A linear classifier of one view: trained whole, or as a head on frozen features."""

    name: str = "either"
    training: Literal["full", "probe"] = "full"
    frozen: ClassVar[Callable[[], Model]]

    @property
    def cost(self) -> float:
        return 100.0

    def identity(self) -> dict[str, Any]:
        return {"family": "either", "training": self.training}

    def extractor(self) -> Extractor | None:
        return Either.frozen().extractor() if self.training == "probe" else None

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Any:
        return one_view(3, output.n_classes, seed=seed)


@pytest.fixture
def either(
    toy: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Experiment]:
    """An experiment whose student can be a probe: `either(Relabel())`."""
    monkeypatch.setattr(Either, "frozen", staticmethod(frozen_toy), raising=False)

    def make(method: Any, training: Any = "full", model: Model | None = None) -> Experiment:
        (one,) = toy("method.name=naive")
        role = Role(model=model or Either(training=training), train=one.strong.train)
        return replace(one, strong=role, method=method if isinstance(method, Method) else compose([method]))

    return make


def student_of(one: Experiment) -> Trained:
    found = run(one, Steps()).student.by
    assert isinstance(found, Trained)
    return found


@pytest.mark.parametrize("piece", NEEDED, ids=lambda one: one.name)
def test_a_student_that_is_trained_whole_learns_as_its_frozen_features_say(
    piece: Any, either: Callable[..., Experiment], store: Store
) -> None:
    one = either(piece)
    student = student_of(one)
    assert not isinstance(student, TrainedHead)
    assert student.frozen is not None
    assert student.frozen.model == Either(training="probe")
    assert student.inputs()["features"] is student.frozen
    assert student.features is None  # it does not answer from them
    swept = run_experiments([one], store)
    assert not swept.failures
    lesson, _ = student.lesson(Context(store))
    probe = student_of(either(piece, "probe"))
    assert isinstance(probe, TrainedHead)
    assert probe.frozen.key == student.frozen.key
    swept = run_experiments([either(piece, "probe")], store)
    assert not swept.failures
    same, _ = probe.lesson(Context(store))
    np.testing.assert_array_equal(lesson.targets, same.targets)
    np.testing.assert_array_equal(lesson.weights, same.weights)


def test_trainings_that_look_at_no_features_need_none(either: Callable[..., Experiment]) -> None:
    result = run(either(Naive()), Steps())
    assert not [step for step in walk_unique(result) if isinstance(step, Features)]
    for role in (result.student.by, result.ceiling.by):
        assert "features" not in role.inputs()
        assert "earlier" not in role.inputs()
    ceiling = run(either(Relabel()), Steps()).ceiling.by
    assert ceiling.key == result.ceiling.by.key  # ground truth is learned as it is


@pytest.mark.parametrize("piece", NEEDED, ids=lambda one: one.name)
def test_where_there_are_none_it_is_refused_before_any_training(
    piece: Any, either: Callable[..., Experiment], toy: Callable[..., list[Experiment]]
) -> None:
    (plain,) = toy("method.name=naive")
    with pytest.raises(ConfigError, match=f"'{piece.name}' looks at frozen features of the rows, and 'toy-l' has none"):
        run(either(piece, model=plain.strong.model), Steps())


def test_em_posterior_takes_features_where_there_are_some_and_does_without_elsewhere(
    either: Callable[..., Experiment], toy: Callable[..., list[Experiment]], store: Store
) -> None:
    (plain,) = toy("method.name=naive")
    for model, told in ((None, 0), (plain.strong.model, 1)):
        one = either(EMPosterior(), model=model)
        one = replace(one, weak=Ensemble(members=(one.weak, one.weak, one.weak)))
        student = student_of(one)
        assert (student.frozen is None) == (told == 1)
        swept = run_experiments([one], store)
        assert not swept.failures
        assert sum("the student has no features" in note for note in swept.records[0].notes) == told
