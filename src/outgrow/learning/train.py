"""The one training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from outgrow.errors import StepFailed
from outgrow.learning.anchor import Anchor
from outgrow.learning.batching import Rows, batches, micro_batches
from outgrow.learning.checkpoint import NEVER, Checkpoint, Moment, optimizer_state, random_state
from outgrow.learning.dropout import switch_off_dropout
from outgrow.learning.losses import Batch, Loss
from outgrow.learning.machine import Machine
from outgrow.learning.masters import leave_grid
from outgrow.learning.memory import Memory
from outgrow.learning.network import Network
from outgrow.learning.objective import Targets
from outgrow.learning.progress import Progress
from outgrow.learning.team import Team
from outgrow.specs import TrainSpec

Check = Callable[[Network, Progress], None]
LossFunction = Callable[[Batch], Tensor]


def fit(
    network: Network,
    rows: Rows,
    targets: Targets,
    spec: TrainSpec,
    *,
    loss: Loss,
    weights: np.ndarray | None = None,
    seed: int,
    machine: Machine,
    check: Check = lambda network, progress: None,
    checkpoint: Checkpoint = NEVER,
) -> None:
    """Fit the network in place.

    Args:
        targets: what the network should say of each row.
        weights: how much each row counts, float [n]; one each by default. Rows of weight 0 do not belong here.
        seed: order of the rows; the same seed on the same machine gives the same bits.
        check: called with the network and its progress before the first update and `spec.evaluations` times after.
        checkpoint: is offered the training after every update, and says where to go on from; to the same bits on the
            same machine as a training that was never stopped. What `check` has noted so far is the caller's to keep.

    Raises:
        StepFailed: the loss is no longer a number; names the update and the learning rate.
    """
    torch.manual_seed(seed)  # dropout and the like; the order of rows has a generator of its own
    lengths, team = rows.lengths, machine.team
    total = math.ceil(len(rows) / spec.batch_size) * spec.epochs
    checks = {round(total * i / spec.evaluations) for i in range(1, spec.evaluations + 1)}
    machine.place(network).train()
    if not spec.dropout:
        switch_off_dropout(network)
    if machine.checkpointing:
        network.checkpoint_activations()
    function = loss.start(targets.table())
    counts = torch.ones(len(rows)) if weights is None else torch.from_numpy(weights).float()
    parameters = [value for value in network.parameters() if value.requires_grad]
    fused = machine.device.type in ("cpu", "cuda")
    optimizer = torch.optim.AdamW(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=fused)
    anchor = Anchor(network, rows, weight=spec.anchor, machine=machine) if spec.anchor else None
    began = checkpoint.last()
    if began is None:
        check(network, Progress(share=0.0))
        if network.mixed_precision:  # also in float32: the weights may be read in bfloat16 elsewhere
            leave_grid(parameters, seed=seed, team=team)
    else:
        began.restore(network, optimizer, function, machine.device, team)
    done, losses = (began.done, [*began.losses]) if began else (0, [])
    norms = [norm.to(machine.device) for norm in began.norms] if began else []

    def moment() -> Moment:
        return Moment(
            done=done, weights=team.state(network), optimizer=optimizer_state(optimizer, network, team),
            memory=function.memory() if isinstance(function, Memory) else {},
            random=team.gather(random_state(machine.device)), losses=[*losses], norms=[*norms],
        )  # fmt: skip

    for place, batch in enumerate(_order(lengths, spec, seed=seed)):
        if place < done:
            continue
        step_size = spec.learning_rate * rate(spec, done / total)
        for group in optimizer.param_groups:
            group["lr"] = step_size
        budget = machine.training_tokens
        if team.size > 1:  # work for every process
            budget = min(budget, math.ceil(int(lengths[batch].sum()) / team.size))
        pieces = micro_batches(batch, lengths, budget=budget)
        value = accumulate(
            network, rows, targets, counts, pieces, function,
            rowwise=loss.rowwise, progress=done / total, machine=machine, anchor=anchor,
        )  # fmt: skip
        team.reduce(parameters)
        done += 1
        if not math.isfinite(value):
            raise StepFailed(run_away(value, done, total, spec))
        losses.append(value)
        norms.append(team.clip(parameters, spec.max_grad_norm).to(machine.device))  # what waits elsewhere has it there
        optimizer.step()
        optimizer.zero_grad()
        if done in checks:
            loss_since, norm_since = sum(losses) / len(losses), float(torch.stack(norms).mean())
            check(network, Progress(share=done / total, loss=loss_since, rate=step_size, gradient_norm=norm_since))
            losses, norms = [], []
        checkpoint.offer(moment)


def _order(lengths: np.ndarray, spec: TrainSpec, *, seed: int) -> Iterator[np.ndarray]:
    """The batches of all epochs."""
    rng = np.random.default_rng(seed)
    for _ in range(spec.epochs):
        yield from batches(lengths, spec.batch_size, rng=rng)


def accumulate(
    network: Network,
    rows: Rows,
    targets: Targets,
    weights: Tensor,
    pieces: Sequence[np.ndarray],
    loss: LossFunction,
    *,
    rowwise: bool,
    progress: float,
    machine: Machine,
    anchor: Anchor | None = None,
) -> float:
    """Add the gradient of a batch's loss to the parameters, one backward pass per micro-batch; returns the loss.

    Of several processes each adds its share, and all return the whole loss.

    A loss that looks at the whole batch (`rowwise` is false) is given all its logits: with several micro-batches or
    processes these are computed once without a graph, the loss is differentiated with respect to them, and a second
    forward pass carries that gradient on. So the result does not depend on how the batch is cut.
    """

    def seen(logits: Tensor, piece: np.ndarray) -> Batch:
        members = torch.from_numpy(targets.rows(piece))
        return Batch(
            logits=logits,
            targets=targets[piece].to(machine.device),
            weights=weights[members].to(machine.device),
            rows=members.to(machine.device),
            progress=progress,
        )

    team = machine.team
    mine = list(pieces[team.rank :: team.size])
    if not rowwise and (len(pieces) > 1 or team.size > 1):  # each process must see all that the loss may remember
        return _accumulate_jointly(network, rows, pieces, mine, loss, seen, machine=machine, anchor=anchor)
    count = sum(team.gather(sum(len(targets.rows(piece)) for piece in mine)))
    value = torch.zeros((), device=machine.device)
    if _idle(pieces, team):
        _join_in(network, rows, pieces[0], machine, anchor)
    for piece in mine:
        logits, penalty = _answered(network, rows, piece, machine, anchor)
        batch = seen(logits.float(), piece)
        part = (loss(batch) if penalty is None else loss(batch) + penalty) * (len(batch.weights) / count)
        part.backward()
        value += part.detach()
    team.sum([value])
    return value.item()


def _accumulate_jointly(
    network: Network,
    rows: Rows,
    pieces: Sequence[np.ndarray],
    mine: Sequence[np.ndarray],
    loss: LossFunction,
    seen: Callable[[Tensor, np.ndarray], Batch],
    *,
    machine: Machine,
    anchor: Anchor | None,
) -> float:
    states, some, team = [], [], machine.team
    with torch.no_grad(), machine.multiplying(network):
        for piece in mine:
            states.append(random_state(machine.device))
            some.append(network(rows.batch(piece, machine.device)).float().cpu())
        if _idle(pieces, team):
            network(rows.batch(pieces[0], machine.device))
    by_process = team.gather(some)
    joint = [by_process[i % team.size][i // team.size].to(machine.device) for i in range(len(pieces))]
    logits = torch.cat(joint).requires_grad_()
    value = loss(seen(logits, np.concatenate(pieces)))
    (gradient,) = torch.autograd.grad(value, logits)
    added = torch.zeros((), device=machine.device)
    own = torch.split(gradient, [len(one) for one in joint])[team.rank :: team.size]
    if _idle(pieces, team):
        _join_in(network, rows, pieces[0], machine, anchor)
    for piece, state, carried in zip(mine, states, own, strict=True):
        random_state(machine.device, state)  # the same dropout as in the first pass
        again, penalty = _answered(network, rows, piece, machine, anchor)
        if penalty is None:
            again.float().backward(carried)
        else:
            part = penalty * (len(again) / len(logits))
            torch.autograd.backward([again.float(), part], [carried, torch.ones_like(part)])
            added += part.detach()
    if anchor is not None:
        team.sum([added])
    return value.item() + added.item()


def _answered(
    network: Network, rows: Rows, piece: np.ndarray, machine: Machine, anchor: Anchor | None
) -> tuple[Tensor, Tensor | None]:
    """Logits of some rows, and the penalty of their representation where there is an anchor."""
    with machine.multiplying(network):
        if anchor is None:
            return network(rows.batch(piece, machine.device)), None
        logits, representation = network.represent(rows.batch(piece, machine.device))
    return logits, anchor.penalty(representation, piece)


def _idle(pieces: Sequence[np.ndarray], team: Team) -> bool:
    """Whether this process has a piece less than the others, though all have to run the network at once."""
    return team.in_step and 0 < len(pieces) % team.size <= team.rank


def _join_in(network: Network, rows: Rows, piece: np.ndarray, machine: Machine, anchor: Anchor | None) -> None:
    """Run the network forward and back with the others, and add nothing to the gradient."""
    logits, _ = _answered(network, rows, piece, machine, anchor)
    logits.backward(torch.zeros_like(logits))


def run_away(value: float, done: int, total: int, spec: TrainSpec) -> str:
    """Why a training cannot go on whose loss is no number at update `done`, from 1, and what may help."""
    if done == 1:
        return f"the loss is {value} before the first update: the model's weights or its inputs are not finite numbers"
    return (
        f"the loss is {value} at update {done} of {total} with learning_rate {spec.learning_rate:g}; "
        f"try a smaller one, such as {spec.learning_rate / 10:g}"
    )


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
