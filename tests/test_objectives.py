"""Objectives: transforms, selections and losses compose; weights mean the same in every loop; several supervisors."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from losses import PLAIN

import outgrow
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError, DataError
from outgrow.experiment import Experiment, Teaching, run, teach
from outgrow.learning.batching import Arrays
from outgrow.learning.heads import Head, Student, train_together
from outgrow.learning.lbfgs import solve
from outgrow.learning.machine import Machine
from outgrow.learning.objective import Objective, Probabilities, WeakLabels
from outgrow.learning.probe import Probe, log_shares
from outgrow.learning.train import fit
from outgrow.methods.composition import Composition
from outgrow.methods.naive import Naive
from outgrow.methods.selections.filter import Filter
from outgrow.methods.transforms.harden import Harden
from outgrow.methods.transforms.vote import Vote
from outgrow.specs import TrainSpec
from outgrow.steps import Context, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.supervisors.base import TrainedModel
from outgrow.supervisors.ensemble import Ensemble
from outgrow.supervisors.label_file import LabelFile
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples, Output
from outgrow.tasks.toy import Toy

CPU = torch.device("cpu")
Make = Callable[..., list[Experiment]]


def weak(votes: list[Any]) -> WeakLabels:
    found = np.array(votes, np.float32)
    ids = [f"row {i}" for i in range(found.shape[1])]
    return WeakLabels(probabilities=found, ids=ids, groups=ids)


# Lessons


def test_supervisors_are_averaged_where_they_speak() -> None:
    labels = weak([[[1, 0], [0.6, 0.4], [0, 0]], [[0, 0], [0.2, 0.8], [0, 0]]])
    lesson = Objective().lesson(labels, seed=0)
    np.testing.assert_allclose(lesson.targets, np.array([[1, 0], [0.4, 0.6], [0, 0]]), atol=1e-6)
    assert lesson.weights.tolist() == [1, 1, 0]
    assert lesson.kept.tolist() == [0, 1]
    assert lesson.notes == ["1 of 3 rows have no label to learn from and are left out of the training"]
    with pytest.raises(ValueError, match="none of 2 rows is left"):
        Objective().lesson(weak([[[0, 0], [0, 0]]]), seed=0)


def test_a_vote_shares_ties_and_counts_no_abstention() -> None:
    votes = [[[0.9, 0.1], [1, 0], [0, 0]], [[0.6, 0.4], [0, 1], [0, 0]], [[0.1, 0.9], [0, 0], [0, 0]]]
    found = Vote().apply(weak(votes), seed=0).probabilities
    assert found.tolist() == [[[1, 0], [0.5, 0.5], [0, 0]]]


def test_texts_are_classes_of_their_own() -> None:
    votes = np.array([["e4", "d4", "e4"], ["e4", "e4", "c4"]], dtype=object)
    labels = WeakLabels.of(votes, ids=["a", "b", "c"], groups=["a", "b", "c"])
    assert labels.texts == ("c4", "d4", "e4")
    assert labels.mean().argmax(1).tolist()[0] == 2
    kept = Objective(selections=(Filter(keep=0.4),)).lesson(labels, seed=0).kept
    assert 0 in kept, "the row on which both agree is the surest"


def test_filter_keeps_the_surest_of_each_class_and_weights_are_scaled_to_one() -> None:
    labels = weak([[[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]]])
    lesson = Objective(selections=(Filter(keep=0.5),)).lesson(labels, seed=0)
    assert lesson.weights.tolist() == [1, 1, 0, 0, 0, 1]
    assert lesson.notes == ["the student learns from 3 of 6 rows, as its method chooses"]


# Weights in every loop


def problem() -> tuple[np.ndarray, torch.Tensor, torch.Tensor, Output]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((90, 8)).astype(np.float16)
    targets = torch.from_numpy(rng.dirichlet(np.ones(3), 90).astype(np.float32))
    weights = torch.from_numpy(np.where(np.arange(90) % 3 == 0, 0, rng.uniform(0.5, 1.5, 90)).astype(np.float32))
    return features, targets, weights * (60 / weights.sum()), Output(kind="classification", n_classes=3)


def student(targets: torch.Tensor, weights: torch.Tensor, rows: np.ndarray | None = None) -> Student:
    rows = np.arange(90) if rows is None else rows
    return Student(rows=rows, targets=targets[rows], weights=weights[rows], loss=PLAIN, seed=0, l2=0.05)


def test_heads_trained_together_weigh_rows_as_the_loop_does() -> None:
    features, targets, weights, output = problem()
    spec = TrainSpec(epochs=3, batch_size=16, learning_rate=0.05)
    (head,) = train_together(features, [student(targets, weights)], spec, output, device=CPU)
    kept = np.flatnonzero(weights.numpy())
    network = Probe(8, output, seed=0, bias=log_shares(targets, weights))
    fit(
        network, Arrays(features[kept]), Probabilities(targets[kept]), spec, loss=PLAIN,
        weights=weights.numpy()[kept], seed=0, machine=Machine(device=CPU),
    )  # fmt: skip
    assert isinstance(head, Head)
    torch.testing.assert_close(head.weight, network.head.weight.detach(), atol=2e-5, rtol=1e-4)
    (even,) = train_together(features, [student(targets, torch.ones(90))], spec, output, device=CPU)
    assert isinstance(even, Head)
    assert not torch.allclose(even.weight, head.weight, atol=1e-3)


def test_a_weight_of_two_in_the_solver_is_a_row_that_stands_there_twice() -> None:
    features, targets, _, output = problem()
    weights = torch.tensor([2.0, 1.0, 0.0]).repeat(30)
    (weighted,) = solve(features, [student(targets, weights)], output, device=CPU)
    rows = np.repeat(np.arange(90), weights.int().numpy())
    (repeated,) = solve(features[rows], [student(targets[rows], torch.ones(90))], output, device=CPU)
    assert isinstance(weighted, Head)
    assert isinstance(repeated, Head)
    torch.testing.assert_close(weighted.weight, repeated.weight, atol=1e-2, rtol=0)


# Composition


def test_pieces_compose_and_equal_objectives_share_trainings(document: dict[str, Any]) -> None:
    def one(method: Any) -> Experiment:
        document.pop("sweep", None)
        (found,) = expand({**document, "method": method}, name="x")
        return found

    both = one(["filter", {"name": "confidence", "alpha": 0.75}])
    assert isinstance(both.method, Composition)
    assert both.method.label == "filter + confidence(alpha=0.75)"
    objective = both.method.objective()
    assert objective.selections == (Filter(),)
    assert objective.label == "filter + confidence_loss(alpha=0.75)"
    steps = Steps()
    hard, composed, naive = one({"name": "naive", "labels": "hard"}), one(["harden"]), one("naive")
    keys = [run(each, steps).student.by.key for each in (hard, composed, naive, both)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    chain = run(one(["filter", "bootstrapping"]), steps)
    links = [step for step in walk_unique(chain) if isinstance(step, Trained) and step.objective]
    assert len(links) == 3
    assert {step.objective for step in links} == {Objective(selections=(Filter(),))}


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (["bootstrapping", "few_shot"], "'bootstrapping' and 'few_shot' each bring a recipe; leave one out"),
        (["confidence", "confidence_loss"], "each bring a loss; leave one out"),
        (["filtre"], "unknown method 'filtre'; did you mean 'filter'?"),
        ([], "an empty list"),
        ([3], "a method is a name, a table with a name, or a list of these, not 3"),
    ],
)
def test_what_does_not_compose_is_named(document: dict[str, Any], method: Any, message: str) -> None:
    document.pop("sweep")
    with pytest.raises(ConfigError, match=r".*") as caught:
        expand({**document, "method": method}, name="x")
    assert message in str(caught.value)


def test_a_composed_method_runs(document: dict[str, Any], store: Store) -> None:
    document.pop("sweep")
    (one,) = expand({**document, "method": ["filter", "confidence"]}, name="x")
    swept = run_experiments([one], store)
    assert not swept.failures
    (record,) = swept.records
    assert record.row.method == "filter + confidence"
    assert "the student learns from 31 of 60 rows, as its method chooses" in record.notes


# Experiments as values


def test_experiments_check_themselves_however_they_are_made(toy: Make) -> None:
    (one,) = toy("method.name=naive")
    with pytest.raises(ConfigError, match="unknown metric 'auroc2'"):
        replace(one, metric="auroc2")
    with pytest.raises(ConfigError, match="larger than the strong one"):
        replace(one, strong=one.weak.roles[0], weak=TrainedModel(role=one.strong))
    with pytest.raises(ConfigError, match="learns from ground truth"):
        replace(one, split=replace(one.split, supervisor=0))
    with pytest.raises(ConfigError, match=r'"lbfgs" only solves linear heads'):
        replace(one, strong=replace(one.strong, train=replace(one.strong.train, optimizer="lbfgs")))


METHODS: list[Any] = [
    "naive",
    {"name": "bootstrapping", "sizes": ["toy-s"]},
    ["filter", {"name": "confidence", "ramp": 0.5}],
]


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("weak", ["toy-xs", ["toy-xs", "toy-s", "toy-xs"]], ids=str)
def test_toml_gives_an_equal_experiment(document: dict[str, Any], method: Any, weak: Any) -> None:
    document.pop("sweep")
    if isinstance(weak, list):
        weak = {"model": "ensemble", "members": weak, "rule": "vote"}
    else:
        weak = {"model": weak, "train": {"epochs": 7}}
    (one,) = expand({**document, "method": method, "weak": weak}, name="mine", seeds=[5])
    text = to_toml(one)
    assert read(text, name="mine") == one
    assert tomllib.loads(text)["sweep"]["seeds"] == [5]


def test_shipped_experiments_survive_toml() -> None:
    for name in ("quickstart", "toy", "chess"):
        for one in outgrow.read_experiments(name, seeds=[0])[:6]:
            assert read(to_toml(one), name=name) == one


# Several supervisors, and none that knows the truth


def test_an_ensemble_answers_as_its_rule_says_and_its_members_are_seeds_apart(
    document: dict[str, Any], store: Store
) -> None:
    document.pop("sweep")
    weak = {"model": "ensemble", "members": ["toy-s", "toy-s", "toy-s"], "rule": "vote"}
    (one,) = expand({**document, "weak": weak, "method": "naive"}, name="x")
    assert isinstance(one.weak, Ensemble)
    assert one.weak.label == "vote of 3 toy-s"
    swept = run_experiments([one], store)
    assert not swept.failures
    result, context = swept.plan.results[0].result, Context(store)
    labels = result.labels.read(context)
    assert labels.probabilities.shape == (3, 60, 2)
    assert len({votes.tobytes() for votes in labels.probabilities}) == 3, "each member has a seed of its own"
    test = result.student.part
    votes = result.weak.by.votes(context, test)
    majority = (votes.argmax(-1).sum(0) >= 2).astype(int)
    np.testing.assert_array_equal(result.weak.by.answers(context, test).argmax(1), majority)
    assert swept.records[0].row.weak == "vote of 3 toy-s"


class WithoutTruth:
    """The toy task, whose ground truth nobody knows."""

    name, kind = "toy", "classification"

    def identity(self) -> dict[str, Any]:
        return {"name": "toy", "truth": "unknown"}

    def load(self) -> Examples:
        return replace(Toy(n=400).load(), truth=None)


def test_teaching_needs_no_truth(toy: Make, store: Store, tmp_path: Path) -> None:
    """Labels out of a file and a student: all that people have who know no truth."""
    (one,) = toy("method.name=naive")
    examples = Toy(n=400).load()
    assert examples.truth is not None
    path = tmp_path / "labels.csv"
    rows = [f"{id},{label}" for id, label in zip(examples.ids, examples.truth, strict=True)]
    path.write_text("\n".join(["id,label", *rows]))
    split = replace(one.split, supervisor=0)
    task: Any = WithoutTruth()
    teaching = Teaching(task=task, split=split, weak=LabelFile(path=str(path)), strong=one.strong, method=Naive())
    taught, context = teach(teaching, Steps()), Context(store)
    from outgrow.executors.base import compute

    for step in walk_unique(taught.student):
        compute(step, store, context)
    said = taught.student.answers(context, taught.data.part("test"))
    assert said.shape == (100, 2)
    truth = dict(zip(examples.ids, examples.truth, strict=True))
    data = taught.data.read(context)
    right = [truth[data.ids[row]] for row in data.rows(taught.data.part("test"))]
    assert (said.argmax(1) == right).mean() > 0.6
    with pytest.raises(DataError, match="ground truth of 'transfer' is needed, and this task has none"):
        data.known_truth(taught.data.part("transfer"))


def test_harden_is_what_naive_calls_hard() -> None:
    assert Naive(labels="hard").objective() == Objective(transforms=(Harden(),))
