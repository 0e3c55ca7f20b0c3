"""Model families: a spec of a pretrained model that can build a network giving logits for a batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.errors import ConfigError
from outgrow.registry import Registry
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from outgrow.learning.footprint import Extent
    from outgrow.learning.network import Network

Weights = Mapping[str, "Tensor"]


OWN = {"name", "path", "revision"}  # what makes a model this one and no other


class Model:
    """A pretrained model's spec. A family registers one constructor per size under the name users write."""

    name: str
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification"})
    knows: ClassVar[frozenset[str]] = frozenset()
    """Names of the tasks it can do untrained, so that a zero-shot score means something."""
    generates: bool = False
    """Whether it is a causal language model, which can continue texts."""
    mixed_precision: ClassVar[bool] = False
    """Whether its network is multiplied in bfloat16 where the hardware is made for that; for estimates of time."""
    efficiency: ClassVar[float] = 0.6
    """Of the speed of large matrix products, what its network reaches; for estimates of time."""
    represents: ClassVar[bool] = False
    """Whether its network tells the representation that `train.anchor` holds (`Network.represent`)."""
    supervises_untrained: ClassVar[frozenset[str]] = frozenset()
    """Names of the tasks that it was pretrained on, so that it is a weak supervisor of them as it is."""

    @property
    def label(self) -> str:
        """What tables and figures call it: the name, and what tells it from others of that name."""
        return self.name

    @property
    def cost(self) -> float:
        """Multiply-accumulates of one forward pass of one example."""
        raise NotImplementedError

    @property
    def longest(self) -> int:
        """Tokens of an input, at most; for estimates of memory."""
        return 1

    def extent(self, output: Output) -> Extent | None:
        """How large its network is, known before anything is loaded; None where that is not told."""
        return None

    def smaller(self) -> list[tuple[Model, str]]:
        """The same model trained with less memory, and how to ask for it; other results come of it."""
        return []

    @property
    def rough_extent(self) -> Extent | None:
        """The same as far as it is known without any of its files; None where it is too small for that to count."""
        return None

    def longer(self, inputs: np.ndarray) -> float:
        """How many times `cost` a forward pass of one of these takes, in the mean; for estimates of time."""
        return 1.0

    def identity(self) -> dict[str, Any]:
        """What determines its numbers: family, shape, and the fingerprint of its pretrained weights."""
        raise NotImplementedError

    def train_defaults(self) -> dict[str, Any]:
        """Fields of [train] that suit it, where the experiment does not set them."""
        return {}

    def ladder(self) -> list[Model]:
        """Its family's sizes, smallest first; just itself where there is no ladder."""
        return [self]

    def of_size(self, name: str) -> Model:
        """The model of that name, with this one's options where it has them."""
        other = models[name]()
        if not (dataclasses.is_dataclass(self) and dataclasses.is_dataclass(other)):
            return other
        there = {field.name for field in dataclasses.fields(other) if field.init} - OWN
        options = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name in there}
        return dataclasses.replace(other, **options)

    def build(self, output: Output, *, seed: int, start: Weights | None = None) -> Network:
        """The pretrained network with a head for `output`; fresh parts are initialised from `seed`.

        Args:
            start: weights of a generative fine-tuning to begin from; only for models that can be language models.
        """
        raise NotImplementedError

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        """Why it cannot learn from such rows, as words that follow its name; empty if it can, or cannot tell.

        It is asked before anything is trained, and loads nothing.

        Args:
            inputs: some rows of a task, as `Examples.inputs` has them.
        """
        return ""

    def misfit_on(self, device: str) -> str:
        """Why it cannot be trained on such a device, as words that follow its name; empty if it can.

        Args:
            device: `cpu`, `cuda` or `mps`.
        """
        return ""

    def language_model(self) -> Network:
        """The network that continues texts, for generative fine-tuning; only of models that are language models."""
        raise NotImplementedError

    def extractor(self) -> Extractor | None:
        """The frozen part, where only a linear head on top of it is trained; None where more is."""
        return None

    def prompted(self, output: Output, *, shots: Sequence[tuple[str, int]]) -> Network:
        """The network that answers with labelled examples in its prompt; only of models that generate."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Role:
    """A model and how it is fine-tuned."""

    model: Model
    train: TrainSpec


class Extractor:
    """A frozen network that gives a vector for each input; features are extracted once and stored."""

    def identity(self) -> dict[str, Any]:
        """What determines the features."""
        raise NotImplementedError

    @property
    def cost(self) -> float:
        """Multiply-accumulates of one example."""
        raise NotImplementedError

    def build(self, output: Output, *, start: Weights | None = None) -> Network:
        """The network: a batch -> features [b, width], or [b, 2, width] for preference."""
        raise NotImplementedError


def as_probe(model: Model) -> Model | None:
    """The same model as a linear head on frozen features; None where its family does not have that."""
    if model.extractor() is not None:
        return model
    fields: set[str] = {field.name for field in dataclasses.fields(model)} if dataclasses.is_dataclass(model) else set()
    if "training" not in fields:
        return None
    try:
        found: Model = dataclasses.replace(model, training="probe")  # type: ignore[type-var]
    except ConfigError:
        return None
    return found if found.extractor() is not None else None


def seen(inputs: np.ndarray) -> str:
    """What a task's rows are, in words."""
    if inputs.dtype == object:
        return f"texts such as {str(inputs.reshape(-1)[0])[:40]!r}"
    return f"arrays of {' x '.join(map(str, inputs.shape[1:])) or 'one number'} ({inputs.dtype})"


models: Registry[Callable[..., Model]] = Registry("models", package="outgrow.models")
