"""Linear heads on stored features, as steps: many are trained in one go."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import OutgrowError, StepFailed
from outgrow.learning.progress import Progress
from outgrow.spec import digest
from outgrow.steps.base import Step, Write
from outgrow.steps.checks import Checks
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.predictor import Inputs
from outgrow.steps.split import Part
from outgrow.steps.stored import stored
from outgrow.steps.trained import CHECKS, CURVE, NOTES, WEIGHTS, Trained
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from torch import Tensor

    from outgrow.learning.heads import Head, Student
    from outgrow.learning.network import Network
    from outgrow.learning.weights import State


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedHead(Trained):
    """A linear head on the features of a frozen network."""

    frozen: Features

    def inputs(self) -> dict[str, Step]:
        found = super().inputs()
        found.pop("start", None)  # the features began from it
        return found

    @property
    def features(self) -> Features | None:
        return self.frozen

    @property
    def work(self) -> float:
        return 0.0  # next to nothing

    @cached_property
    def together(self) -> str:
        """Heads on the same features, with equally many rows, that are trained alike."""
        return digest([self.frozen.key, self.part.size, dataclasses.replace(self.role.train, l2=0.0)])

    def compute(self, context: Context, folder: Path) -> None:
        made = self.compute_together([self], context)[self.key]
        if isinstance(made, OutgrowError):
            raise made
        made(folder)

    def compute_together(self, steps: Sequence[TrainedHead], context: Context) -> dict[str, Write | OutgrowError]:
        from outgrow.learning.heads import BUDGET

        size = max(1, BUDGET // (self.part.size * self.part.kind(context).n_classes))
        found: dict[str, Write | OutgrowError] = {}
        for start in range(0, len(steps), size):
            found |= _train(steps[start : start + size], context)
        return found

    def network(self, context: Context, output: Output) -> Network:
        from outgrow.learning.probe import Probe
        from outgrow.learning.weights import put_back

        width = self.frozen.read(context).shape[-1]
        network = Probe(width, self.part.kind(context), seed=self.seed)
        stored(context.store, self.key, lambda folder: put_back(network, folder / WEIGHTS))
        return network

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        from outgrow.learning.heads import answers

        network = self.network(context, inputs.kind(context))
        if isinstance(inputs, Part):
            frozen = self.frozen.on(inputs.split.dataset)
            return answers(network, frozen.read(context), inputs.split.read(context).rows(inputs))
        features = self.frozen.of(context, inputs.inputs)
        return answers(network, features, np.arange(len(features)))

    def notes(self, context: Context) -> list[str]:
        return [*super().notes(context), *self.frozen.notes(context)]


def _train(steps: Sequence[TrainedHead], context: Context) -> dict[str, Write | OutgrowError]:
    """Train some heads; for each key, what writes its files, or why it failed."""
    import torch

    from outgrow.learning import heads, lbfgs
    from outgrow.learning.weights import packed

    first, device = steps[0], context.machine.device
    features, output = first.frozen.read(context), first.part.kind(context)
    checks = [Checks(step, context) for step in steps]
    held_out = torch.from_numpy(np.asarray(features[checks[0].rows])).to(device)  # the same rows for every seed
    found: dict[str, Write | OutgrowError] = {}
    students: list[Student] = []
    taught: list[tuple[TrainedHead, Checks, list[str]]] = []
    for step, own in zip(steps, checks, strict=True):
        try:
            lesson, _ = step.lesson(context)
        except OutgrowError as error:
            found[step.key] = error
            continue
        taught.append((step, own, [*lesson.notes, *own.notes]))
        students.append(
            heads.Student(
                rows=step.part.split.read(context).rows(step.part),
                targets=torch.from_numpy(lesson.targets),
                weights=torch.from_numpy(lesson.weights),
                loss=lesson.loss,
                seed=step.seed,
                l2=_penalty(step, len(lesson.kept)),
                start=None if step.after is None else _head(step.after.network(context, output)),
                check=_checking(own, held_out, partial(context.report, step)),
            )
        )
    if not students:
        return found
    spec = first.role.train
    if spec.optimizer == "lbfgs":
        made = lbfgs.solve(features, students, output, device=device)
    else:
        made = heads.train_together(features, students, spec, output, device=device)
    for (step, own, notes), head in zip(taught, made, strict=True):
        if isinstance(head, StepFailed):
            aside = context.store.set_weights_aside(step.key, packed(own.last))
            found[step.key] = StepFailed(f"{head}; the weights of the last check before that are kept in {aside}")
            continue
        state = own.kept(_state(head, output))
        files = {
            WEIGHTS: packed(state),
            CURVE: json.dumps(own.curve).encode(),
            CHECKS: own.by_row(),
            NOTES: json.dumps([*notes, *head.notes]).encode(),
        }
        found[step.key] = _writer(files)
    return found


def _checking(
    checks: Checks, held_out: Tensor, report: Callable[[float], None]
) -> Callable[[Tensor, Tensor, Progress], None]:
    from outgrow.learning.heads import Head, scores

    def check(weight: Tensor, bias: Tensor, progress: Progress) -> None:
        report(progress.share)
        answers = scores(held_out[None].float(), weight[None], bias[None])[0].softmax(-1).cpu().numpy()
        checks.note(answers, progress, lambda: _state(Head(weight=weight, bias=bias), checks.output))

    return check


def _penalty(step: TrainedHead, rows: int) -> float:
    """`l2` of its rows; further training is held to the head before it as if that one's rows were among them."""
    l2 = step.role.train.l2
    return l2 if step.after is None else l2 * step.after.part.size / rows


def _head(network: Network) -> Head:
    """The head of a probe that was trained."""
    from outgrow.learning.heads import Head

    state = {name: value.detach() for name, value in network.state_dict().items()}
    return Head(weight=state["head.weight"], bias=state.get("head.bias", state["head.weight"].new_zeros(1)))


def _state(head: Head, output: Output) -> State:
    return {"head.weight": head.weight} | ({} if output.kind == "preference" else {"head.bias": head.bias})


def _writer(files: dict[str, bytes]) -> Write:
    def write(folder: Path) -> None:
        for name, content in files.items():
            (folder / name).write_bytes(content)

    return write
