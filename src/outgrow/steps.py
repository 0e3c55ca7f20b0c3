"""The steps an experiment is made of, as references whose keys are known before anything is computed.

`Steps` only describes: each call returns a `Step` that knows its key, its inputs, and how to compute itself into a
folder. So one function serves a direct call, a dry run, and a sweep, in which equal steps are one step.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from outgrow.config import Experiment, Role, SplitSpec
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.spec import digest, plain
from outgrow.tasks.base import Task

if TYPE_CHECKING:
    from outgrow.runtime import Context


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """A reference to a result: its key is the hash of the step's name, version, spec and its inputs' keys."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    def spec(self) -> dict[str, Any]:
        """What determines the result, besides the inputs."""
        raise NotImplementedError

    def inputs(self) -> dict[str, Step]:
        """The steps whose results this one needs."""
        raise NotImplementedError

    def compute(self, context: Context, folder: Path) -> None:
        """Write the result's files into `folder`."""
        raise NotImplementedError

    @property
    def work(self) -> float:
        """Multiply-accumulates it will cost, roughly; a training costs three forward passes a row."""
        return 0.0

    @property
    def title(self) -> str:
        """What to call it on screen."""
        return self.name

    @cached_property
    def key(self) -> str:
        """SHA-256, 64 hex digits."""
        return digest(
            {
                "step": self.name,
                "version": self.version,
                "spec": self.spec(),
                "inputs": {name: step.key for name, step in self.inputs().items()},
            }
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Split(Step):
    """A task's examples with the rows of each part."""

    name: ClassVar[str] = "split"
    task: Task
    split: SplitSpec
    seed: int

    def spec(self) -> dict[str, Any]:
        return {"task": plain(self.task), "split": plain(self.split), "seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        return {}

    @property
    def title(self) -> str:
        return f"split {self.task.name}"

    def part(self, name: str) -> Part:
        """One of `supervisor`, `transfer`, `validation`, `test`."""
        return Part(split=self, name=name, size=getattr(self.split, name))

    def compute(self, context: Context, folder: Path) -> None:
        import numpy as np
        from safetensors.numpy import save

        from outgrow.splits import split

        examples = context.examples(self.task)
        parts = split(examples, self.split, seed=self.seed)
        chosen = np.concatenate(list(parts.values()))
        arrays = {"inputs": np.ascontiguousarray(examples.inputs[chosen]), "labels": examples.labels[chosen]}
        if examples.difficulty is not None:
            arrays["difficulty"] = examples.difficulty[chosen]
        (folder / "examples.safetensors").write_bytes(save(arrays))
        facts = {
            "ids": [examples.ids[row] for row in chosen],
            "groups": [examples.groups[row] for row in chosen],
            "parts": {name: len(rows) for name, rows in parts.items()},
            "n_classes": examples.n_classes,
            "notes": examples.notes,
        }
        (folder / "split.json").write_text(json.dumps(facts))


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """Rows of a split: a part, or the piece from `start` to `stop` of it."""

    split: Split
    name: str
    size: int
    start: int = 0

    @property
    def stop(self) -> int:
        """End of the piece, exclusive, counted within the part."""
        return self.start + self.size

    def pieces(self, n: int) -> list[Part]:
        """`n` disjoint pieces of nearly equal size."""
        edges = [self.start + self.size * i // n for i in range(n + 1)]
        return [dataclasses.replace(self, start=a, size=b - a) for a, b in pairwise(edges)]

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "start": self.start, "stop": self.stop}


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels(Step):
    """A supervisor's probabilities on a part: weak labels."""

    name: ClassVar[str] = "label"
    model: Trained
    part: Part

    def spec(self) -> dict[str, Any]:
        return {"part": self.part.identity()}

    def inputs(self) -> dict[str, Step]:
        return {"model": self.model, "split": self.part.split}

    @property
    def supervisor_cost(self) -> float | None:
        """Cost of the supervisor's forward pass, None where it is no model."""
        return self.model.role.model.cost

    @property
    def title(self) -> str:
        return f"{self.model.role.model.name} labels {self.part.name}"

    @property
    def work(self) -> float:
        return self.model.role.model.cost * self.part.size

    def compute(self, context: Context, folder: Path) -> None:
        import numpy as np
        from safetensors.numpy import save

        from outgrow.predict import predict

        data = context.split(self.part.split)
        rows = data.rows(self.part)
        probabilities = predict(context.network(self.model), data.inputs[rows], device=context.device)
        small = np.float32 if data.n_classes <= 64 else np.float16
        (folder / "labels.safetensors").write_bytes(save({"probabilities": probabilities.astype(small)}))
        accuracy = float((probabilities.argmax(1) == data.labels[rows]).mean())
        (folder / "labels.json").write_text(json.dumps({"ids": [data.ids[row] for row in rows], "accuracy": accuracy}))


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained(Step):
    """A model fine-tuned on a part, with ground truth (`labels` None) or with weak labels."""

    name: ClassVar[str] = "finetune"
    role: Role
    part: Part
    labels: Labels | None
    method: Method | None
    seed: int

    def spec(self) -> dict[str, Any]:
        return {
            "model": plain(self.role.model),
            "train": plain(self.role.train),
            "part": self.part.identity(),
            "method": plain(self.method),
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        split: dict[str, Step] = {"split": self.part.split}
        return split | ({"labels": self.labels, "supervisor": self.labels.model} if self.labels else {})

    @property
    def title(self) -> str:
        teacher = "ground truth" if self.labels is None else f"labels of {self.labels.model.role.model.name}"
        how = f" ({self.method.label()})" if self.method else ""
        return f"train {self.role.model.name} on {teacher}{how}"

    @property
    def work(self) -> float:
        return 3 * self.role.model.cost * self.part.size * self.role.train.epochs

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.train import finetune

        finetune(self, context, folder)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scored(Step):
    """What a trained or an untouched pretrained model says about the test examples."""

    name: ClassVar[str] = "score"
    model: Trained | Model
    split: Split

    def spec(self) -> dict[str, Any]:
        return {} if isinstance(self.model, Trained) else {"model": plain(self.model)}

    def inputs(self) -> dict[str, Step]:
        return {"split": self.split} | ({"model": self.model} if isinstance(self.model, Trained) else {})

    @property
    def base(self) -> Model:
        """The model's spec, trained or not."""
        return self.model.role.model if isinstance(self.model, Trained) else self.model

    @property
    def title(self) -> str:
        return f"score {self.base.name}{'' if isinstance(self.model, Trained) else ' untrained'}"

    @property
    def work(self) -> float:
        return self.base.cost * self.split.split.test

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.predict import predict, summarise

        data = context.split(self.split)
        rows = data.rows(self.split.part("test"))
        network = (
            context.network(self.model)
            if isinstance(self.model, Trained)
            else self.model.build(n_classes=data.n_classes, seed=0)
        )
        probabilities = predict(network, data.inputs[rows], device=context.device)
        (folder / "predictions.safetensors").write_bytes(save(summarise(probabilities, data.labels[rows])))


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison(Step):
    """The result of an experiment with one seed: every role's answers to every test example, scores, and curves."""

    name: ClassVar[str] = "compare"
    experiment: Experiment
    weak: Scored
    student: Scored
    ceiling: Scored
    zero_shot: Scored | None
    labels: Labels

    def spec(self) -> dict[str, Any]:
        return {"metric": self.experiment.metric}

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {
            "weak": self.weak,
            "student": self.student,
            "ceiling": self.ceiling,
            "labels": self.labels,
        }
        return found | ({"zero_shot": self.zero_shot} if self.zero_shot else {})

    @property
    def title(self) -> str:
        one = self.experiment
        return f"compare {one.weak.model.name} -> {one.strong.model.name}, {one.method.label()}, seed {one.seed}"

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.evaluation import compare

        compare(self, context, folder)


S = TypeVar("S")


class Steps:
    """Describes steps; equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def split(self, task: Task, split: SplitSpec, *, seed: int) -> Split:
        """The four disjoint parts of a task's examples."""
        return self._once(("split", task, split, seed), lambda: Split(task=task, split=split, seed=seed))

    def finetune(
        self, role: Role, part: Part, *, seed: int, labels: Labels | None = None, method: Method | None = None
    ) -> Trained:
        """Fine-tune a role's model on a part: on ground truth, or on weak labels by a method's targets and loss."""
        where = (part.split, part.name, part.start, part.size)
        return self._once(
            ("finetune", role, where, labels, method, seed),
            lambda: Trained(role=role, part=part, labels=labels, method=method, seed=seed),
        )

    def predict(self, model: Trained, part: Part) -> Labels:
        """A trained model's probabilities on a part."""
        return self._once(
            ("predict", model, part.split, part.name, part.start, part.size), lambda: Labels(model=model, part=part)
        )

    def score(self, model: Trained | Model, split: Split) -> Scored:
        """A model's answers to the test examples."""
        return self._once(("score", model, split), lambda: Scored(model=model, split=split))

    def compare(
        self, experiment: Experiment, *, weak: Trained, student: Trained, ceiling: Trained, labels: Labels, split: Split
    ) -> Comparison:
        """Scores of all roles on `test`, PGR, agreement."""
        strong = experiment.strong.model
        return Comparison(
            experiment=experiment,
            weak=self.score(weak, split),
            student=self.score(student, split),
            ceiling=self.score(ceiling, split),
            zero_shot=self.score(strong, split) if experiment.task.name in strong.knows else None,
            labels=labels,
        )

    def _once(self, call: Hashable, make: Callable[[], S]) -> S:
        found = self._known.get(call)
        if found is None:
            found = self._known[call] = make()
        return found


def walk_unique(*ends: Step) -> list[Step]:
    """The steps and all they need, each key once, inputs before what needs them."""
    found: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.key not in found:
            for needed in step.inputs().values():
                visit(needed)
            found[step.key] = step

    for end in ends:
        visit(end)
    return list(found.values())
