"""A student that is scored on another task's test: the same trainings, other examples, the same units."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from truths import truth_of

from outgrow.config import expand, from_tables, read, to_tables, to_toml
from outgrow.errors import ConfigError, DataError
from outgrow.experiment import Experiment, run
from outgrow.metrics.base import metrics
from outgrow.models.base import Model
from outgrow.plan import make_plan
from outgrow.report.rerun import rerun
from outgrow.results.answers import read_answers
from outgrow.results.pooling import pool
from outgrow.steps import Context, NewRows, Steps, TrainedHead
from outgrow.steps.shift import check_alike, without
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples
from outgrow.tasks.toy import Toy

OTHER = ("shift.name=toy", "shift.seed=0", "shift.noise=0.5", "shift.n=350", "shift.test=80", "method.name=naive")
Experiments = Callable[..., list[Experiment]]


@pytest.fixture
def shifted(toy: Experiments) -> Callable[..., tuple[Experiment, Experiment]]:
    """One toy experiment on its own test, and on another's."""

    def make(*settings: str, **options: Any) -> tuple[Experiment, Experiment]:
        here, there = toy(*OTHER, *settings, **options)
        return here, there

    return make


def test_a_document_with_a_shift_is_two_experiments_that_share_all_trainings(shifted: Any, toy: Experiments) -> None:
    here, there = shifted()
    assert (here.shift, there.shift.task, there.shift.test) == (None, Toy(noise=0.5, n=350), 80)
    assert replace(there, shift=None) == here == toy("method.name=naive")[0]
    plan = make_plan([here, there], cached=set())
    assert plan.count()["finetune"] == (3, 3)
    assert plan.trainings_unshared == 6


def test_without_a_shift_nothing_has_another_key(shifted: Any, toy: Experiments) -> None:
    (alone,) = toy("method.name=naive")
    assert "shift" not in alone.identity()
    assert "shift" not in to_tables(alone)
    here, there = shifted()
    assert run(here, Steps()).key == run(alone, Steps()).key != run(there, Steps()).key


def test_a_shift_alone_is_one_experiment_and_goes_through_its_file(shifted: Any, toy: Experiments) -> None:
    _, there = shifted()
    assert toy(*OTHER, "shift.in_distribution=false") == [there]
    assert read(to_toml(there), name="tiny") == there
    assert from_tables(to_tables(there), name="tiny", seed=0) == there


def test_its_test_examples_are_those_that_the_other_task_has_for_its_own(shifted: Any, store: Store) -> None:
    _, there = shifted()
    own = replace(there, shift=None, task=there.shift.task, split=replace(there.split, test=80))
    assert not run_experiments([there, own], store).failures
    found, wanted = (store.open(run(one, Steps()).key) for one in (there, own))
    import pyarrow.parquet as pq

    for column in ("id", "group", "truth"):
        assert pq.read_table(found / "test.parquet")[column].equals(pq.read_table(wanted / "test.parquet")[column])


@pytest.mark.parametrize("frozen", [False, True])
def test_all_roles_answer_the_other_examples(
    shifted: Any, frozen_toy: Callable[..., Model], store: Store, frozen: bool
) -> None:
    here, there = shifted()
    if frozen:  # heads on features: the rows of the other task in the units of the training's pool
        here, there = (replace(one, strong=replace(one.strong, model=frozen_toy())) for one in (here, there))
    swept = run_experiments([here, there], store)
    assert not swept.failures
    result = run(there, Steps())
    test = result.student.part
    context = Context(store)
    data = test.split.read(context)
    inputs, truth = data.inputs[data.rows(test)], truth_of(test.split.dataset.read(context))[data.rows(test)]
    said = read_answers(store, [result.key], metric=metrics["accuracy"])
    np.testing.assert_array_equal(said.truth, truth)
    for role, scored in result.roles.items():
        assert (isinstance(scored.by, TrainedHead)) is (frozen and role != "weak")
        answers = scored.by.answers(context, NewRows(inputs=inputs, output=data.output))
        np.testing.assert_array_equal(said.predicted(role)[0], answers.argmax(1))
    rows = [one.row for one in swept.records]
    assert [(row.task, row.n_test) for row in rows] == [("toy", 100), ("toy -> toy", 80)]
    assert len(pool(store, swept.records)) == 2
    assert rows[0].student_score is not None
    assert rows[0].student_score != rows[1].student_score


