"""From a step to a training: its network, what it learns, the looks along it, and the weights it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from outgrow.errors import StepFailed
from outgrow.learning.predict import predict, summarise
from outgrow.learning.train import Targets, fit
from outgrow.methods.base import Loss, cross_entropy_loss

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps import Adapted, Trained

WEIGHTS, CURVE = "model.safetensors", "curve.json"
State = dict[str, Tensor]


def finetune(step: Trained, context: Context, folder: Path) -> None:
    """Train a step's model and write its weights and its curve."""
    data = context.split(step.part.split)
    network = new_network(step, context)
    rows = context.rows(network, step.part, step.features)
    targets: Targets
    if data.output.kind == "generation":
        answers = np.array(data.output.class_names, dtype=object)[data.labels[data.rows(step.part)]]
        weak = weak_labels(step, context)
        rows, targets = network.answered(rows, answers if weak is None else weak)  # type: ignore[operator]
        loss = step.method.new_loss() if step.method else cross_entropy_loss
    else:
        targets, loss = learning(step, context)
    looks = Looks(step, context)

    held_out = context.rows(network, looks.part, step.features)

    def look(network: nn.Module, progress: float) -> None:
        looks.note(predict(network, held_out, machine=context.machine), progress, lambda: trainable(network))

    try:
        fit(network, rows, targets, step.role.train, loss=loss, seed=step.seed, machine=context.machine, look=look)
    except StepFailed as error:
        kept = context.store.set_weights_aside(step.key, packed(looks.last))
        raise StepFailed(f"{error}; the weights of the last look before that are kept in {kept}") from None
    state = looks.best if step.role.train.keep == "best" else trainable(network)
    notes = network.notes(rows) if hasattr(network, "notes") else []  # type: ignore[operator]
    (folder / WEIGHTS).write_bytes(packed(state))
    (folder / CURVE).write_text(json.dumps(looks.curve))
    (folder / "notes.json").write_text(json.dumps(notes))


def adapt(step: Adapted, context: Context, folder: Path) -> None:
    """Train a step's language model to continue the inputs of its part, and write its weights."""
    data = context.split(step.part.split)
    network = step.model.language_model()
    rows, targets = network.continued(data.inputs[data.rows(step.part)])  # type: ignore[operator]

    def look(network: nn.Module, progress: float) -> None:
        context.report(step, progress)

    fit(network, rows, targets, step.train, loss=cross_entropy_loss, seed=step.seed, machine=context.machine, look=look)
    (folder / WEIGHTS).write_bytes(packed(network.backbone_state()))  # type: ignore[operator]


def packed(state: State) -> bytes:
    """Weights as the bytes of a safetensors file."""
    return save({name: value.detach().cpu().contiguous() for name, value in state.items()})


def new_network(step: Trained, context: Context) -> nn.Module:
    """A step's network before its training."""
    output = context.split(step.part.split).output
    if step.features is not None:
        from outgrow.learning.probe import Probe

        return Probe(context.features(step.features).shape[-1], output, seed=step.seed)
    return step.model.build(output, seed=step.seed, start=context.weights(step.start) if step.start else None)


def load_trained(step: Trained, context: Context) -> nn.Module:
    """A step's network after its training."""
    network = new_network(step, context)
    missing, unexpected = network.load_state_dict(load_file(context.store.open(step.key) / WEIGHTS), strict=False)
    frozen = {name for name, value in network.named_parameters() if not value.requires_grad}
    assert not unexpected, unexpected
    assert frozen.issuperset(missing), missing
    return network


def trainable(network: nn.Module) -> State:
    """The parameters that a training changes, and buffers: all that must be kept of it."""
    frozen = {name for name, value in network.named_parameters() if not value.requires_grad}
    return {name: value for name, value in network.state_dict().items() if name not in frozen}


def weak_labels(step: Trained, context: Context) -> np.ndarray | None:
    """The weak labels of a step's rows; None for a training on ground truth."""
    if step.labels is None:
        return None
    first = step.part.start - step.labels.part.start  # a piece may learn from the labels of the whole
    return context.labels(step.labels)[first : first + step.part.size]


def learning(step: Trained, context: Context) -> tuple[Tensor, Loss]:
    """What a classifier or reward model learns: targets [n, classes], rows summing to 1, and the loss."""
    weak = weak_labels(step, context)
    if weak is None:
        data = context.split(step.part.split)
        truth = torch.from_numpy(data.labels[data.rows(step.part)])
        return torch.nn.functional.one_hot(truth, data.output.n_classes).float(), cross_entropy_loss
    assert step.method is not None
    soft = torch.from_numpy(weak)
    return step.method.targets(soft / soft.sum(-1, keepdim=True)), step.method.new_loss()


class Looks:
    """Looks at a training on the validation examples: its curve, its last weights, and the best.

    Best is judged by the labels that the training itself goes by: agreement with the weak supervisor for a student,
    ground truth for a training on ground truth.
    """

    def __init__(self, step: Trained, context: Context) -> None:
        self.curve: list[dict[str, Any]] = []
        self.best: State = {}
        self.last: State = {}
        self.part = step.part.split.part("validation")
        data = context.split(self.part.split)
        self.rows, self.output = data.rows(self.part), data.output
        self._labels = data.labels[self.rows]
        self._supervisor: np.ndarray | None = None
        if step.labels is not None:
            self._supervisor = self._predicted(context.answers(step.labels.model, self.part))
        self._score, self._keep = -1.0, step.role.train.keep == "best"
        self._step, self._context = step, context

    def note(self, answers: np.ndarray, progress: float, state: Callable[[], State]) -> None:
        """Take down how a network does that answers the validation examples so; `state()` gives its weights."""
        predicted = self._predicted(answers)
        accuracy = float((predicted == self._labels).mean())
        agreement = None if self._supervisor is None else float((predicted == self._supervisor).mean())
        self.curve.append({"progress": progress, "accuracy": accuracy, "agreement": agreement, "n": len(predicted)})
        score = accuracy if agreement is None else agreement
        self.last = {name: value.detach().clone() for name, value in state().items()}
        if progress > 0 and score > self._score:
            self._score = score
            if self._keep:
                self.best = self.last
        self._context.report(self._step, progress)

    def _predicted(self, answers: np.ndarray) -> np.ndarray:
        return summarise(answers, self._labels, self.output)["predicted"]
