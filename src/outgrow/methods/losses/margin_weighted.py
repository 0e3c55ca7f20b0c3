"""Confidence weighting: hard labels, each as much as the weak label is sure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from outgrow.learning.losses import Batch, Loss, cross_entropy, weighted_mean
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "margin_weighted",
    about="hard labels, each as much as the weak label is sure of it",
    source="confidence-weighted preference optimisation, arXiv 2603.04968",
)
@spec
class MarginWeighted(Loss):
    """C CE(f, y) / mean C, where y is the most probable of K classes of w and C = (K max w - 1) / (K - 1).

    Of preferences, p is the probability of the better candidate and D its reward less the other's. Then C = 2 p - 1 and
    CE(f, y) = l(+) = -log sigmoid(D). The soft Bradley-Terry loss, which `naive` is, equals C l(+) + (1 - p) (l(+) +
    l(-)). So this is that without the pull to D = 0, with which doubtful pairs hold rewards together.
    `["harden", "reweight"]` is not this: a hardened label has no margin left to go by.

    The source reports gains for language models that learn from preferences, one run for each setting; for reward
    models and classifiers none is known. It can only help where the supervisor is right more often, the surer it is.
    """

    name: ClassVar[str] = "margin_weighted"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES
    rowwise: ClassVar[bool] = True

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        from outgrow.learning.self_trust import hard, margin

        assert targets is not None, "texts that are generated are refused"
        mean = max(float(margin(targets).mean()), 1e-6)  # all labels even: nothing to learn

        def loss(batch: Batch) -> Tensor:
            costs = margin(batch.targets) * cross_entropy(batch.logits, hard(batch.targets))
            return weighted_mean(costs, batch) / mean

        return loss
