"""A declared budget of ground truth: what is counted, who gets it, what stands beside it, and its limiting cases."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from outgrow.config import from_tables, read, to_tables, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment, run
from outgrow.learning.heads import Head, Student
from outgrow.learning.lbfgs import solve
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.objective import Objective, WeakLabels
from outgrow.learning.out_of_fold import answers_of
from outgrow.methods.base import methods
from outgrow.methods.composition import compose
from outgrow.methods.confidence import Confidence
from outgrow.methods.gt_only import GtOnly, Known
from outgrow.methods.losses.forward_correction import ForwardCorrection
from outgrow.methods.naive import Naive
from outgrow.methods.selections.trust import Trust
from outgrow.methods.transforms.gt_mix import GtMix
from outgrow.models.base import Model
from outgrow.plan import make_plan
from outgrow.results.pooling import pool
from outgrow.results.shown import group_cells
from outgrow.steps import Comparison, Context, Labels, Steps, Told, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output
from outgrow.tasks.toy import Toy

Make = Callable[..., list[Experiment]]
BUDGETED = ("gt_only", "weak_then_gt", "gt_mix", "trust", "forward_correction", "backward_correction")


def planned(one: Experiment) -> Comparison:
    return run(one, Steps())


def weights(store: Store, key: str) -> dict[str, np.ndarray]:
    return load_file(store.open(key) / "model.safetensors")


# What is counted


def test_a_method_that_uses_no_truth_has_no_budget_and_its_keys_stay(toy: Make) -> None:
    plain, given = toy("method=naive"), toy("method=naive", "n_ground_truth=20")
    assert given == plain
    assert given[0].n_ground_truth == 0
    assert given[0].identity() == plain[0].identity()
    assert "n_ground_truth" not in given[0].identity()
    assert planned(given[0]).key == planned(plain[0]).key
    swept = toy("method=naive", "sweep.n_ground_truth=[0,5,20]")
    assert swept == plain, "in a sweep, such doubles are one experiment"
    assert to_tables(given[0]).keys() == {"metric", "method", "task", "split", "weak", "strong"}


@pytest.mark.parametrize("name", BUDGETED)
def test_a_method_that_uses_truth_needs_a_budget(toy: Make, name: str) -> None:
    with pytest.raises(ConfigError, match=r"'.*' learns from rows whose truth is known: .* n_ground_truth = 100"):
        toy(f"method={name}")
    (one,) = toy(f"method={name}", "n_ground_truth=10", "baselines=false")
    assert one.n_ground_truth == 10
    assert one.identity()["n_ground_truth"] == 10
    assert from_tables(to_tables(one), name="tiny", seed=0) == one == read(to_toml(one), name="tiny")


def test_the_flip_rate_can_be_given_in_place_of_truth(toy: Make) -> None:
    (one,) = toy("method={name='forward_correction', flip=0.2}", "n_ground_truth=10")
    assert one.n_ground_truth == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("n_ground_truth=61", "n_ground_truth = 61 must be a whole number from 0 to the rows of transfer, 60"),
        ("n_ground_truth=-1", "n_ground_truth = -1 must be"),
        ("n_ground_truth=0.5", "n_ground_truth = 0.5 must be"),
        ("n_ground_truth=true", "n_ground_truth = True must be"),
        ("n_ground_truth=[5, 10]", "n_ground_truth is one number; to run several"),
        ("sweep.baselines=[true]", "baselines holds for a whole study"),
        ("baselines=1", "baselines is true or false, not 1"),
        ("n_gt=5", "did you mean 'n_ground_truth'?"),
    ],
)
def test_mistakes_are_named_before_anything_is_trained(toy: Make, given: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        toy("method=gt_mix", given)
    assert message in str(caught.value)


@pytest.mark.parametrize("pieces", [["gt_only", "confidence"], ["gt_only", "filter"]])
def test_gt_only_takes_no_other_piece(toy: Make, pieces: list[str]) -> None:
    (one,) = toy(f"method={pieces}", "n_ground_truth=5", "baselines=false")
    with pytest.raises(ConfigError, match="gt_only learns from no weak label"):
        planned(one)


def test_any_piece_that_uses_truth_makes_the_whole_use_it() -> None:
    assert compose([GtMix(), Confidence()]).uses_truth
    assert compose([Naive(), Trust()]).uses_truth
    assert compose([ForwardCorrection()]).uses_truth
    assert not compose([ForwardCorrection(flip=0.1)]).uses_truth
    assert not compose([Naive(), Confidence()]).uses_truth
    assert Objective(selections=(Known(),)).uses_truth
    assert not Objective().uses_truth
    assert {entry.name for entry in methods if entry.value.uses_truth} >= {"gt_only", "weak_then_gt"}


@pytest.mark.parametrize("n", [1, 7, 60])
def test_the_budget_is_the_first_rows_of_transfer_and_exactly_as_many(toy: Make, store: Store, n: int) -> None:
    (one,) = toy("method=gt_mix", f"n_ground_truth={n}", "baselines=false")
    run_experiments([one], store)
    (labels,) = [step for step in walk_unique(planned(one)) if isinstance(step, Labels) and step.audited]
    context = Context(store)
    data = labels.part.split.read(context)
    truth = labels.read(context).truth
    assert truth is not None
    np.testing.assert_array_equal(truth[:n], data.known_truth(labels.part.first(n)))
    assert (truth[n:] == -1).all()
    (told,) = [step for step in walk_unique(planned(one)) if isinstance(step, Told)]
    assert np.isin(data.rows(told.part), data.rows(labels.part)).all()
    for part in ("supervisor", "validation", "test"):
        assert not told.answers(context, labels.part.split.part(part)).any()


def test_the_supervisor_is_asked_once_whatever_the_budgets(toy: Make) -> None:
    some = toy("method=gt_mix", "sweep.n_ground_truth=[5,10,20]")
    plain, _ = toy()
    steps = make_plan([*some, plain], cached=set()).steps.values()
    labels = [step for step in steps if isinstance(step, Labels) and step.part.name == "transfer" and step.by.cost]
    assert len(labels) == 4
    assert sum(step.plain is None for step in labels) == 1


# What stands beside it


def test_baselines_are_added_at_every_budget_and_that_is_told(toy: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "outgrow"):
        found = toy("sweep.method.name=['naive', 'gt_mix']", "sweep.n_ground_truth=[5,20]", seeds=[0, 1])
    assert {(one.method.name, one.n_ground_truth) for one in found} == {
        ("naive", 0), *((name, n) for name in ("gt_mix", "gt_only", "weak_then_gt") for n in (5, 20))
    }  # fmt: skip
    assert len(found) == 2 * 7
    assert caplog.text.count("gt_only and weak_then_gt with the same n_ground_truth stand beside the method") == 1
    caplog.clear()
    with caplog.at_level(logging.WARNING, "outgrow"):
        alone = toy("method=gt_mix", "n_ground_truth=5", "baselines=false")
        both = toy("sweep.method.name=['gt_only', 'weak_then_gt', 'gt_mix']", "n_ground_truth=5")
        toy("method=naive", "n_ground_truth=5")
    assert [one.method.name for one in alone] == ["gt_mix"]
    assert [one.method.name for one in both] == ["gt_only", "weak_then_gt", "gt_mix"]
    assert not caplog.text


def test_gt_only_is_one_training_whoever_the_supervisor_is(toy: Make) -> None:
    found = toy("sweep.method.name=['gt_only']", "n_ground_truth=5", "sweep.weak.model=['toy-xs', 'toy-s']")
    assert len({planned(one).student.by.key for one in found}) == 1
    assert len({planned(one).key for one in found}) == 2


def test_weak_then_gt_goes_on_from_the_naive_student(toy: Make) -> None:
    naive, budgeted = toy("sweep.method.name=['naive', 'weak_then_gt']", "n_ground_truth=5")
    second = planned(budgeted).student.by
    assert isinstance(second, Trained)
    assert second.after is not None
    assert second.after.key == planned(naive).student.by.key
    assert second.title == "train toy-l further on labels of 5 rows of known truth"
    assert second.part.size == 5


# Limiting cases


def labels_of(n: int, rng: np.random.Generator) -> tuple[WeakLabels, np.ndarray]:
    votes = rng.dirichlet(np.ones(3), n).astype(np.float32)
    ids = [f"row {i}" for i in range(n)]
    return WeakLabels(probabilities=votes[None], ids=ids, groups=ids), rng.integers(0, 3, n)


def test_gt_mix_of_no_row_is_naive_to_the_bit_and_of_all_rows_the_truth() -> None:
    weak, truth = labels_of(50, np.random.default_rng(0))
    mixed, naive = Objective(transforms=(GtMix(),)), Objective()
    for known in (None, np.full(50, -1)):
        found, plain = mixed.lesson(replace(weak, truth=known), seed=0), naive.lesson(weak, seed=0)
        assert np.array_equal(found.targets, plain.targets)
        assert np.array_equal(found.weights, plain.weights)
        assert found.loss == plain.loss
    whole = mixed.lesson(replace(weak, truth=truth), seed=0)
    assert np.array_equal(whole.targets, np.eye(3, dtype=np.float32)[truth])
    assert (whole.weights == 1).all()
    some = mixed.lesson(replace(weak, truth=np.where(np.arange(50) < 20, truth, -1)), seed=0)
    assert np.array_equal(some.targets[:20], whole.targets[:20])
    assert np.array_equal(some.targets[20:], naive.lesson(weak, seed=0).targets[20:])


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", ["gt_mix", "gt_only"])
def test_with_all_of_transfer_known_a_student_is_its_ceiling_to_the_bit(
    toy: Make, frozen_toy: Callable[..., Model], store: Store, name: str, frozen: bool
) -> None:
    (one,) = toy(f"method={name}", "n_ground_truth=60", "baselines=false")
    if frozen:
        one = replace(one, strong=replace(one.strong, model=frozen_toy(view=3)))
    assert not run_experiments([one], store).failures
    result = planned(one)
    student, ceiling = (weights(store, role.by.key) for role in (result.student, result.ceiling))
    assert student.keys() == ceiling.keys()
    assert all(np.array_equal(student[key], ceiling[key]) for key in student)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_head_goes_on_from_the_weak_one(
    toy: Make, frozen_toy: Callable[..., Model], store: Store, optimizer: Literal["adam", "lbfgs"]
) -> None:
    """With no step, or a penalty that forbids any, it stays there; a few rows move it a little, all of them more."""

    def head(name: str, n: int, **train: Any) -> np.ndarray:
        (one,) = toy(f"method={name}", f"n_ground_truth={n}", "baselines=false")
        strong = replace(one.strong, model=frozen_toy(view=3), train=replace(one.strong.train, optimizer=optimizer))
        strong = replace(strong, train=replace(strong.train, **train))
        one = replace(one, strong=strong)
        assert not run_experiments([one], store).failures
        found = weights(store, planned(one).student.by.key)
        return np.asarray(found["head.weight"][1] - found["head.weight"][0])

    naive, further, alone = head("naive", 0), head("weak_then_gt", 10), head("gt_only", 10)
    assert not np.allclose(naive, further, atol=1e-3)
    assert np.linalg.norm(further - naive) < np.linalg.norm(alone - naive)
    if optimizer == "lbfgs":
        held = head("weak_then_gt", 10, l2=1e4)
        np.testing.assert_allclose(held, head("naive", 0, l2=1e4), atol=1e-3)


def test_a_few_rows_that_lack_a_class_do_not_make_a_head_forget_it() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 600)
    features = (2 * np.eye(3)[truth] + rng.standard_normal((600, 3))).astype(np.float16)
    output, some = Output(kind="classification", n_classes=3), np.flatnonzero(truth < 2)[:6]

    def solved(rows: np.ndarray, *, l2: float, start: Head | None = None) -> Head:
        targets = torch.eye(3)[torch.from_numpy(truth[rows])]
        student = Student(
            rows=rows, targets=targets, weights=torch.ones(len(rows)), loss=CrossEntropy(), seed=0, l2=l2, start=start
        )
        (found,) = solve(features, [student], output, device=torch.device("cpu"))
        assert isinstance(found, Head)
        return found

    first = solved(np.arange(600), l2=0.01)
    alone, further = solved(some, l2=0.01), solved(some, l2=1.0, start=first)
    third = [float((answers_of(head, features).argmax(1) == 2).mean()) for head in (first, alone, further)]
    assert third[0] > 0.25
    assert third[1] == 0
    assert third[2] > 0.2


def test_known_rows_alone_are_learned_from(toy: Make, store: Store) -> None:
    weak, truth = labels_of(30, np.random.default_rng(1))
    known = np.where(np.arange(30) % 3 == 0, truth, -1)
    lesson = GtOnly().objective().lesson(replace(weak, truth=known), seed=0)
    assert lesson.kept.tolist() == np.flatnonzero(known >= 0).tolist()
    assert np.array_equal(lesson.targets[lesson.kept].argmax(1), truth[lesson.kept])


# End to end


def test_every_method_with_a_budget_runs_and_is_shown_with_it(toy: Make, store: Store) -> None:
    found = toy(f"sweep.method.name={['naive', *BUDGETED[:2]]}", "n_ground_truth=20")
    found += [
        one for name in BUDGETED[2:] for one in toy(f"method={name}", "n_ground_truth=20", "baselines=false")
    ]  # fmt: skip
    swept = run_experiments(found, store)
    assert not swept.failures
    groups = pool(store, swept.records)
    assert {g.method: g.n_ground_truth for g in groups} == {"naive": 0, **dict.fromkeys(BUDGETED, 20)}
    assert [record.row.n_ground_truth for record in swept.records] == [0] + [20] * 6
    table = group_cells(groups)
    assert "n_ground_truth" in table.names
    alone = group_cells([g for g in groups if g.method == "gt_mix"])
    assert dict(zip(alone.names, alone.rows[0], strict=True))["n_ground_truth"] == "20"
    assert "n_ground_truth" not in group_cells([g for g in groups if g.method == "naive"]).names
    notes = [note for record in swept.records for note in record.notes]
    assert any("labels are taken to be right, judged by 20 rows of known truth" in note for note in notes)
    assert any(note.startswith("trust") for note in notes)


def test_on_digits_known_truth_helps_heads_that_are_solved() -> None:
    """Ten classes, frozen features: 100 known rows are worth more than 600 weak labels of three times three pixels."""
    from tempfile import TemporaryDirectory

    from outgrow.config import read_experiments

    settings = [
        "train.optimizer=lbfgs", "n_ground_truth=100", "sweep.method.name=['naive', 'trust', 'backward_correction']"
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        store = Store(folder)
        swept = run_experiments(read_experiments("digits", settings=settings, seeds=[0]), store)
        assert not swept.failures
        score = {one.row.method: one.row.student_score or 0.0 for one in swept.records}
    assert score.keys() == {"naive", "trust", "backward_correction", "gt_only", "weak_then_gt"}
    assert score["weak_then_gt"] > score["naive"] + 0.02
    assert max(score.values()) < 1


def test_a_task_without_truth_says_so(toy: Make, store: Store) -> None:
    class Silent:
        name, kind = "toy", "classification"

        def identity(self) -> dict[str, Any]:
            return {"name": "toy", "silent": True}

        def load(self) -> Any:
            return replace(Toy(n=400).load(), truth=None)

    (one,) = toy("method=gt_mix", "n_ground_truth=5", "baselines=false")
    swept = run_experiments([replace(one, task=Silent())], store)  # type: ignore[arg-type]
    assert any("ground truth" in record.failure for record in swept.records)
