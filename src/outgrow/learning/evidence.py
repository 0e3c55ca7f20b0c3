"""Evidential classification: logits as evidence for a Dirichlet distribution over class probabilities."""

from __future__ import annotations

import torch
from torch import Tensor


def concentration(logits: Tensor) -> Tensor:
    """Alpha = relu(z) + 1, the Dirichlet's parameters [b, classes]: evidence is what is above zero."""
    return logits.relu() + 1


def evidential(logits: Tensor, *, share: float) -> Tensor:
    """L(z, k) for each class k, [b, classes]: log S - log alpha_k + share * KL(Dir(alpha with alpha_k = 1) | Dir(1)).

    The divergence takes evidence away from all classes but k; S is the sum of alpha.
    """
    alpha = concentration(logits)
    fit = alpha.sum(-1, keepdim=True).log() - alpha.log()
    return fit + share * others_from_flat(alpha) if share else fit


def others_from_flat(alpha: Tensor) -> Tensor:
    """For each k: the divergence of Dir(alpha with alpha_k = 1) from the flat one, [b, classes]."""
    classes = torch.tensor(float(alpha.shape[-1]), device=alpha.device)
    excess, psi, log_gamma = alpha - 1, torch.digamma(alpha), torch.lgamma(alpha)
    total = alpha.sum(-1, keepdim=True) - excess  # with alpha_k = 1
    weighed = (excess * psi).sum(-1, keepdim=True) - excess * psi
    rest = (excess.sum(-1, keepdim=True) - excess) * torch.digamma(total)
    return torch.lgamma(total) - torch.lgamma(classes) - (log_gamma.sum(-1, keepdim=True) - log_gamma) + weighed - rest
