"""The one training loop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from outgrow.batching import Rows, batches, micro_batches
from outgrow.config import TrainSpec
from outgrow.distributed import gather, rank, sum_over_processes, world_size
from outgrow.errors import StepFailed
from outgrow.machine import Machine
from outgrow.methods.base import Loss, cross_entropy_loss
from outgrow.predict import predict, summarise

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps import Adapted, Trained

WEIGHTS, CURVE = "model.safetensors", "curve.json"
State = dict[str, Tensor]


class Targets(Protocol):
    """What the network should have said: probabilities of each row, or of each token of a row's answer."""

    def __getitem__(self, rows: np.ndarray) -> Tensor:
        """Float [m, classes], rows summing to 1, as many as the network gives logits for these rows."""
        ...


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
        kept = context.store.set_weights_aside(step.key, _packed(looks.last))
        raise StepFailed(f"{error}; the weights of the last look before that are kept in {kept}") from None
    state = looks.best if step.role.train.keep == "best" else trainable(network)
    notes = network.notes(rows) if hasattr(network, "notes") else []  # type: ignore[operator]
    (folder / WEIGHTS).write_bytes(_packed(state))
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
    (folder / WEIGHTS).write_bytes(_packed(network.backbone_state()))  # type: ignore[operator]


def _packed(state: State) -> bytes:
    return save({name: value.detach().cpu().contiguous() for name, value in state.items()})


def new_network(step: Trained, context: Context) -> nn.Module:
    """A step's network before its training."""
    output = context.split(step.part.split).output
    if step.features is not None:
        from outgrow.probe import Probe

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


Look = Callable[[nn.Module, float], None]


def fit(
    network: nn.Module,
    rows: Rows,
    targets: Targets,
    spec: TrainSpec,
    *,
    loss: Loss,
    seed: int,
    machine: Machine,
    look: Look = lambda network, progress: None,
) -> None:
    """Fit the network in place.

    Args:
        targets: what the network should say of each row.
        seed: order of the rows; the same seed on the same machine gives the same bits.
        look: called with the network and the progress in [0, 1] before the first update and `spec.evaluations` times
            after.

    Raises:
        StepFailed: the loss is no longer a number; names the update and the learning rate.
    """
    torch.manual_seed(seed)  # dropout and the like; the order of rows has a generator of its own
    rng = np.random.default_rng(seed)
    lengths = rows.lengths
    total = math.ceil(len(rows) / spec.batch_size) * spec.epochs
    looks = {round(total * i / spec.evaluations) for i in range(1, spec.evaluations + 1)}
    machine.place(network).train()
    if machine.checkpointing and hasattr(network, "checkpoint_activations"):
        network.checkpoint_activations()  # type: ignore[operator]
    parameters = [value for value in network.parameters() if value.requires_grad]
    fused = machine.device.type in ("cpu", "cuda")
    optimizer = torch.optim.AdamW(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=fused)
    look(network, 0.0)
    done = 0
    for _ in range(spec.epochs):
        for batch in batches(lengths, spec.batch_size, rng=rng):
            for group in optimizer.param_groups:
                group["lr"] = spec.learning_rate * rate(spec, done / total)
            budget = machine.training_tokens
            if world_size() > 1:  # work for every process
                budget = min(budget, math.ceil(int(lengths[batch].sum()) / world_size()))
            pieces = micro_batches(batch, lengths, budget=budget)
            value = accumulate(network, rows, targets, pieces, loss, progress=done / total, machine=machine)
            done += 1
            if not math.isfinite(value):
                raise StepFailed(
                    f"the loss is {value} at update {done} of {total} with learning_rate {spec.learning_rate:g}; "
                    f"try a smaller one, such as {spec.learning_rate / 10:g}"
                )
            torch.nn.utils.clip_grad_norm_(parameters, spec.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            if done in looks:
                look(network, done / total)


def accumulate(
    network: nn.Module,
    rows: Rows,
    targets: Targets,
    pieces: Sequence[np.ndarray],
    loss: Loss,
    *,
    progress: float,
    machine: Machine,
) -> float:
    """Add the gradient of a batch's loss to the parameters, one backward pass per micro-batch; returns the loss.

    A loss that looks at the whole batch (`rowwise` is false) is given all its logits: with several micro-batches these
    are computed once without a graph, the loss is differentiated with respect to them, and a second forward pass
    carries that gradient on. So the result does not depend on how the batch is cut.
    """
    mine = list(pieces[rank() :: world_size()])
    if not getattr(loss, "rowwise", False) and len(pieces) > 1:
        return _accumulate_jointly(network, rows, targets, pieces, mine, loss, progress=progress, machine=machine)
    wanted = [targets[piece].to(machine.device) for piece in mine]
    count = sum(gather(sum(len(one) for one in wanted)))
    value = torch.zeros((), device=machine.device)
    for piece, target in zip(mine, wanted, strict=True):
        with machine.multiplying(network):
            logits = network(rows.batch(piece, machine.device))
        part = loss(logits.float(), target, progress) * (len(target) / count)
        part.backward()
        value += part.detach()
    _share(network, value)
    return value.item()


def _accumulate_jointly(
    network: nn.Module,
    rows: Rows,
    targets: Targets,
    pieces: Sequence[np.ndarray],
    mine: Sequence[np.ndarray],
    loss: Loss,
    *,
    progress: float,
    machine: Machine,
) -> float:
    states, some = [], []
    with torch.no_grad(), machine.multiplying(network):
        for piece in mine:
            states.append(_random_state(machine.device))
            some.append(network(rows.batch(piece, machine.device)).float().cpu())
    by_process = gather(some)
    joint = [by_process[i % world_size()][i // world_size()].to(machine.device) for i in range(len(pieces))]
    logits = torch.cat(joint).requires_grad_()
    value = loss(logits, torch.cat([targets[piece] for piece in pieces]).to(machine.device), progress)
    (gradient,) = torch.autograd.grad(value, logits)
    own = torch.split(gradient, [len(one) for one in joint])[rank() :: world_size()]
    for piece, state, carried in zip(mine, states, own, strict=True):
        _random_state(machine.device, state)  # the same dropout as in the first pass
        with machine.multiplying(network):
            again = network(rows.batch(piece, machine.device))
        again.float().backward(carried)
    _share(network, None)
    return value.item()


def _share(network: nn.Module, value: Tensor | None) -> None:
    """Sum gradients, and the loss, over the processes of a distributed run."""
    if world_size() > 1:
        for parameter in network.parameters():
            if parameter.requires_grad and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [value.grad for value in network.parameters() if value.grad is not None]
        sum_over_processes(gradients if value is None else [*gradients, value])


def _random_state(device: torch.device, state: Sequence[Tensor] | None = None) -> list[Tensor]:
    """The state of the generators a forward pass draws from; sets it where one is given."""
    if state is not None:
        torch.set_rng_state(state[0])
        if device.type == "cuda":
            torch.cuda.set_rng_state(state[1], device)
        return list(state)
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]


def rate(spec: TrainSpec, progress: float) -> float:
    """Learning rate as a share of its peak at `progress` in [0, 1)."""
    if progress < spec.warmup:
        return (progress + 1e-9) / spec.warmup
    rest = (progress - spec.warmup) / (1 - spec.warmup)
    if spec.schedule == "linear":
        return 1 - rest
    if spec.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * rest))
    return 1.0
