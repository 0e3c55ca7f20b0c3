"""What determines numbers besides the components: sizes of the parts, and how a network is trained."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.spec import spec


@spec
class SplitSpec:
    """How many examples each part gets. `test` and `validation` are the same for every seed of an experiment.

    Args:
        supervisor: with ground truth, for the weak supervisor; 0 if it learns from none, as a file of labels.
        transfer: for the student; 0 only where nothing is learned.
        validation: to check trainings on the way; 0 only where nothing is compared.
        test: with ground truth, to score on; 0 only where nothing is compared.
        pool: number of examples from which each seed draws `supervisor` and `transfer`; 0 for all that are left.
        seed: which examples are set aside for `test`, `validation` and the pool.
        easy: examples of `supervisor` are of a difficulty up to this, in the task's own measure of it.
        hard: examples of `transfer` are of a difficulty above this.
        supervisor_shares: share of each class in `supervisor`; as it comes where it is not given.
        transfer_shares: share of each class in `transfer`.
        unlabelled: share of `transfer` of which the supervisor says nothing.
    """

    supervisor: Annotated[int, Field(ge=0)]
    transfer: Annotated[int, Field(ge=0)]
    validation: Annotated[int, Field(ge=0)] = 300
    test: Annotated[int, Field(ge=0)]
    pool: Annotated[int, Field(ge=0)] = 0
    seed: int = 0
    easy: float | None = None
    hard: float | None = None
    supervisor_shares: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    transfer_shares: tuple[Annotated[float, Field(ge=0)], ...] | None = None
    unlabelled: Annotated[float, Field(gt=0, lt=1)] | None = None

    def identity(self) -> dict[str, Any]:
        """All that is given: what is not does not count."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in given.items() if value is not None}

    def __post_init__(self) -> None:
        for part in ("supervisor", "transfer"):
            shares = getattr(self, f"{part}_shares")
            if shares is not None and abs(sum(shares) - 1) > 1e-6:
                raise ConfigError(
                    f"{part}_shares = {list(shares)}: the shares of all classes sum to 1", key=f"{part}_shares"
                )
        if 0 < self.pool < self.supervisor + self.transfer:
            raise ConfigError(
                f"pool = {self.pool} is smaller than supervisor + transfer = {self.supervisor + self.transfer}; "
                "make it larger, or 0 for all examples",
                key="pool",
            )


@spec
class TrainSpec:
    """One fine-tuning with Adam.

    Args:
        epochs: passes over the training rows.
        batch_size: rows per update.
        learning_rate: its peak.
        schedule: `constant`, or `linear` or `cosine` decay to zero.
        warmup: share of the steps over which the learning rate rises.
        max_grad_norm: gradients are scaled down to this norm.
        weight_decay: decoupled (AdamW), in units of the learning rate.
        dropout: whether the network drops units in training, at its checkpoint's rates. Without, as Burns et al. 2023
            train, an update depends neither on the device nor on how a batch is cut.
        evaluations: checks on the validation examples, evenly spread, besides the one before training.
        optimizer: `adam`; or `lbfgs`, only for linear heads on frozen features: solves to the optimum of the mean
            cross-entropy plus the penalty `l2`, whatever epochs, batches and rates say.
        l2: of lbfgs: half of the squared weights, times this, times 2 over the number of classes, is added to the mean
            loss; the biases are free.
        keep: weights of the `last` update, or of the `best` check (early stopping): the one that agrees most with the
            labels trained on, which for a student are the weak supervisor's; or of the check that is right most often
            (`oracle`), which looks at the ground truth of `validation`.
        anchor: the mean over rows of |r - r0|^2 / |r0|^2, times this, is added to the loss; r are the vectors that the
            head reads, r0 those before the training. Only where weights below the head are trained.
    """

    epochs: Annotated[int, Field(ge=1)] = 5
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    dropout: bool = False
    evaluations: Annotated[int, Field(ge=1)] = 5
    optimizer: Literal["adam", "lbfgs"] = "adam"
    l2: Annotated[float, Field(ge=0)] = 0.1
    keep: Literal["last", "best", "oracle"] = "last"
    anchor: Annotated[float, Field(ge=0)] = 0.0

    def identity(self) -> dict[str, Any]:
        """All fields; an anchor only where there is one, as trainings were known by before there was any."""
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        if not self.anchor:
            del found["anchor"]
        return found
