"""Model families: a spec of a pretrained model that can build a network giving logits for a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.registry import Registry
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from torch import Tensor, nn

    from outgrow.config import Role
    from outgrow.steps import Part, Predictor, Steps

Weights = Mapping[str, "Tensor"]


class Model:
    """A pretrained model's spec. A family registers one constructor per size under the name users write.

    A network takes a batch and gives logits [b, classes]. It may say more about itself:
    `encode(inputs) -> Rows` where a task's inputs need work first (tokens), `mixed_precision = True` where it may be
    multiplied in bfloat16, `settle(device)` to suit itself to a device, `notes(rows)` for the user,
    `checkpoint_activations()`.
    """

    name: str
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification"})
    knows: ClassVar[frozenset[str]] = frozenset()
    """Names of the tasks it can do untrained, so that a zero-shot score means something."""
    generates: bool = False
    """Whether it is a causal language model, which can continue texts."""
    can_learn: ClassVar[bool] = True
    """Whether it can be fine-tuned; labels out of a file cannot."""

    @property
    def label(self) -> str:
        """What tables and figures call it: the name, and what tells it from others of that name."""
        return self.name

    @property
    def cost(self) -> float:
        """Multiply-accumulates of one forward pass of one example."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """What determines its numbers: family, shape, and the fingerprint of its pretrained weights."""
        raise NotImplementedError

    def train_defaults(self) -> dict[str, Any]:
        """Fields of [train] that suit it, where the experiment does not set them."""
        return {}

    def ladder(self) -> list[Model]:
        """Its family's sizes, smallest first; just itself where there is no ladder."""
        return [self]

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> nn.Module:
        """The pretrained network with a head for `output`; fresh parts are initialised from `seed`.

        Args:
            start: weights of a generative fine-tuning to begin from; only for models that can be language models.
        """
        raise NotImplementedError

    def language_model(self) -> nn.Module:
        """The network that continues texts, for generative fine-tuning; only of models that are language models."""
        raise NotImplementedError

    def extractor(self) -> Extractor | None:
        """The frozen part, where only a linear head on top of it is trained; None where more is."""
        return None

    def supervise(self, steps: Steps, role: Role, part: Part, *, seed: int) -> Predictor:
        """The steps that make it a weak supervisor: fine-tuning on ground truth, unless it needs none."""
        return steps.finetune(role, part, seed=seed)


class Extractor:
    """A frozen network that gives a vector for each input; features are extracted once and stored."""

    def identity(self) -> dict[str, Any]:
        """What determines the features."""
        raise NotImplementedError

    @property
    def cost(self) -> float:
        """Multiply-accumulates of one example."""
        raise NotImplementedError

    def build(self, output: Output, *, start: Weights | None = None) -> nn.Module:
        """The network: a batch -> features [b, width], or [b, 2, width] for preference."""
        raise NotImplementedError


models: Registry[Callable[..., Model]] = Registry("models", package="outgrow.models")
