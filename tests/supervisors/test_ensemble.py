"""Several supervisors as one: a student sees each one's labels, and the rule's answer is the weak score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.methods.transforms.vote import Vote
from outgrow.runtime import Runtime
from outgrow.steps import Combined, Context, NewRows, Steps, Trained
from outgrow.store import Store
from outgrow.supervisors.ensemble import Ensemble
from outgrow.sweep import run_experiments


def one_of(document: dict[str, Any], members: list[Any], **more: Any) -> Experiment:
    document = {**document, "weak": {"model": "ensemble", "members": members, **more}, "method": "naive"}
    document.pop("sweep", None)
    (one,) = expand(document, name="together")
    return one


@pytest.fixture
def finished(document: dict[str, Any], store: Store) -> tuple[Combined, Context]:
    """An ensemble of two sizes and a second copy of one, whose members and scores are in a store."""
    one = one_of(document, ["toy-xs", "toy-s", "toy-xs"], rule="vote")
    assert not run_experiments([one], store).failures
    supervisor = experiment.run(one, Steps()).weak.by
    assert isinstance(supervisor, Combined)
    return supervisor, Context(store, Runtime(device="cpu"))


def test_members_label_and_the_rule_answers(finished: tuple[Combined, Context]) -> None:
    supervisor, context = finished
    first = supervisor.members[0]
    assert isinstance(first, Trained)
    test = first.part.split.part("test")
    votes = supervisor.votes(context, test)
    assert votes.shape == (3, 100, 2)
    for i, member in enumerate(supervisor.members):
        np.testing.assert_array_equal(votes[i], member.answers(context, test))
    chosen = votes.argmax(-1)
    majority = (chosen.sum(0) >= 2).astype(int)
    np.testing.assert_array_equal(supervisor.answers(context, test).argmax(1), majority)
    assert (chosen != majority).any(1).all(), "members that never differ make no test"


def test_new_rows_are_answered_as_stored_ones(finished: tuple[Combined, Context]) -> None:
    supervisor, context = finished
    first = supervisor.members[0]
    assert isinstance(first, Trained)
    test = first.part.split.part("test")
    data = first.part.split.read(context)
    rows = NewRows(inputs=data.inputs[data.rows(test)], output=data.output)
    np.testing.assert_allclose(supervisor.answers(context, rows), supervisor.answers(context, test), atol=1e-6)


def test_what_an_ensemble_is_called_and_costs(document: dict[str, Any]) -> None:
    one = one_of(document, ["toy-xs", "toy-s"], rule="vote").weak
    assert isinstance(one, Ensemble)
    assert one.label == "vote of toy-xs, toy-s"
    assert one.rule == Vote()
    assert one.cost == max(member.cost or 0 for member in one.members)
    assert [model.name for model in one.models] == ["toy-xs", "toy-s"]
    assert one_of(document, ["toy-xs", "toy-xs"]).weak.label == "mean of 2 toy-xs"


def test_members_take_trainings_of_their_own(document: dict[str, Any]) -> None:
    one = one_of(document, ["toy-xs", {"model": "toy-s", "train": {"epochs": 7}}])
    assert [role.train.epochs for role in one.weak.roles] == [2, 7]
    assert read(to_toml(one), name=one.name) == one


@pytest.mark.parametrize(
    ("members", "more", "message"),
    [
        (["toy-xs"], {}, "an ensemble needs at least two members"),
        (["toy-xs", "toy-xxs"], {}, "unknown model 'toy-xxs'; did you mean 'toy-xs'"),
        (["toy-xs", "toy-s"], {"rule": "votes"}, "unknown transform 'votes'; did you mean 'vote'"),
        (["toy-xs", "toy-s"], {"rules": "vote"}, "unknown key 'weak.rules'; did you mean 'rule'"),
    ],
)
def test_what_is_no_ensemble_is_told(
    document: dict[str, Any], members: list[Any], more: dict[str, Any], message: str
) -> None:
    with pytest.raises((ConfigError, UnknownName), match=message):
        one_of(document, members, **more)


def test_no_member_may_be_larger_than_the_student(document: dict[str, Any]) -> None:
    document["strong"]["model"] = "toy-s"
    with pytest.raises(ConfigError, match="the weak model 'toy-l' is larger than the strong one 'toy-s'"):
        one_of(document, ["toy-xs", "toy-l"])
