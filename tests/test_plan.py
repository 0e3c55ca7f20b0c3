"""Experiments become one graph of unique steps whose keys are known before anything is computed."""

from __future__ import annotations

import contextlib
import gc
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from outgrow import experiment
from outgrow.experiment import Experiment
from outgrow.plan import explain, make_plan
from outgrow.runtime import Runtime, all_stay
from outgrow.steps import Comparison, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]


def result(one: Experiment) -> Comparison:
    return experiment.run(one, Steps())


def test_keys_are_known_without_torch_and_without_a_store() -> None:
    code = """
import sys
from outgrow.config import read_experiments
from outgrow.plan import make_plan
for name in ("toy", "chess", "text-offline"):
    plan = make_plan(read_experiments(name), cached=set())
    assert plan.todo and all(len(key) == 64 for key in plan.steps)
    print(*plan.steps, plan.work)
assert not {"torch", "pyarrow", "safetensors", "transformers", "huggingface_hub"} & sys.modules.keys()
"""
    command = [sys.executable, "-c", code]
    one, other = (subprocess.run(command, check=True, capture_output=True).stdout for _ in range(2))
    assert one == other


def test_equal_experiments_have_equal_keys(toy: Toy) -> None:
    assert result(toy()[0]).key == result(toy()[0]).key
    assert result(replace(toy()[0], name="other")).key == result(toy()[0]).key


def keys_of(one: Experiment) -> dict[str, str]:
    found = result(one)
    return {
        "examples": found.student.split.dataset.key,
        "split": found.student.split.key,
        "weak": found.weak.by.key,
        "labels": found.labels.key,
        "student": found.student.by.key,
        "ceiling": found.ceiling.by.key,
        "compare": found.key,
    }


@pytest.mark.parametrize(
    ("setting", "unchanged"),
    [
        ("strong.train.learning_rate=1e-3", {"examples", "split", "weak", "labels"}),
        ("strong.train.weight_decay=0.1", {"examples", "split", "weak", "labels"}),
        ("strong.train.keep=best", {"examples", "split", "weak", "labels"}),
        ("weak.train.learning_rate=1e-3", {"examples", "split", "ceiling"}),
        ("strong.model=toy-m", {"examples", "split", "weak", "labels"}),
        ("method.labels=hard", {"examples", "split", "weak", "labels", "ceiling"}),
        ("metric=truth_probability", {"examples", "split", "weak", "labels", "student", "ceiling"}),
        ("task.noise=0.1", set()),
        ("task.seed=1", set()),
        ("split.transfer=50", {"examples"}),
        ("split.supervisor=50", {"examples"}),
        ("split.test=90", set()),
        ("split.validation=20", set()),
        ("split.pool=200", set()),
        ("split.seed=1", set()),
    ],
)
def test_a_change_reaches_exactly_what_rests_on_it(toy: Toy, setting: str, unchanged: set[str]) -> None:
    before, after = (keys_of(toy("method.name=naive", *more)[0]) for more in ([], [setting]))
    assert {name for name in before if before[name] == after[name]} == unchanged


def test_another_seed_shares_the_examples_alone(toy: Toy) -> None:
    zero, one = (keys_of(one) for one in toy("method.name=naive", seeds=[0, 1]))
    assert zero.pop("examples") == one.pop("examples")
    assert not set(zero.values()) & set(one.values())


def test_methods_share_supervisor_labels_and_ceiling(toy: Toy) -> None:
    plan = make_plan(toy(), cached=set())
    kinds = Counter(step.name for step in plan.steps.values())
    assert kinds == {"examples": 1, "split": 1, "finetune": 4, "label": 2, "score": 4, "compare": 2}
    assert plan.trainings_unshared == 6
    assert plan.count() == {name: (n, n) for name, n in kinds.items()}
    assert len(plan.todo) == 14


def test_inputs_come_before_what_needs_them(toy: Toy) -> None:
    plan = make_plan(toy('sweep.method.name=["naive", "bootstrapping"]', seeds=[0, 1]), cached=set())
    order = {key: i for i, key in enumerate(plan.steps)}
    for key, step in plan.steps.items():
        assert all(order[needed.key] < order[key] for needed in step.inputs().values())
    assert plan.todo == list(plan.steps)


