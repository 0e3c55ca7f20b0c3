"""Several supervisors as one: a student sees each one's labels, and the rule's answer is the weak score."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.methods.transforms.vote import Vote
from outgrow.report.teachers import labelled
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.runtime import Runtime
from outgrow.spec import digest
from outgrow.steps import Combined, Context, Given, NewRows, Steps, Trained
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
    assert one.cost == max(member.cost or 0 for member in one.everyone)
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


def test_so_many_of_one_are_the_same_as_a_list_of_equal_ones(document: dict[str, Any]) -> None:
    made = one_of(document, cast(Any, 3), of="toy-xs")
    listed = one_of(document, ["toy-xs"] * 3)
    assert experiment.run(made, Steps()).key == experiment.run(listed, Steps()).key
    assert made.weak.label == listed.weak.label == "mean of 3 toy-xs"
    assert read(to_toml(made), name=made.name) == made


def test_an_ensemble_as_it_was_before_it_could_be_made_of_one_has_the_same_identity(document: dict[str, Any]) -> None:
    one = one_of(document, ["toy-xs", "toy-s"])
    assert set(one.weak.identity()) == {"name", "members", "rule"}
    assert digest(one.weak) == "f335b69078051eed1d04a9d2f0defa44635fde28520e60a01a29773f086b7840"
    assert experiment.run(one, Steps()).key == "3be3df75e482e77c364a15b7c8ebd1f22b909a8b34779fc4ee6ff09765f433b9"


def test_members_by_parts_learn_from_rows_of_their_own(document: dict[str, Any], store: Store) -> None:
    one = one_of(document, cast(Any, 4), of={"model": "toy-xs", "train": {"epochs": 3}}, by="parts")
    assert one.weak.label == "mean of 4 toy-xs by parts"
    assert read(to_toml(one), name=one.name) == one
    by = experiment.run(one, Steps()).weak.by
    assert isinstance(by, Combined)
    members = [step for step in by.members if isinstance(step, Trained)]
    assert [(step.part.start, step.part.stop) for step in members] == [(0, 15), (15, 30), (30, 45), (45, 60)]
    assert {step.seed for step in members} == {0}
    assert {step.role.train.epochs for step in members} == {3}
    assert not run_experiments([one], store).failures
    (record,) = read_records(store)
    assert any(note.startswith("majority vote of 4 supervisors: right on ") for note in record.notes)
    assert "4 times <strong>toy-xs</strong>, each trained on its own part" in labelled(pool(store, [record]))


def test_members_by_sizes_are_a_chain_up_to_its_own(document: dict[str, Any]) -> None:
    def sizes(count: int, of: str) -> list[str]:
        return [model.label for model in one_of(document, cast(Any, count), of=of, by="sizes").weak.models]

    assert sizes(2, "toy-l") == ["toy-xs", "toy-l"]
    assert sizes(3, "toy-m") == ["toy-xs", "toy-s", "toy-m"]
    with pytest.raises(ConfigError, match="members = 3: of 'toy-s' there are 2 sizes up to its own, toy-xs, toy-s"):
        sizes(3, "toy-s")


def test_ensembles_and_files_stand_in_one(document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "weak.csv").write_text("id,label\na,1\n")
    three = {"model": "ensemble", "members": 3, "of": "toy-xs"}
    one = one_of(document, [three, {"model": "labels", "path": str(tmp_path / "weak.csv")}], rule="vote")
    assert read(to_toml(one), name=one.name) == one
    by = experiment.run(one, Steps()).weak.by
    assert isinstance(by, Combined)
    assert [type(step) for step in by.members] == [Combined, Given]


@pytest.mark.parametrize("rule", ["mean", "vote"])
def test_the_majority_vote_is_told_as_the_baseline(document: dict[str, Any], store: Store, rule: str) -> None:
    one = one_of(document, cast(Any, 3), of="toy-xs", rule=rule)
    assert not run_experiments([one], store).failures
    result, context = experiment.run(one, Steps()), Context(store)
    facts, weak = result.labels.facts(context), result.labels.read(context)
    data = result.labels.part.split.read(context)
    truth = data.known_truth(result.labels.part)
    alone = [(votes.argmax(1) == truth).mean() for votes in weak.probabilities]
    vote = ((weak.probabilities.argmax(-1) == 1).sum(0) >= 2).astype(int)
    np.testing.assert_allclose(facts["members"], alone)
    np.testing.assert_allclose(facts["vote"], (vote == truth).mean())
    (note,) = [note for note in read_records(store)[0].notes if note.startswith("majority vote")]
    assert f"right on {facts['vote']:.1%} [" in note
    assert f"of 60 rows of transfer; alone they are right on {min(alone):.1%} to {max(alone):.1%}" in note


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"members": 5}, r'members = 5: set of = "..." to the model that they are made of'),
        ({"members": ["toy-xs", "toy-s"], "of": "toy-s"}, "of and by go with a number of members"),
        ({"members": 1, "of": "toy-s"}, "an ensemble needs at least two members"),
        ({"members": 2, "of": {"model": "random"}, "by": "parts"}, "'simulated random' is no model that is trained"),
        ({"members": 2, "of": "toy-s", "by": "part"}, "input should be 'seeds', 'parts' or 'sizes'"),
        (
            {"members": 3, "of": {"model": "toy-s", "train": {"optimizer": "lbfgs"}}},
            "'toy-s' is solved by \"lbfgs\", whatever the seed, and all members would be the same",
        ),
        ({"members": 61, "of": "toy-s", "by": "parts"}, "has 60 of the 61 examples that are needed"),
    ],
)
def test_what_cannot_be_made_of_one_is_told(document: dict[str, Any], more: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        experiment.run(one_of(document, more.pop("members"), **more), Steps())


def test_no_member_may_be_larger_than_the_student(document: dict[str, Any]) -> None:
    document["strong"]["model"] = "toy-s"
    with pytest.raises(ConfigError, match="the weak model 'toy-l' is larger than the strong one 'toy-s'"):
        one_of(document, ["toy-xs", "toy-l"])
