"""Ground truth reaches the weights it may: `supervisor` the supervisor, `transfer` the ceiling, the rest none.

A simulated supervisor is shown the truth of what it labels, so that of `transfer` reaches its student by its labels.

With early stopping (`keep = "best"`), ground truth of `validation` chooses among the weights of trainings on ground
truth, and of no others. Ground truth of `test` never chooses anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from truths import truth_of

from outgrow import experiment
from outgrow.experiment import Experiment
from outgrow.models.base import Model
from outgrow.spec import canonical
from outgrow.specs import SplitSpec
from outgrow.steps import Context, Features, Labels, Steps, Trained, walk_unique
from outgrow.steps.draw import DRAWN, draw
from outgrow.steps.examples import read_examples, set_aside, write_examples
from outgrow.store import Store
from outgrow.supervisors.adversarial import Adversarial
from outgrow.supervisors.base import Supervisor, TrainedModel
from outgrow.supervisors.bases.simulated import SimulatedSupervisor
from outgrow.supervisors.class_conditional import ClassConditional
from outgrow.supervisors.feature_dependent import FeatureDependent
from outgrow.supervisors.label_file import LabelFile
from outgrow.supervisors.noisy import Noisy
from outgrow.supervisors.random import Random
from outgrow.supervisors.simulable import Simulable
from outgrow.supervisors.spurious import Spurious
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples, Kind
from outgrow.tasks.toy import Toy

METHODS = 'sweep.method.name=["naive", "confidence", "bootstrapping"]'
LONG = "train.epochs=4", "train.evaluations=8", "train.learning_rate=0.1"  # so that the last look is not the best


def rows_of(part: str, examples: Examples, spec: SplitSpec, folder: Path) -> np.ndarray:
    """Which of a task's rows are in a part of seed 0; `rest` are those of the pool that nobody drew."""
    aside = set_aside(examples, spec)
    folder.mkdir(parents=True, exist_ok=True)
    write_examples(examples, aside, "classification", folder)
    order = np.concatenate(list(aside.values()))
    drawn = {name: order[rows] for name, rows in draw(read_examples(folder), spec, seed=0).items()}
    rest = np.setdiff1d(aside["pool"], np.concatenate([drawn[name] for name in DRAWN]))
    found: dict[str, np.ndarray] = {**aside, **drawn, "rest": rest}
    return found[part]


class Altered:
    """The toy task with the ground truth of some rows turned round; which rows are in which part stays the same."""

    name = "toy"
    kind: Kind = "classification"

    def __init__(self, part: str | None, rows: np.ndarray) -> None:
        self.part, self.rows = part, rows

    def identity(self) -> dict[str, Any]:
        return {"name": "toy", "altered": self.part}

    def load(self) -> Examples:
        examples = Toy(n=400).load()
        truth_of(examples)[self.rows] = 1 - truth_of(examples)[self.rows]
        return examples


