"""The steps an experiment is made of, as references whose keys are known before anything is computed.

`Steps` only describes: each call returns a `Step` that knows its key, its inputs, and how to compute itself into a
folder. So one function serves a direct call, a dry run, and a sweep, in which equal steps are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from outgrow.config import Experiment, Role, SplitSpec, TrainSpec
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.steps.base import Step, Write, walk_unique
from outgrow.steps.data import Dataset, Features, Part, Split
from outgrow.steps.predictors import Adapted, Given, Predictor, Prompted, Trained, Untrained
from outgrow.steps.scores import Comparison, Labels, Scored
from outgrow.tasks.base import Task

__all__ = [
    "Adapted", "Comparison", "Dataset", "Features", "Given", "Labels", "Part", "Predictor", "Prompted", "Scored",
    "Split", "Step", "Steps", "Trained", "Untrained", "Write", "walk_unique",
]  # fmt: skip

S = TypeVar("S")


class Steps:
    """Describes steps; equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def split(self, task: Task, split: SplitSpec, *, seed: int) -> Split:
        """The four disjoint parts of a task's examples."""
        aside = (split.test, split.validation, split.pool, split.seed, split.supervisor, split.transfer)
        dataset = self._once(("dataset", task, aside), lambda: Dataset(task=task, split=split))
        return self._once(("split", dataset, seed), lambda: Split(dataset=dataset, seed=seed))

    def finetune(
        self,
        role: Role,
        part: Part,
        *,
        seed: int,
        labels: Labels | None = None,
        method: Method | None = None,
        start: Adapted | None = None,
    ) -> Trained:
        """Fine-tune a role's model on a part: on ground truth, or on weak labels by a method's targets and loss.

        Args:
            start: weights of a generative fine-tuning to begin from.
        """
        dataset = part.split.dataset

        def make() -> Trained:
            frozen = None
            if role.model.extractor() is not None:
                frozen = self._once(
                    ("features", role.model, dataset, start),
                    lambda: Features(model=role.model, dataset=dataset, start=start),
                )
            return Trained(
                model=role.model, role=role, part=part, labels=labels, method=method, seed=seed, start=start,
                frozen=frozen,
            )  # fmt: skip

        return self._once(("finetune", role, _where(part), labels, method, seed, start), make)

    def adapt(self, model: Model, train: TrainSpec, part: Part, *, seed: int) -> Adapted:
        """Fine-tune a language model to continue a part's inputs, labels ignored."""
        return self._once(
            ("adapt", model, train, _where(part), seed),
            lambda: Adapted(model=model, train=train, part=part, seed=seed),
        )

    def prompt(self, model: Model, part: Part, *, shots: int, seed: int, labels: Labels | None = None) -> Prompted:
        """A language model with some examples of a part in its prompt: with weak labels, or with ground truth."""
        return self._once(
            ("prompt", model, _where(part), labels, shots, seed),
            lambda: Prompted(model=model, part=part, labels=labels, shots=shots, seed=seed),
        )

    def given(self, model: Model, split: Split) -> Given:
        """Labels that come from outside."""
        return self._once(("given", model, split), lambda: Given(model=model, split=split))

    def untrained(self, model: Model) -> Untrained:
        """A pretrained model as it is."""
        return self._once(("untrained", model), lambda: Untrained(model=model))

    def predict(self, model: Predictor, part: Part) -> Labels:
        """A predictor's answers on a part."""
        return self._once(("predict", model, _where(part)), lambda: Labels(model=model, part=part))

    def score(self, model: Predictor, split: Split) -> Scored:
        """A predictor's answers to the test examples."""
        return self._once(("score", model, split), lambda: Scored(model=model, split=split))

    def compare(
        self,
        experiment: Experiment,
        *,
        weak: Predictor,
        student: Predictor,
        ceiling: Predictor,
        labels: Labels,
        split: Split,
    ) -> Comparison:
        """Scores of all roles on `test`, PGR, agreement."""
        zero_shot = experiment.method.zero_shot(self, experiment.strong, split, task=experiment.task.name)
        return Comparison(
            experiment=experiment,
            weak=self.score(weak, split),
            student=self.score(student, split),
            ceiling=self.score(ceiling, split),
            zero_shot=self.score(zero_shot, split) if zero_shot else None,
            labels=labels,
        )

    def _once(self, call: Hashable, make: Callable[[], S]) -> S:
        found = self._known.get(call)
        if found is None:
            found = self._known[call] = make()
        return found


def _where(part: Part) -> Hashable:
    return part.split, part.name, part.start, part.size