def test_a_file_of_labels_has_none_for_another_task(toml: Any, store: Store, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    examples = Toy(n=400).load()
    labels.write_text("id,label\n" + "".join(f"{one},{i % 2}\n" for i, one in enumerate(examples.ids)))
    path = toml(('model = "toy-xs"', f'model = "labels"\npath = "{labels}"'), ('"naive", "confidence"', '"naive"'))
    document = tomllib.loads(Path(path).read_text()) | {"shift": {"name": "toy", "seed": 5}}
    swept = run_experiments(expand(document, name="tiny"), store)
    assert [bool(one.failure) for one in swept.records] == [False, True]
    assert "labels" in swept.records[1].failure


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("shift.name=toy", "shift.n=400"), "'toy' is the task itself; name another one, or leave .shift. out"),
        (("shift.name=rotten-tomatoes-pairs",), "cannot answer 'rotten-tomatoes-pairs', a preference task"),
        (("shift.seed=1",), r"\[shift\] needs name"),
        (("shift.name=toy", "shift.test=0"), "shift.test is a whole number from 1, not 0"),
        (("shift.name=toy", "shift.in_distribution=1"), "shift.in_distribution is true or false, not 1"),
        (("shift=toy",), "shift.* must be a table, not 'toy'; write shift.name = 'toy'"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_read(toy: Experiments, settings: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy(*settings)


def test_a_task_of_other_classes_is_refused_and_the_own_test_is_scored(toy: Experiments, store: Store) -> None:
    swept = run_experiments(toy("shift.name=toy", "shift.classes=3", "method.name=naive"), store)
    assert [one.row.verdict == "failed" for one in swept.records] == [False, True]
    assert "'toy' has 3 classes, and 'toy' has 2; choose a task with as many" in swept.records[1].failure


def made(inputs: np.ndarray, names: tuple[str, ...] = ("no", "yes")) -> Examples:
    ids = [f"{i}" for i in range(len(inputs))]
    return Examples(
        ids=ids, groups=ids, inputs=inputs, truth=np.arange(len(inputs)) % 2, n_classes=2, class_names=names
    )


def test_what_the_task_learned_has_too_is_left_out_whatever_its_id(tmp_path: Path) -> None:
    from outgrow.specs import SplitSpec
    from outgrow.steps.examples import read_examples, set_aside, write_examples

    learned = made(np.array(["a", "b", "c", "d"], object))
    parts = set_aside(learned, SplitSpec(supervisor=1, transfer=1, validation=1, test=1))
    write_examples(learned, parts, "classification", tmp_path)
    known = read_examples(tmp_path)
    found = without(made(np.array(["x", "c", "y", "a"], object), ("bad", "good")), known, name="other", refers=False)
    assert (found.ids, list(found.inputs), found.truth.tolist()) == (["0", "2"], ["x", "y"], [0, 0])  # type: ignore[union-attr]
    assert found.notes == [
        "2 examples of 'other' left out of the shifted test: the task learned has them too",
        "classes of 'other' stand for those learned by number: 'bad' as 'no', 'good' as 'yes'",
    ]
    with pytest.raises(DataError, match="of another form"):
        check_alike(made(np.zeros((3, 2), np.float32)), known, name="other", learned_name="own")


def test_injected_errors_are_in_the_answers_to_the_other_test_too(toy: Experiments, store: Store) -> None:
    there = [
        toy(*OTHER, "shift.n=1000", "shift.test=900", f"weak={one}")[1]
        for one in ('{model="toy-xs"}', '{model="noisy",rate=0.4,of="toy-xs"}')
    ]
    results = [run(one, Steps()).weak for one in there]
    assert not run_experiments(there, store).failures
    plain, noisy = (one.read(Context(store)).predicted for one in results)
    assert (plain != noisy).mean() == pytest.approx(0.4, abs=0.06)


def test_simulated_errors_are_of_their_own_task_alone(toy: Experiments, store: Store) -> None:
    swept = run_experiments(toy(*OTHER, 'weak={model="random",rate=0.2}'), store)
    assert [bool(one.failure) for one in swept.records] == [False, True]
    assert "is wrong on a share of transfer, and another task's test has no such part" in swept.records[1].failure


def test_a_report_names_one_file_for_both_tests(toy: Experiments, store: Store) -> None:
    ones = toy(*OTHER[:-1], seeds=[0, 1])
    assert len(ones) == 8
    found = rerun(pool(store, run_experiments(ones, store).records))
    assert not found.problem
    (file,) = found.files
    assert set(expand(tomllib.loads(file), name="tiny")) == set(ones)