def results(experiments: list[Experiment], part: str | None, root: Path) -> dict[str, bytes]:
    """By what was trained, extracted or labelled: the file, of all that test examples are answered by."""
    store = Store(root)
    spec = experiments[0].split
    rows = rows_of(part, Toy(n=400).load(), spec, root / "part") if part else np.array([], np.int64)
    experiments = [replace(one, task=Altered(part, rows)) for one in experiments]
    assert not run_experiments(experiments, store).failures
    steps, context = Steps(), Context(store)
    found: dict[str, bytes] = {}
    for one in experiments:
        result = experiment.run(one, steps)
        data = result.student.split.read(context)
        truth = Toy(n=400).load()
        before, turned = dict(zip(truth.ids, truth_of(truth), strict=True)), {truth.ids[row] for row in rows}
        assert {name for name, label in zip(data.ids, truth_of(data), strict=True) if label != before[name]} == turned
        for step in walk_unique(result):
            if isinstance(step, Trained):
                role = "ceiling" if step.key == result.ceiling.by.key else "student" if step.labels else "weak"
                name = f"{role} {step.title} {step.part.identity()}"
                found[name] = (store.open(step.key) / "model.safetensors").read_bytes()
            elif isinstance(step, Labels):
                found[f"labels {step.title}"] = (store.open(step.key) / "labels.safetensors").read_bytes()
            elif isinstance(step, Features):
                name = f"features {canonical(step.identity())}"
                found[name] = (store.open(step.key) / "features.safetensors").read_bytes()
    return found


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Roles of which anything differs."""
    assert before.keys() == after.keys()
    return {name.split()[0] for name in before if before[name] != after[name]}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leakage")


@pytest.mark.parametrize(
    ("part", "reached"),
    [
        ("test", set()),
        ("validation", set()),
        ("rest", set()),
        ("transfer", {"ceiling"}),
        ("supervisor", {"weak", "labels", "student"}),
    ],
)
def test_ground_truth_of_a_part_changes_these_weights_alone(
    toy: Callable[..., list[Experiment]], roots: Path, part: str, reached: set[str]
) -> None:
    experiments = toy(METHODS)
    before = results(experiments, None, roots / "before")
    after = results(experiments, part, roots / part)
    trained = [name for name in before if name.split()[0] != "labels"]
    assert len(trained) == 1 + 1 + 2 + 3  # weak, ceiling, two students, three links of a chain
    assert len(before) - len(trained) == 2 * (1 + 2)  # of the supervisor, of two links; on their rows and held-out ones
    assert changed(before, after) == reached
    assert all((before[name] != after[name]) == (name.split()[0] in reached) for name in trained)


@pytest.mark.parametrize(("part", "reached"), [("test", set()), ("rest", set()), ("validation", {"ceiling"})])
def test_early_stopping_goes_by_the_labels_trained_on(
    toy: Callable[..., list[Experiment]], roots: Path, part: str, reached: set[str]
) -> None:
    """Turned round, the validation examples choose other weights of the ceiling; the student goes by weak labels."""
    settings = METHODS, *LONG, "strong.train.keep=best"
    experiments = toy(*settings)
    before = results(experiments, None, roots / "best")
    assert changed(before, results(experiments, part, roots / f"best-{part}")) == reached
    last = results(toy(*settings, "strong.train.keep=last"), None, roots / "last")
    assert "student" in changed(before, last), "a choice that always takes the last tells nothing"


def test_an_oracle_sees_the_truth_of_validation_and_no_other(toy: Callable[..., list[Experiment]], roots: Path) -> None:
    settings = "method.name=naive", *LONG, "task.noise=0.3", "strong.train.keep=oracle"
    before = results(toy(*settings), None, roots / "oracle")
    assert changed(before, results(toy(*settings), "test", roots / "oracle-test")) == set()
    assert "student" in changed(before, results(toy(*settings), "validation", roots / "oracle-validation"))


def test_early_stopping_of_the_supervisor_goes_by_validation_alone(
    toy: Callable[..., list[Experiment]], roots: Path
) -> None:
    settings = "method.name=naive", *LONG, "weak.train.keep=best"
    before = results(toy(*settings), None, roots / "weak-best")
    assert changed(before, results(toy(*settings), "test", roots / "weak-best-test")) == set()
    assert "weak" in changed(before, results(toy(*settings), "validation", roots / "weak-best-validation"))


@pytest.mark.parametrize(
    ("part", "reached"),
    [
        ("test", set()),
        ("validation", set()),
        ("rest", set()),
        ("transfer", {"ceiling"}),
        ("supervisor", {"weak", "labels", "student"}),
    ],
)
def test_features_know_no_labels(
    toy: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model], roots: Path, part: str, reached: set[str]
) -> None:
    (one,) = toy("method.name=confidence", "split.pool=200")
    weak, strong = (
        replace(role, model=frozen_toy(view=view)) for role, view in ((one.weak.roles[0], 0), (one.strong, 3))
    )
    experiments = [replace(one, weak=TrainedModel(role=weak), strong=strong)]
    before = results(experiments, None, roots / "frozen")
    assert sum(name.startswith("features") for name in before) == 2
    assert changed(before, results(experiments, part, roots / f"frozen-{part}")) == reached


SHOWN = [Random(), ClassConditional(confusion=((0.9, 0.1), (0.3, 0.7))), FeatureDependent(), Spurious(cue="feature")]


@pytest.mark.parametrize("weak", SHOWN, ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("part", "reached"),
    [
        ("test", set()),
        ("rest", set()),
        ("supervisor", set()),
        ("validation", {"labels"}),
        ("transfer", {"ceiling", "labels", "student"}),
    ],
)
def test_a_simulated_supervisor_tells_of_the_truth_that_it_labels_alone(
    toy: Callable[..., list[Experiment]], roots: Path, weak: SimulatedSupervisor, part: str, reached: set[str]
) -> None:
    """It is shown the truth, which is what it is for: that of transfer reaches the student, and that of test nobody."""
    experiments = [replace(toy("method.name=confidence")[0], weak=weak)]
    before = results(experiments, None, roots / weak.name)
    assert changed(before, results(experiments, part, roots / f"{weak.name}-{part}")) == reached


def test_a_supervisor_with_a_judge_or_features_learns_from_the_truth_of_supervisor(
    toy: Callable[..., list[Experiment]], frozen_toy: Callable[..., Model], roots: Path
) -> None:
    (one,) = toy("method.name=confidence")
    of = TrainedModel(role=replace(one.strong, model=frozen_toy()))
    everything = {"ceiling", "labels", "student"}
    reaches: dict[str, dict[str, set[str]]] = {
        "adversarial": {"test": set(), "supervisor": {"weak", "labels", "student"}, "transfer": everything},
        "simulable": {"test": set(), "supervisor": {"labels", "student"}, "transfer": {"ceiling"}},
        "noisy": {"test": set(), "supervisor": {"weak", "labels", "student"}, "transfer": {"ceiling"}},
    }
    made: list[Supervisor] = [Adversarial(of=of), Simulable(of=of, k=10), Noisy(of=one.weak)]
    for weak in made:
        before = results([replace(one, weak=weak)], None, roots / f"of-{weak.name}")
        for part, reached in reaches[weak.name].items():
            after = results([replace(one, weak=weak)], part, roots / f"of-{weak.name}-{part}")
            assert changed(before, after) == reached, (weak.name, part)


def test_labels_out_of_a_file_for_validation_and_test_train_nobody(
    toy: Callable[..., list[Experiment]], tmp_path: Path
) -> None:
    """A file of labels has rows for `test` too, by which the weak score is measured: they must stay out of training."""
    (one,) = toy("method.name=confidence")
    examples = Toy(n=400).load()

    def run(part: str | None) -> tuple[bytes, np.ndarray]:
        said = truth_of(examples).copy()
        if part:
            rows = rows_of(part, examples, one.split, tmp_path / "part")
            said[rows] = 1 - said[rows]
        path = tmp_path / f"{part}.jsonl"
        lines = [json.dumps({"id": name, "label": int(label)}) for name, label in zip(examples.ids, said, strict=True)]
        path.write_text("\n".join(lines))
        store = Store(tmp_path / "store")
        labelled = replace(one, weak=LabelFile(path=str(path)))
        assert not run_experiments([labelled], store).failures
        result = experiment.run(labelled, Steps())
        student = store.open(result.student.by.key) / "model.safetensors"
        return student.read_bytes(), load_file(store.open(result.weak.key) / "predictions.safetensors")["predicted"]

    student, weak = run(None)
    for part in ("test", "validation", "transfer"):
        student_after, weak_after = run(part)
        assert (student_after != student) == (part == "transfer")
        assert (weak_after != weak).all() == (part == "test")


BUDGETED = ("gt_only", "weak_then_gt", "gt_mix", "trust", "forward_correction", "backward_correction")
N_KNOWN = 30


def results_of(name: str, turned: np.ndarray, root: Path, make: Callable[[str], Experiment]) -> dict[str, bytes]:
    """As `results`, of a method with a budget, where the truth of some of the toy task's rows is turned round."""
    store, one = Store(root), replace(make(name), task=Altered(f"{len(turned)} rows", turned))
    assert not run_experiments([one], store).failures
    result = experiment.run(one, Steps())
    steps = {"student": result.student.by, "ceiling": result.ceiling.by}
    return {role: (store.open(step.key) / "model.safetensors").read_bytes() for role, step in steps.items()}


