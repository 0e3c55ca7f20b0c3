"""Methods: how a student is trained from weak labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from outgrow.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from outgrow.config import Role
    from outgrow.steps import Labels, Part, Predictor, Split, Steps

Loss = Callable[["Tensor", "Tensor", float], "Tensor"]
F = TypeVar("F", bound=Loss)


class Method:
    """Base of all methods: plain cross-entropy on the weak labels as they are. Subclasses override what differs.

    A method is a frozen spec; anything that changes during a training lives in the loss that `new_loss` returns.
    """

    name: ClassVar[str]
    convex: ClassVar[bool] = True
    """Whether its loss is the plain cross-entropy on its targets, so that linear heads can be solved to the optimum."""

    def targets(self, weak: Tensor) -> Tensor:
        """Weak probabilities [n, classes] -> the targets trained on, [n, classes], rows summing to 1."""
        return weak

    def new_loss(self) -> Loss:
        """A loss for one training: `loss(logits [b, classes], targets, progress in [0, 1]) -> scalar`.

        Targets are probabilities [b, classes]; where texts are generated, b counts the answers' tokens and targets are
        token numbers int64 [b].
        """
        return cross_entropy_loss

    def train_student(self, steps: Steps, strong: Role, part: Part, labels: Labels, *, seed: int) -> Predictor:
        """The steps that lead from weak labels to a student; one fine-tuning unless overridden."""
        return steps.finetune(strong, part, labels=labels, method=self, seed=seed)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        """The steps that lead from ground truth to the strong ceiling; what is done to the student besides learning
        from weak labels is done to the ceiling too."""
        return steps.finetune(strong, part, seed=seed)

    def zero_shot(self, steps: Steps, strong: Role, split: Split, *, task: str) -> Predictor | None:
        """The student's model before it learns anything, where it can do the task so."""
        return steps.untrained(strong.model) if task in strong.model.knows else None

    def identity(self) -> dict[str, Any]:
        """Name and resolved options."""
        return {"name": self.name, **{field.name: getattr(self, field.name) for field in _fields(self)}}

    def label(self) -> str:
        """The name with the options that differ from their defaults: `naive(labels=hard)`."""
        values = [(field, getattr(self, field.name)) for field in _fields(self)]
        changed = [f"{field.name}={_short(value)}" for field, value in values if value != field.default]
        return f"{self.name}({', '.join(changed)})" if changed else self.name


def _fields(method: Method) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(method) if dataclasses.is_dataclass(method) else ()


def _short(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """CE(f, q) = -sum_k q_k log f_k, the mean over rows; q are probabilities [b, classes], or classes int64 [b]."""
    if targets.ndim == 1:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets)
    return -(targets * logits.log_softmax(-1)).sum(-1).mean()


def rowwise(loss: F) -> F:
    """Marks a loss that is a mean over rows, each by itself: it may be computed micro-batch by micro-batch.

    Any other loss is always given the logits and targets of a whole batch.
    """
    loss.rowwise = True  # type: ignore[attr-defined]
    return loss


@rowwise
def cross_entropy_loss(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
    """Cross-entropy, the same all along the training."""
    return cross_entropy(logits, targets)


def harden(probabilities: Tensor) -> Tensor:
    """One-hot rows of the most probable class; the first of equals."""
    from torch.nn.functional import one_hot

    return one_hot(probabilities.argmax(-1), probabilities.shape[-1]).to(probabilities.dtype)


methods: Registry[type[Method]] = Registry("methods", package="outgrow.methods")
