"""Ground truth reaches the weights it may: `supervisor` the supervisor, `transfer` the ceiling, the rest none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outgrow import experiment
from outgrow.config import Experiment, SplitSpec
from outgrow.splits import split
from outgrow.steps import Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.tasks.base import Examples, Kind
from outgrow.tasks.toy import Toy


class Altered:
    """The toy task with the ground truth of one part turned round; which rows are in which part stays the same."""

    name = "toy"
    kind: Kind = "classification"

    def __init__(self, part: str | None, spec: SplitSpec) -> None:
        self.part, self.spec = part, spec

    def identity(self) -> dict[str, Any]:
        return {"name": "toy", "altered": self.part}

    def load(self) -> Examples:
        examples = Toy(n=400).load()
        if self.part:
            rows = split(examples, self.spec, seed=0)[self.part]
            examples.labels[rows] = 1 - examples.labels[rows]
        return examples


def weights(experiments: list[Experiment], part: str | None, root: Path) -> dict[str, bytes]:
    """By what was trained: the weights file."""
    store = Store(root)
    task = Altered(part, experiments[0].split)
    experiments = [replace(one, task=task) for one in experiments]
    assert not run_experiments(experiments, store).failures
    steps = Steps()
    found: dict[str, bytes] = {}
    for one in experiments:
        result = experiment.run(one, steps)
        for step in walk_unique(result):
            if isinstance(step, Trained):
                role = "ceiling" if step.key == result.ceiling.model.key else "student" if step.labels else "weak"  # type: ignore[union-attr]
                name = f"{role} {step.title} {step.part.identity()}"
                found[name] = (store.open(step.key) / "model.safetensors").read_bytes()
    return found


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leakage")


@pytest.mark.parametrize(
    ("part", "changed"),
    [("test", set()), ("validation", set()), ("transfer", {"ceiling"}), ("supervisor", {"weak", "student"})],
)
def test_ground_truth_of_a_part_changes_these_weights_alone(
    toy: Callable[..., list[Experiment]], roots: Path, part: str, changed: set[str]
) -> None:
    experiments = toy('sweep.method.name=["naive", "confidence", "bootstrapping"]')
    before = weights(experiments, None, roots / "before")
    after = weights(experiments, part, roots / part)
    assert before.keys() == after.keys()
    assert len(before) == 1 + 1 + 2 + 3  # weak, ceiling, two students, three links of a chain
    assert all((before[name] != after[name]) == (name.split()[0] in changed) for name in before)
