"""What a student learns from weak labels: transforms make targets, selections weight rows, a loss compares."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from outgrow.learning.losses import CrossEntropy, Loss
from outgrow.learning.option import ForTasks
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class WeakLabels:
    """What one or several supervisors say about some rows.

    Args:
        probabilities: float32 [supervisors, n, classes]; a row sums to 1, or is zero where that supervisor abstains.
        ids: of the rows, n.
        groups: of the rows, n.
        texts: where texts are generated, the answer that each class stands for.
        features: gives frozen features of the rows, [n, ..., width], where the student has such; else None.
        earlier: what a student that learned before says of the rows, float32 [n, classes], where there is one; not of
            generated texts.
        truth: the class of rows that somebody checked and that may be learned from, int64 [n]; -1 for all others.
        notes: what a transform has to tell the user.
    """

    probabilities: np.ndarray
    ids: Sequence[str]
    groups: Sequence[str]
    texts: tuple[str, ...] | None = None
    features: Callable[[], np.ndarray] | None = None
    earlier: np.ndarray | None = None
    truth: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, votes: np.ndarray, *, ids: Sequence[str], groups: Sequence[str]) -> WeakLabels:
        """Of votes [supervisors, n, classes], or of texts [supervisors, n], which become classes of their own."""
        if votes.dtype != object:
            return cls(probabilities=votes, ids=ids, groups=groups)
        texts = tuple(sorted(set(votes.reshape(-1))))
        number = {text: i for i, text in enumerate(texts)}
        chosen = np.array([[number[text] for text in one] for one in votes], np.int64)
        probabilities = (chosen[..., None] == np.arange(len(texts))).astype(np.float32)
        return cls(probabilities=probabilities, ids=ids, groups=groups, texts=texts)

    @property
    def abstains(self) -> np.ndarray:
        """Where a supervisor says nothing, bool [supervisors, n]."""
        return np.asarray(self.probabilities.sum(-1) == 0)

    def mean(self) -> np.ndarray:
        """The mean of those that do not abstain, float32 [n, classes]; zero where all do."""
        return mean_of(self.probabilities)

    def with_probabilities(self, probabilities: np.ndarray) -> WeakLabels:
        """The same rows with other labels, [supervisors, n, classes]."""
        return dataclasses.replace(self, probabilities=probabilities)

    def corrected(self, targets: np.ndarray) -> np.ndarray:
        """Targets [n, classes] in which the rows whose truth is known have that."""
        if self.truth is None:
            return targets
        known = self.truth[:, None] >= 0
        return np.where(known, np.arange(targets.shape[1]) == self.truth[:, None], targets).astype(targets.dtype)


def mean_of(votes: np.ndarray) -> np.ndarray:
    """Votes [supervisors, n, classes] to their mean [n, classes] over those that do not abstain; zero if all do."""
    total = votes.sum(0, dtype=np.float64)
    mass = total.sum(-1, keepdims=True)
    mean: np.ndarray = np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)
    return mean.astype(np.float32)


class Transform(ForTasks):
    """From weak labels to other weak labels: the first place of an objective. A frozen spec with a registered name."""

    signed: ClassVar[bool] = False
    """Whether labels may come out below zero, though rows sum to 1: only cross-entropy can learn such."""

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        """The labels to learn from, of any number of supervisors."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Weights of rows, [n], at least 0, and what to tell the user of them."""

    weights: np.ndarray
    notes: tuple[str, ...] = ()


