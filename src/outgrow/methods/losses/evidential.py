"""Logits as evidence: the student may say that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, Loss, weighted_mean
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "evidential",
    about="a Dirichlet over class probabilities, fitted to the labels and to the student's own answer",
    source="Cui et al. 2024, arXiv 2406.03199; Sensoy et al. 2018",
)
@spec
class Evidential(Loss):
    """(1 - gamma) sum_k w_k L(z, k) + gamma L(z, h): alpha = relu(z) + 1, S its sum, h the student's own best class.

    L(z, k) = log S - log alpha_k + t KL(Dir(alpha with alpha_k = 1) | Dir(1)), t the progress. It is linear in w: of
    several supervisors it sees the mean, or what a transform such as `inverse_entropy` makes of them. Third-party code
    multiplies one L of the best class by w, whose sum is 1, so that how sure a label is plays no part; here it does.

    The source reports gains over plain ensembles on SciQ, CosmosQA and SLURP (summary read only). It cannot help
    against labels that are sure and wrong. Answers are the softmax of z, with the best class that alpha / S has; they
    are not its probabilities. Logits below zero get no gradient, so a class can be lost for good with many classes or
    large rates. A fresh head on few rows comes to believe its first answers with gamma 0.25 or more.

    Args:
        gamma: share of the student's own answer; 0.5 in the source.
    """

    name: ClassVar[str] = "evidential"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    rowwise: ClassVar[bool] = True
    gamma: Annotated[float, Field(ge=0, le=1)] = 0.1

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        from torch.nn.functional import one_hot

        from outgrow.learning.evidence import evidential

        def loss(batch: Batch) -> Tensor:
            logits, wanted = batch.logits, batch.targets
            best = one_hot(logits.detach().argmax(-1), logits.shape[-1]).to(logits.dtype)
            wanted = one_hot(wanted, logits.shape[-1]).to(logits.dtype) if wanted.ndim == 1 else wanted
            aim = (1 - self.gamma) * wanted + self.gamma * best
            return weighted_mean((aim * evidential(logits, share=batch.progress)).sum(-1), batch)

        return loss
