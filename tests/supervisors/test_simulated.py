"""Supervisors with known errors: each errs where it says, at its rate, and by seed and row id alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError, DataError
from outgrow.experiment import Experiment, check
from outgrow.learning.simulable import first_features
from outgrow.learning.synthetic import Seen
from outgrow.models.base import Model, models
from outgrow.report.teachers import kind_of, labelled
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.steps import Context, Disturbed, Labels, Simulated, Steps
from outgrow.store import Store
from outgrow.supervisors.adversarial import Adversarial
from outgrow.supervisors.base import supervisors
from outgrow.supervisors.bases.simulated import SimulatedSupervisor
from outgrow.supervisors.class_conditional import ClassConditional
from outgrow.supervisors.feature_dependent import FeatureDependent
from outgrow.supervisors.longest import Longest
from outgrow.supervisors.mixed import Mixed
from outgrow.supervisors.noisy import Noisy
from outgrow.supervisors.random import Random
from outgrow.supervisors.simulable import Simulable
from outgrow.supervisors.spurious import Spurious
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Output

N, TRANSFER = 6_000, 4_000
SUPERVISORS: list[Any] = [
    entry.value for entry in supervisors
    if isinstance(entry.value, type) and issubclass(entry.value, SimulatedSupervisor)
]  # fmt: skip


@pytest.fixture(autouse=True)
def frozen_toys(frozen_toy: Callable[..., Model], added: Any) -> None:
    added(models, "frozen-toy", frozen_toy)


def seen(*, classes: int = 2, pairs: bool = False, texts: bool = True, seed: int = 0, n: int = N) -> Seen:
    """Rows with two texts or one, features that tell the class, and a judge."""
    rng = np.random.default_rng(7)
    truth = rng.choice(classes, n, p=[0.6, *[0.4 / (classes - 1)] * (classes - 1)])
    shape = (n, 2) if pairs else (n,)
    words = np.array([f"{'red ' if coin else ''}{'x' * k}" for coin, k in
                      zip(rng.random(shape).reshape(-1) < 0.4, rng.integers(1, 60, shape).reshape(-1), strict=True)],
                     dtype=object).reshape(shape)  # fmt: skip
    features = rng.standard_normal((*shape, 24)).astype(np.float32)
    if pairs:
        features[:, 1] += 0.6 * (2 * truth - 1)[:, None]
    else:
        features += 0.5 * rng.standard_normal((classes, 24))[truth]
    answers = rng.dirichlet(np.ones(classes), n) + np.eye(classes)[truth]
    lesson = features[4_000:], truth[4_000:], [str(i) for i in range(n - 4_000)]
    output = Output(kind="preference" if pairs else "classification", n_classes=classes)
    return Seen(
        ids=[f"row {i}" for i in range(n)], inputs=words if texts else features, truth=truth, output=output,
        transfer=TRANSFER, seed=seed, answers=answers / 2, features=features if texts else None, lesson=lesson,
    )  # fmt: skip


def every(rate: float = 0.1, *, soft: bool = False) -> list[Any]:
    """Each of them; the model that some look through is not asked for where features are given."""
    found = []
    for one in SUPERVISORS:
        needs = any(field.name == "of" and field.default is dataclasses.MISSING for field in dataclasses.fields(one))
        found.append(one(rate=rate, soft=soft, **({"of": Random()} if needs else {})))
    return found


def test_all_are_here() -> None:
    names = {one.name for one in SUPERVISORS}
    assert names == {
        "random", "class_conditional", "feature_dependent", "spurious", "adversarial", "longest", "mixed", "simulable",
    }  # fmt: skip
    assert all(one.simulated for one in SUPERVISORS)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("rate", [0.05, 0.15])
def test_structures_have_the_same_error_rate(classes: int, pairs: bool, rate: float) -> None:
    if pairs and classes > 2:
        return
    look, found = seen(classes=classes, pairs=pairs), {}
    for one in every(rate):
        if one.name in ("simulable", "mixed") and (classes > 2 or rate < 0.1):
            continue  # features that tell enough would have to be made for these
        if one.name == "class_conditional" and classes > 2:
            one = ClassConditional(rate=rate, towards=0)
        said, notes = one.say(look)
        assert said.shape == (N, classes)
        assert (said.sum(1) == 1).all()
        wrong = said.argmax(1) != look.truth
        found[one.name] = wrong[:TRANSFER].mean(), wrong[TRANSFER:].mean()
        assert f"{wrong[:TRANSFER].sum():,} of 4,000 of its labels of transfer are wrong" in notes[0]
        assert notes[0].startswith("simulated supervisor")
    assert len(found) >= 6
    for name, (transfer, rest) in found.items():
        exact = name in ("longest", "adversarial")
        loose = 0.03 if name in ("simulable", "mixed") else 0.015
        assert abs(transfer - rate) < (1e-3 if exact else loose), name
        assert abs(rest - rate) < max(loose, 0.025), name


@pytest.mark.parametrize("one", every(), ids=lambda one: one.name)
def test_what_is_said_of_a_row_depends_on_its_id_and_not_on_its_place(one: Any) -> None:
    look = seen()
    first = one.say(look)[0]
    order = np.concatenate([np.random.default_rng(3).permutation(TRANSFER), np.arange(TRANSFER, N)])
    moved = dataclasses.replace(
        look, ids=[look.ids[i] for i in order], inputs=look.inputs[order], truth=look.truth[order],
        answers=None if look.answers is None else look.answers[order],
        features=None if look.features is None else look.features[order],
    )  # fmt: skip
    assert (one.say(moved)[0] == first[order]).all()
    again = one.say(dataclasses.replace(look, seed=1))[0]
    fixed = one.name in ("simulable", "adversarial")  # of texts that are equally long, some are drawn
    assert (again == first).all() if fixed else (again != first).any()


@pytest.mark.parametrize("one", every(), ids=lambda one: one.name)
def test_the_truth_of_other_parts_changes_no_label_of_transfer(one: Any) -> None:
    look = seen()
    turned = np.where(np.arange(N) < TRANSFER, look.truth, 1 - look.truth)
    first, after = one.say(look)[0], one.say(dataclasses.replace(look, truth=turned))[0]
    assert (first[:TRANSFER] == after[:TRANSFER]).all()
    rests = one.name not in ("simulable", "mixed")  # which label what they see
    assert (first[TRANSFER:] != after[TRANSFER:]).any() == rests


@pytest.mark.parametrize("one", every(0.15, soft=True), ids=lambda one: one.name)
def test_soft_labels_are_as_sure_as_they_are_right(one: Any) -> None:
    look = seen()
    said = one.say(look)[0]
    np.testing.assert_allclose(said.sum(1), 1, rtol=1e-6)
    assert said.max() < 1 or one.name == "class_conditional"  # of which a label that nobody else gets is sure
    loose = 0.05 if one.name == "simulable" else 0.02
    assert abs(said.max(1).mean() - (said.argmax(1) == look.truth).mean()) < loose


def test_a_confusion_matrix_is_met_and_scaled() -> None:
    look = seen(classes=3, n=N)
    matrix = ((0.9, 0.1, 0.0), (0.2, 0.7, 0.1), (0.0, 0.3, 0.7))
    labels = ClassConditional(confusion=matrix).say(look)[0].argmax(1)
    met = np.array([np.bincount(labels[look.truth == k], minlength=3) / (look.truth == k).sum() for k in range(3)])
    np.testing.assert_allclose(met, matrix, atol=0.04)
    scaled = ClassConditional(confusion=matrix, rate=0.05).say(look)[0].argmax(1) != look.truth
    assert abs(scaled.mean() - 0.05) < 0.01
    soft = ClassConditional(confusion=matrix, soft=True).say(look)[0]
    for k in range(3):
        np.testing.assert_allclose(soft[:, k].mean(), (look.truth == k).mean(), atol=0.02)
    one_way = ClassConditional().say(look)[0].argmax(1)
    assert set(one_way[one_way != look.truth]) == {2}
    with pytest.raises(ConfigError, match=r"a row is \[0.9, 0.2\]"):
        ClassConditional(confusion=((0.9, 0.2), (0.0, 1.0)))
    with pytest.raises(DataError, match="is for 2 classes, and the task has 3"):
        ClassConditional(confusion=((0.9, 0.1), (0.0, 1.0))).say(look)
    with pytest.raises(DataError, match=r"with such errors it can be 0\.\d+ at most"):
        ClassConditional(rate=0.9).say(look)


def test_errors_are_where_the_structure_says() -> None:
    look = seen()
    assert look.answers is not None
    lengths = np.array([len(text) for text in look.inputs])

    def wrong(one: Any) -> np.ndarray:
        return np.asarray(one.say(look)[0].argmax(1) != look.truth)

    assert lengths[wrong(Longest())].min() >= lengths[~wrong(Longest())].max()
    assert lengths[wrong(Longest(order="shortest"))].max() <= lengths[~wrong(Longest(order="shortest"))].min()
    of = Random()
    of_truth = look.answers[np.arange(N), look.truth]
    right = look.answers.argmax(1) == look.truth
    worst = wrong(Adversarial(of=of))
    assert right[worst].all()
    assert of_truth[worst].min() > of_truth[~worst].max()
    unsure = wrong(Adversarial(of=of, where="unsurest"))
    assert of_truth[unsure].max() < of_truth[~unsure].min()
    red = np.array(["red" in text for text in look.inputs])
    misled = wrong(Spurious(cue="word", word="red"))
    assert (red[misled] != (look.truth[misled] == 1)).all()
    repeated = Spurious(cue="word", word="red", rate=0).say(look)[0].argmax(1)
    assert (repeated == red).all(), "without a rate it says what the cue says"
    region = wrong(FeatureDependent(rate=0.2, region=0.2))
    direction = np.random.default_rng(0).standard_normal(24)
    out = look.numbers() @ direction
    assert out[region].min() >= out[~region].max()


def test_a_cue_misleads_no_more_than_it_can() -> None:
    with pytest.raises(
        DataError, match=r"weak\.rate = 0\.9: the cue 'length' misleads on fewer rows, a share of 0\.\d"
    ):
        Spurious(rate=0.9).say(seen())
    with pytest.raises(ConfigError, match="set a word for cue"):
        Spurious(cue="word")
    with pytest.raises(ConfigError, match="the errors must fit into the region"):
        FeatureDependent(rate=0.5, region=0.2)


@pytest.mark.parametrize("pairs", [False, True])
def test_a_head_on_the_first_features_sees_no_others(pairs: bool) -> None:
    look = seen(pairs=pairs)
    of = Random()
    said = Simulable(of=of, k=3).say(look)[0]
    assert look.features is not None
    assert look.lesson is not None
    noise = look.features.copy()
    noise[..., 3:] = 0
    other = look.lesson[0].copy()
    other[..., 3:] = 5
    again = Simulable(of=of, k=3).say(dataclasses.replace(look, features=noise, lesson=(other, *look.lesson[1:])))[0]
    assert (said == again).all()
    with pytest.raises(DataError, match=r"weak\.k = 25: there are 24 features"):
        Simulable(of=of, k=25).say(look)
    with pytest.raises(DataError, match="the head alone errs on"):
        Mixed(of=of, k=1, rate=0.05).say(look)


def test_the_head_is_scikit_learns() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    look = seen(classes=3)
    assert look.lesson is not None
    assert look.features is not None
    x, y, _ = look.lesson
    for classes in (2, 3):
        truth = y % classes
        found = first_features(x, truth, look.features, 6, Output(kind="classification", n_classes=classes))
        theirs = linear.LogisticRegression(tol=1e-8, max_iter=1_000).fit(x[:, :6], truth)
        np.testing.assert_allclose(found, theirs.predict_proba(look.features[:, :6]), atol=5e-3)


def one_of(document: dict[str, Any], weak: dict[str, Any]) -> Experiment:
    document = {**document, "weak": weak, "method": "naive", "strong": {"model": "frozen-toy"}}
    document.pop("sweep", None)
    (one,) = expand(document, name="simulated")
    return one


@pytest.mark.parametrize(
    "weak",
    [
        {"model": "random", "rate": 0.2},
        {"model": "class_conditional", "confusion": [[0.9, 0.1], [0.3, 0.7]]},
        {"model": "feature_dependent"},
        {"model": "spurious", "cue": "feature", "of": "frozen-toy"},
        {"model": "adversarial", "of": {"model": "frozen-toy", "train": {"epochs": 5}}},
        {"model": "simulable", "of": "frozen-toy", "k": 10},
        {"model": "mixed", "of": "frozen-toy", "k": 14, "rate": 0.45},
        {"model": "noisy", "of": "toy-s", "rate": 0.2},
    ],
    ids=lambda weak: weak["model"],
)
def test_an_experiment_with_one_runs_and_says_so(document: dict[str, Any], store: Store, weak: dict[str, Any]) -> None:
    one = one_of(document, weak)
    assert read(to_toml(one), name=one.name) == one
    assert one.weak.simulated
    assert not run_experiments([one], store).failures
    (record,) = read_records(store)
    assert record.row.weak == one.weak.label
    assert any("simulated supervisor" in note or "errors were injected" in note for note in record.notes)
    groups = pool(store, [record])
    assert kind_of(groups[0]) == "simulated"
    assert "simulated supervisor" in labelled(groups)
    assert one.weak.label.startswith("simulated ") or "injected errors" in one.weak.label


def test_injected_errors_change_so_many_labels_and_no_others(document: dict[str, Any], store: Store) -> None:
    plain, noisy = (
        one_of(document, {"model": "toy-s"}),
        one_of(document, {"model": "noisy", "of": "toy-s", "rate": 0.3}),
    )
    assert not run_experiments([plain, noisy], store).failures
    steps, context = Steps(), Context(store)
    labels: list[np.ndarray] = []
    for one in (plain, noisy):
        found = experiment.run(one, steps).labels
        assert isinstance(found, Labels)
        labels.append(found.read(context).mean())
    swapped = (labels[0] != labels[1]).any(1)
    assert (labels[1][swapped] == labels[0][swapped][:, ::-1]).all()
    assert 0.15 < swapped.mean() < 0.45
    by = experiment.run(noisy, steps).weak.by
    assert isinstance(by, Disturbed)
    assert by.cost == experiment.run(plain, steps).weak.by.cost


def test_in_an_ensemble_errors_are_drawn_apart(document: dict[str, Any], store: Store) -> None:
    members: list[Any] = [{"model": "random", "rate": 0.3}, {"model": "random", "rate": 0.4}, "random"]
    one = one_of(document, {"model": "ensemble", "members": members})
    assert one.weak.simulated
    by = experiment.run(one, Steps()).weak.by
    seeds = [step.seed for step in by.inputs().values() if isinstance(step, Simulated)]
    assert len(set(seeds)) == 3


def test_texts_without_a_model_are_told_before_anything_is_trained(document: dict[str, Any], store: Store) -> None:
    with pytest.raises(DataError, match="goes by length needs texts"):
        run_experiments([one_of(document, {"model": "longest"})], store)
    assert not store.has(experiment.run(one_of(document, {"model": "toy-s"}), Steps()).ceiling.by.key)


@pytest.mark.parametrize("weak", [*every(), Noisy(of=Random())], ids=lambda one: one.name)
def test_generation_is_refused_with_the_reason(document: dict[str, Any], weak: Any) -> None:
    one = one_of(document, {"model": "random"})
    model = SimpleNamespace(name="says", label="says", cost=1e9, kinds={"generation"}, extractor=lambda: None)
    strong = SimpleNamespace(model=model, train=one.strong.train)
    task = SimpleNamespace(name="sums", kind="generation")
    teaching = SimpleNamespace(task=task, split=one.split, weak=weak, strong=strong, method=one.method, ladder=())
    with pytest.raises(ConfigError, match="cannot label generation tasks such as 'sums', only classification, pref"):
        check(cast(Any, teaching))


def test_a_model_that_cannot_be_frozen_is_told(document: dict[str, Any]) -> None:
    one = one_of(document, {"model": "simulable", "of": "toy-s"})
    with pytest.raises(ConfigError, match="'toy-s' has no frozen features"):
        experiment.run(one, Steps())


def test_random_is_what_it_says() -> None:
    look = seen(classes=4)
    labels = Random(rate=0.3).say(look)[0].argmax(1)
    wrong = labels != look.truth
    away = (labels[wrong] - look.truth[wrong]) % 4
    np.testing.assert_allclose(np.bincount(away, minlength=4)[1:] / wrong.sum(), 1 / 3, atol=0.04)


def test_another_tasks_test_is_refused_and_the_task_itself_is_not(document: dict[str, Any], store: Store) -> None:
    document |= {"shift": {"name": "toy", "n": 400, "seed": 1, "test": 50}, "weak": {"model": "random"}}
    document.pop("sweep")
    made = expand(document, name="simulated")
    assert [one.shift is not None for one in made] == [False, True]
    swept = run_experiments(made, store)
    (failure,) = {str(error) for error in swept.failures.values()}
    assert "another task's test has no such part: leave [shift] out" in failure
    assert sum(not record.failure for record in swept.records) == 1