@pytest.mark.parametrize("keep", ["last", "best"])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", BUDGETED)
def test_methods_with_a_budget_see_the_truth_of_its_rows_and_no_other(
    toy: Callable[..., list[Experiment]],
    frozen_toy: Callable[..., Model],
    tmp_path: Path,
    name: str,
    frozen: bool,
    keep: str,
) -> None:
    def make(name: str) -> Experiment:
        settings = f"n_ground_truth={N_KNOWN}", "baselines=false", f"strong.train.keep={keep}", "train.evaluations=4"
        (one,) = toy(f"method={name}", *settings)
        return replace(one, strong=replace(one.strong, model=frozen_toy(view=3))) if frozen else one

    examples, spec = Toy(n=400).load(), make(name).split
    rows = {part: rows_of(part, examples, spec, tmp_path / part) for part in ("transfer", "validation", "test", "rest")}
    inside, outside = rows["transfer"][:N_KNOWN], rows["transfer"][N_KNOWN:]
    hidden = np.concatenate([outside, rows["validation"], rows["test"], rows["rest"]])
    before = results_of(name, np.array([], np.int64), tmp_path / "before", make)
    scrambled = results_of(name, hidden, tmp_path / "hidden", make)
    assert scrambled["student"] == before["student"]
    assert scrambled["ceiling"] != before["ceiling"], "what was turned round is seen by the ceiling, which may"
    assert results_of(name, inside, tmp_path / "inside", make)["student"] != before["student"]
