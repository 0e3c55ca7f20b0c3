"""Early-learning regularisation: the student is held to what it said of a row before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, Loss, cross_entropy, weighted_mean
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "elr", about="the student is held to its own earlier answers, row by row", source="Liu et al. 2020, ELR"
)
@spec
class EarlyLearning(Loss):
    """CE(f, w) + strength * log(1 - <f, t>), where a row's t becomes memory * t + (1 - memory) * f whenever it is seen.

    The second part pulls f towards t, the row's earlier answers, the more the surer these are. It needs several epochs:
    when a row is first seen, t is a share of f itself. With `strength = 0` it is cross-entropy.

    It is for labels that a network learns late, such as those wrong at random. It cannot help against errors that a
    student learns first, as weak supervisors make them: these are held fast as well. Results of others on pretrained
    text encoders are mixed.

    Args:
        strength: of the second part.
        memory: share of t that stays.
    """

    name: ClassVar[str] = "elr"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES  # a generated row has many tokens, and no answer to remember
    strength: Annotated[float, Field(ge=0)] = 3.0
    memory: Annotated[float, Field(ge=0, lt=1)] = 0.7

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        from outgrow.learning.memory import Remembering
        from outgrow.learning.remembered import Remembered

        assert targets is not None, "texts that are generated are refused"
        remembered = Remembered(targets, memory=self.memory)

        def loss(batch: Batch) -> Tensor:
            own = batch.logits.softmax(-1).clamp(1e-4, 1 - 1e-4)  # no logarithm of zero
            now = own.detach() / own.detach().sum(-1, keepdim=True)
            alike = (own * remembered(batch.rows, now)).sum(-1)
            costs = cross_entropy(batch.logits, batch.targets) + self.strength * (1 - alike).log()
            return weighted_mean(costs, batch)

        return Remembering(loss, remembered)