class Selection(ForTasks):
    """From weak labels to a weight for each row: the second place of an objective. A frozen spec."""

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        """Weights [n], at least 0; a row of weight 0 is left out of the training."""
        raise NotImplementedError

    def choose(self, weak: WeakLabels, *, seed: int) -> Chosen:
        """`weights`, and what there is to tell of them; override it where there is something."""
        return Chosen(weights=self.weights(weak, seed=seed))


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a network is to say of some rows, and how much each row counts.

    Args:
        targets: float32 [n, classes], rows summing to 1; zero where nobody labelled the row.
        weights: float32 [n], their mean over rows that count is 1; 0 leaves a row out.
        notes: what the user should know, such as rows without a label.
        loss: compares logits with them.
    """

    targets: np.ndarray
    weights: np.ndarray
    notes: list[str] = field(default_factory=list)
    loss: Loss = field(default_factory=CrossEntropy)

    @property
    def kept(self) -> np.ndarray:
        """Numbers of the rows that count, int64."""
        return np.flatnonzero(self.weights)


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a student learns from: equal objectives share trainings.

    Args:
        transforms: applied to the weak labels one after the other; what is left of several supervisors is averaged.
        selections: give weights to rows, which are multiplied.
        loss: compares logits with targets.
    """

    transforms: tuple[Transform, ...] = ()
    selections: tuple[Selection, ...] = ()
    loss: Loss = field(default_factory=CrossEntropy)

    def identity(self) -> dict[str, Any]:
        """What determines the numbers of a training."""
        return {
            "transforms": [one.identity() for one in self.transforms],
            "selections": [one.identity() for one in self.selections],
            "loss": self.loss.identity(),
        }

    @property
    def places(self) -> tuple[ForTasks, ...]:
        """Transforms, selections and loss."""
        return (*self.transforms, *self.selections, self.loss)

    @property
    def uses_truth(self) -> bool:
        """Whether any of them learns from rows whose truth is known."""
        return any(one.uses_truth for one in self.places)

    @property
    def label(self) -> str:
        """What differs from cross-entropy on the weak labels as they are, or an empty text."""
        own = (*self.transforms, *self.selections, *([] if self.loss == CrossEntropy() else [self.loss]))
        return " + ".join(one.label for one in own)

    def misfit(self, kind: Kind) -> str:
        """Why it makes no sense for a kind of task, or an empty text."""
        for one in self.places:
            if kind not in one.kinds:
                return f"{one.name!r} is for {' and '.join(sorted(one.kinds))} tasks"
        signed = [one.name for one in self.transforms if one.signed]
        if signed and not self.loss.convex:
            return (
                f"{signed[0]!r} gives labels below zero, which {self.loss.name!r} cannot learn; leave one of them out"
            )
        return ""

    @property
    def wants_features(self) -> bool:
        """Whether one of its pieces looks at frozen features of the rows."""
        return any(one.wants_features or one.needs_features for one in self.places)

    @property
    def needs_features(self) -> str:
        """The first of its pieces that can do nothing without them, or an empty text."""
        return next((one.name for one in self.places if one.needs_features), "")

    def lesson(self, weak: WeakLabels, *, seed: int) -> Lesson:
        """Targets and weights of the rows that `weak` labels; NothingLeft where there is none."""
        given = weak
        for transform in self.transforms:
            weak = transform.apply(weak, seed=seed)
        targets = weak.corrected(weak.mean())
        labelled = targets.sum(-1) > 0
        weights, notes = labelled.astype(np.float64), [*weak.notes]
        for selection in self.selections:
            chosen = selection.choose(weak, seed=seed)
            weights *= chosen.weights
            notes += chosen.notes
        found = balanced(targets, weights, unlabelled=int((~labelled).sum()))
        truth = np.full(len(targets), -1) if given.truth is None else given.truth
        loss = self.loss.fitted(lambda: self._untold(given, seed=seed)[found.kept], truth[found.kept])
        if loss.hears:
            loss = loss.hearing(np.stack([weak.corrected(own)[found.kept] for own in weak.probabilities]))
        return dataclasses.replace(found, notes=[*notes, *loss.notes, *found.notes], loss=loss)

    def _untold(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        """What weak labels become where nobody knows any truth, [n, classes]: as wrong as where nobody does."""
        weak = dataclasses.replace(weak, truth=None)
        for transform in self.transforms:
            if not transform.uses_truth:
                weak = transform.apply(weak, seed=seed)
        return weak.mean()


class NothingLeft(ValueError):
    """No row is left to learn from."""


def balanced(targets: np.ndarray, weights: np.ndarray, *, unlabelled: int = 0) -> Lesson:
    """A lesson whose weights are scaled to a mean of 1 over the rows that count."""
    kept = int((weights > 0).sum())
    if not kept:
        raise NothingLeft(f"none of {len(weights):,} rows is left to learn from")
    notes = []
    if unlabelled:
        who = f"{unlabelled:,} of {len(weights):,} rows"
        notes.append(f"{who} have no label to learn from and are left out of the training")
    if kept < len(weights) - unlabelled:
        notes.append(f"the student learns from {kept:,} of {len(weights):,} rows, as its method chooses")
    scaled = (weights * (kept / weights.sum())).astype(np.float32)
    return Lesson(targets=targets, weights=scaled, notes=notes)


class Targets(Protocol):
    """What the network should have said: probabilities of each row, or each token of a row's answer."""

    def __getitem__(self, rows: np.ndarray) -> Tensor:
        """Float [m, classes], rows summing to 1, or classes int64 [m]: as many as the network gives logits."""
        ...

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Which row each of these targets belongs to, int64 [m]."""
        ...

    def table(self) -> Tensor | None:
        """All of them, [n, classes]; None where texts are generated."""
        ...


@dataclass(frozen=True)
class Probabilities:
    """Targets of classifiers and reward models: one row of probabilities [n, classes] for each row."""

    values: Tensor

    def __getitem__(self, rows: np.ndarray) -> Tensor:
        return self.values[rows]

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Each row has one target."""
        return rows

    def table(self) -> Tensor | None:
        """All of them."""
        return self.values
