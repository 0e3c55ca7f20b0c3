"""Features of frozen networks: extracted once for all seeds, standardised by the pool alone, read without loading."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from outgrow import experiment
from outgrow.disk import disk_errors
from outgrow.errors import StepFailed, StoreError
from outgrow.executors.base import compute
from outgrow.experiment import Experiment
from outgrow.learning.batching import Arrays
from outgrow.learning.feature_file import FILE, create, load
from outgrow.learning.predict import predict
from outgrow.learning.probe import Probe
from outgrow.models.base import Model
from outgrow.plan import make_plan
from outgrow.steps import Context, Features, NewRows, Steps, Trained, TrainedHead, walk_unique
from outgrow.steps.features import CHUNK
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples, Kind, Output
from outgrow.tasks.toy import Toy

WIDTH = 33  # of the frozen toy: 3 + 2 x and |x| of 16 numbers, and a 7


@pytest.fixture
def frozen(toy: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model]) -> Callable[..., list[Experiment]]:
    """Toy experiments whose student is a head on frozen features: `frozen("train.epochs=1", seeds=[0, 1])`."""

    def make(*settings: str, **options: Any) -> list[Experiment]:
        found = toy("method.name=naive", *settings, **options)
        return [replace(one, strong=replace(one.strong, model=frozen_toy())) for one in found]

    return make


def features_of(one: Experiment) -> Features:
    student = experiment.run(one, Steps()).student.by
    assert isinstance(student, TrainedHead)
    return student.frozen


def raw(inputs: np.ndarray) -> np.ndarray:
    """What the frozen toy makes of inputs, float64."""
    x = inputs[:, 3].astype(np.float64)
    return np.concatenate([3 + 2 * x, np.abs(x), np.full_like(x[:, :1], 7)], 1)


def extracted(one: Experiment, store: Store) -> tuple[np.ndarray, Features]:
    step = features_of(one)
    context = Context(store)
    for needed in walk_unique(step):
        compute(needed, store, context)
    return step.read(context), step


# Files


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 7), (1, 1)])
def test_features_are_stored_as_safetensors_and_mapped(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float16)
    written = create(tmp_path / FILE, shape)
    written[:] = values
    written.flush()
    found = load(tmp_path)
    assert isinstance(found, np.memmap)
    assert not found.flags.writeable
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, values)
    np.testing.assert_array_equal(load_file(tmp_path / FILE)["features"], values)
    assert found.offset % 8 == 0


def test_room_on_the_disk_is_taken_before_a_file_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes into a mapped file on a full disk is killed in place of an error."""
    create(tmp_path / FILE, (1000, 100))
    found = (tmp_path / FILE).stat()
    assert found.st_blocks * 512 >= found.st_size > 200_000

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StoreError, match="is full"), disk_errors(tmp_path):
        create(tmp_path / FILE, (1000, 100))

    def unknown(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", unknown)
    assert create(tmp_path / FILE, (10, 10)).shape == (10, 10)


# Extraction


@pytest.mark.parametrize("pool", [0, 150])
def test_the_stored_features_are_those_computed_directly(
    frozen: Callable[..., list[Experiment]], store: Store, pool: int
) -> None:
    (one,) = frozen(f"split.pool={pool}")
    found, step = extracted(one, store)
    data = step.dataset.read(Context(store))
    n = len(data.ids)
    assert found.shape == (n, WIDTH)
    direct = raw(data.inputs)
    part = direct[list(data.part("pool"))]
    assert len(part) == (pool or n - 130)
    deviation = part.std(0)
    assert deviation[-1] < 1e-6 < deviation[:-1].min()
    deviation[-1] = 1  # the feature that never changes
    expected = (direct - part.mean(0)) / deviation
    np.testing.assert_allclose(found, expected, atol=2e-3, rtol=1e-3)  # float16
    of_pool = found[list(data.part("pool"))].astype(np.float64)
    np.testing.assert_allclose(of_pool.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(of_pool.std(0)[:-1], 1, atol=1e-3)
    assert not found[:, -1].any()
    assert abs(found[: one.split.test].astype(np.float64).mean(0)).max() > 0.01, "test has moments of its own"
    assert json.loads((store.open(step.key) / "notes.json").read_text()) == []
    assert sorted(path.name for path in store.open(step.key).iterdir()) == [
        FILE,
        "manifest.json",
        "moments.safetensors",
        "notes.json",
    ]


@pytest.mark.parametrize("share", ["some", "all"])
def test_features_that_are_no_numbers_are_refused(
    frozen: Callable[..., list[Experiment]], store: Store, monkeypatch: pytest.MonkeyPatch, share: str
) -> None:
    """Else a solver would take them for an optimum, or Adam be told to take smaller steps."""
    (one,) = frozen("task.n=1500")
    step = features_of(one)
    plain = type(step.extractor).build

    def build(*arguments: Any, **options: Any) -> Any:
        network = plain(*arguments, **options)
        direct = network.forward

        def forward(x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = direct(x)
            found[: 3 if share == "some" else None, 1] = torch.nan
            found[0, 1] = torch.inf
            return found

        network.forward = forward
        return network

    monkeypatch.setattr(type(step.extractor), "build", build)
    n = {"some": "9 of 1,500", "all": "512 of 512"}[share]  # batches of 512: three rows of each, or all of the first
    with pytest.raises(StepFailed, match=f"frozen-toy gives features that are not finite numbers for {n} rows"):
        extracted(one, store)
    assert not store.has(step.key)


def test_more_rows_than_are_standardised_at_a_time(frozen: Callable[..., list[Experiment]], store: Store) -> None:
    n = 2 * CHUNK + 300
    (one,) = frozen(f"task.n={n}")
    found, step = extracted(one, store)
    data = step.dataset.read(Context(store))
    direct, pool = raw(data.inputs), list(data.part("pool"))
    assert len(found) > 2 * CHUNK
    assert len(pool) > 2 * CHUNK
    expected = (direct - direct[pool].mean(0)) / np.append(direct[pool].std(0)[:-1], 1)
    np.testing.assert_allclose(found, expected, atol=2e-3, rtol=1e-3)


class Moved:
    """The toy task with other inputs in some rows."""

    name = "toy"
    kind: Kind = "classification"

    def __init__(self, ids: set[str]) -> None:
        self.ids = ids

    def identity(self) -> dict[str, Any]:
        return {"name": "moved", "ids": sorted(self.ids)}

    def load(self) -> Examples:
        examples = Toy(n=400).load()
        rows = [i for i, name in enumerate(examples.ids) if name in self.ids]
        assert len(rows) == len(self.ids)
        examples.inputs[rows] = 100 * examples.inputs[rows] + 50
        return examples


@pytest.mark.parametrize("part", ["test", "validation", "pool"])
def test_rows_of_test_and_validation_play_no_part_in_others_features(
    frozen: Callable[..., list[Experiment]], tmp_path: Path, part: str
) -> None:
    (one,) = frozen("split.pool=150")
    before, step = extracted(replace(one, task=Moved(set())), Store(tmp_path / "before"))
    data = step.dataset.read(Context(Store(tmp_path / "before")))
    moved = Moved({data.ids[row] for row in data.part(part)})
    after, other = extracted(replace(one, task=moved), Store(tmp_path / "after"))
    assert other.dataset.read(Context(Store(tmp_path / "after"))).ids == data.ids
    for name in ("test", "validation", "pool"):
        rows = list(data.part(name))
        if part == "pool":
            assert not np.array_equal(after[rows], before[rows])
        else:
            assert np.array_equal(after[rows], before[rows]) == (name != part)


@pytest.mark.parametrize("part", ["test", "validation"])
def test_inputs_of_test_and_validation_do_not_reach_the_weights(
    frozen: Callable[..., list[Experiment]], tmp_path: Path, part: str
) -> None:
    """Nobody may learn from them, be it by way of the moments."""
    (one,) = frozen("split.pool=150")

    def weights(task: Moved, root: Path) -> tuple[list[bytes], set[str]]:
        store, moving = Store(root), replace(one, task=task)
        assert not run_experiments([moving], store).failures
        result = experiment.run(moving, Steps())
        trained = [step for step in walk_unique(result) if isinstance(step, Trained)]
        data = result.student.split.dataset.read(Context(store))
        files = [(store.open(step.key) / "model.safetensors").read_bytes() for step in trained]
        return files, {data.ids[row] for row in data.part(part)}

    before, ids = weights(Moved(set()), tmp_path / "before")
    assert len(before) == 3
    assert weights(Moved(ids), tmp_path / "after")[0] == before


# Sharing


def test_seeds_and_methods_share_one_extraction(frozen: Callable[..., list[Experiment]], store: Store) -> None:
    experiments = [*frozen(seeds=[0, 1]), *frozen("strong.train.epochs=3", "strong.train.learning_rate=0.1")]
    plan = make_plan(experiments, cached=set())
    kinds = Counter(step.name for step in plan.steps.values())
    assert kinds["features"] == kinds["examples"] == 1
    assert kinds["split"] == 2
    assert kinds["finetune"] == 2 + 2 * 3  # two supervisors; students and ceilings
    keys = {features_of(one).key for one in experiments}
    assert len(keys) == 1
    assert not run_experiments(experiments, store).failures
    assert [manifest.step for manifest in store.manifests()].count("features") == 1
    (key,) = keys
    for step in plan.steps.values():
        needs = {needed.key for needed in step.inputs().values()}
        frozen_model = isinstance(step, TrainedHead)
        assert (key in needs) == frozen_model
        assert frozen_model <= (step.work == 0), "a head on stored features costs next to nothing"


def test_what_makes_other_features_has_another_key(
    frozen: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model]
) -> None:
    (one,) = frozen()
    keys = [features_of(one).key]
    keys += [features_of(frozen(setting)[0]).key for setting in ("task.seed=1", "split.seed=1", "split.pool=150")]
    keys.append(features_of(replace(one, strong=replace(one.strong, model=frozen_toy(view=2)))).key)
    assert len(set(keys)) == 5


# Heads


@pytest.mark.parametrize("role", ["student", "ceiling"])
def test_a_head_learns_and_answers_from_stored_features(
    frozen: Callable[..., list[Experiment]], store: Store, role: str
) -> None:
    (one,) = frozen("train.epochs=10")
    assert not run_experiments([one], store).failures
    result = experiment.run(one, Steps())
    scored, context = getattr(result, role), Context(store)
    step = scored.by
    network = step.network(context, step.part.kind(context))
    assert isinstance(network, Probe)
    data, test = step.part.split.read(context), step.part.split.part("test")
    found = load_file(store.open(scored.key) / "predictions.safetensors")
    values = torch.from_numpy(step.frozen.read(context)[data.rows(test)].astype(np.float32))
    with torch.inference_mode():
        direct = network(values).softmax(-1).argmax(-1).numpy()
    np.testing.assert_array_equal(found["predicted"], direct)
    np.testing.assert_array_equal(found["truth"], data.known_truth(test))
    rows = Arrays(step.frozen.read(context)[data.rows(test)])
    new = NewRows(inputs=test.values(context), output=data.output)
    np.testing.assert_allclose(step.answers(context, new), step.answers(context, test), atol=2e-3)
    np.testing.assert_array_equal(predict(network, rows, machine=context.machine).argmax(1), direct)
    if role == "ceiling":
        assert (direct == found["truth"]).mean() > 0.7


def test_heads_of_a_seed_begin_alike_and_score_pairs_candidate_by_candidate() -> None:
    classes, pairs = (Output(kind=kind, n_classes=2) for kind in ("classification", "preference"))
    one, other, third = (Probe(5, classes, seed=seed).head.weight for seed in (0, 0, 1))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
    reward = Probe(5, pairs, seed=0)
    assert reward.head.bias is None
    features = torch.randn(7, 2, 5, generator=torch.Generator().manual_seed(0)).half()
    logits = reward(features)
    assert logits.shape == (7, 2)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(reward(features.flip(1)), logits.flip(1))