def test_what_is_in_the_store_is_not_to_do(toy: Toy) -> None:
    naive = make_plan(toy("method.name=naive"), cached=set())
    plan = make_plan(toy(), cached=set(naive.steps) | {"f" * 64})
    assert plan.cached == set(naive.steps)
    assert [plan.steps[key].name for key in plan.todo] == ["finetune", "score", "compare"]
    assert plan.count()["finetune"] == (4, 1)


def test_work_counts_rows_epochs_and_the_backward_pass(toy: Toy) -> None:
    (one,) = toy("method.name=naive")
    weak = result(one).weak
    assert isinstance(weak.by, Trained)
    assert weak.by.work == 3 * 16 * 60 * 2
    assert weak.work == 16 * 100
    plan = make_plan([one], cached=set())
    assert plan.work == sum(step.work for step in plan.steps.values()) > weak.by.work


def test_a_second_run_computes_nothing(toy: Toy, store: Store) -> None:
    first = run_experiments(toy(), store)
    assert (first.computed, first.failures) == (14, {})
    before = {path: path.stat().st_mtime_ns for path in store.root.glob("artefacts/**/*")}
    second = run_experiments(toy(), store)
    assert second.computed == 0
    assert second.records == first.records
    assert {path: path.stat().st_mtime_ns for path in store.root.glob("artefacts/**/*")} == before


def test_where_and_how_fast_cannot_change_a_key(toy: Toy, store: Store) -> None:
    run_experiments(toy(), store, runtime=Runtime(device="cpu", workers=1))
    assert run_experiments(toy(), store, runtime=Runtime(device="auto", workers=7)).computed == 0
    assert store.keys() == set(make_plan(toy(), cached=set()).steps)


def test_every_manifest_tells_the_key_it_was_made_from(toy: Toy, store: Store) -> None:
    run_experiments(toy(), store)
    plan = make_plan(toy(), cached=set())
    for manifest in store.manifests():
        step = plan.steps[manifest.key]
        assert manifest.inputs == {name: needed.key for name, needed in step.inputs().items()}
        assert set(manifest.inputs.values()) <= store.keys()
        assert manifest.step == step.name


def test_explain_tells_the_difference_to_the_nearest(toy: Toy, store: Store) -> None:
    run_experiments(toy("method.name=naive"), store)
    (changed,) = toy("method.name=naive", "strong.train.learning_rate=1e-3")
    plan = make_plan([changed], cached=store.keys())
    lines = explain(plan, store.manifests())
    assert len(lines) == len(plan.todo) == 5
    assert lines[0].startswith(plan.todo[0][:12])
    assert lines[0].endswith("train toy-l on labels of toy-xs: identity.train.learning_rate: 0.03 -> 0.001")
    assert re.search(rf'  score toy-l: inputs.model: "\w{{12}}" -> "{plan.todo[0][:12]}"$', lines[1])


def test_explain_of_an_empty_store(toy: Toy) -> None:
    plan = make_plan(toy("method.name=naive"), cached=set())
    lines = explain(plan, [])
    assert len(lines) == 11
    assert all(line.endswith("none of its kind is finished") for line in lines)


def test_explain_of_a_step_whose_code_changed(toy: Toy, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_experiments(toy("method.name=naive"), store)
    monkeypatch.setattr(Comparison, "version", Comparison.version + 1)
    plan = make_plan(toy("method.name=naive"), cached=store.keys())
    (line,) = explain(plan, store.manifests())
    assert line.endswith("made by an older version of this step")


def test_equal_steps_are_visited_once(toy: Toy) -> None:
    one = toy()[0]
    results = [experiment.run(one, Steps()) for _ in range(2)]
    assert len(walk_unique(*results)) == len(walk_unique(results[0])) == 11


@pytest.mark.parametrize("looking", [True, False])
def test_whoever_looks_for_garbage_does_so_again_after_a_plan(looking: bool) -> None:
    before = gc.isenabled()
    try:
        gc.enable() if looking else gc.disable()
        with contextlib.suppress(ValueError), all_stay():
            with all_stay():
                assert not gc.isenabled()
            assert not gc.isenabled(), "the outer block is not over"
            raise ValueError
        assert gc.isenabled() == looking
    finally:
        gc.enable() if before else gc.disable()
