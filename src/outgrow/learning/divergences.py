"""How far a student's probabilities f are from weak labels w, in several senses, by row; from logits z, f = softmax(z).

Each is a divergence D(f, w), and its gradient with respect to z_k is f_k (g_k - sum_j f_j g_j) with g_k = dD / df_k.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LEAST = 2e-3  # of probability that a label leaves to be shared by all classes; 1e-3 for each of two
TINY = 1e-30  # below every probability that counts, and above zero in float32


def clipped(labels: Tensor) -> Tensor:
    """Labels [b, classes] none of which is zero: each at least `LEAST` over the number of classes."""
    classes = labels.shape[-1]
    least = LEAST / classes
    found = labels.clamp(least, 1 - (classes - 1) * least)
    return found / found.sum(-1, keepdim=True)


def reverse_kl(logits: Tensor, labels: Tensor) -> Tensor:
    """sum_k f_k log(f_k / w_k), with clipped labels; g_k = log(f_k / w_k) but for a constant. Least where f = w."""
    logs = logits.log_softmax(-1)
    return (logs.exp() * (logs - clipped(labels).log())).sum(-1)


def reverse_ce(logits: Tensor, labels: Tensor) -> Tensor:
    """-sum_k f_k log w_k, with clipped labels; g_k = -log w_k. Least where f is all on the most probable label."""
    return -(logits.softmax(-1) * clipped(labels).log()).sum(-1)


def js(logits: Tensor, labels: Tensor) -> Tensor:
    """KL(w | m) / 2 + KL(f | m) / 2 with m = (f + w) / 2; g_k = log(f_k / m_k) / 2. At most log 2."""
    logs, wanted = logits.log_softmax(-1), labels.clamp(min=TINY).log()
    middle = torch.logaddexp(logs, wanted) - math.log(2)
    return 0.5 * (labels * (wanted - middle) + logs.exp() * (logs - middle)).sum(-1)


def alpha(logits: Tensor, labels: Tensor, *, a: float) -> Tensor:
    """(sum_k w_k^a f_k^(1 - a) - 1) / (a (a - 1)) for a in (0, 1); g_k = -(w_k / f_k)^a / a.

    Near 1 this is the forward KL divergence, near 0 the reverse one; at 1/2, four times the squared Hellinger distance.
    """
    ratio = logits.log_softmax(-1) - labels.clamp(min=TINY).log()
    return (labels * torch.expm1((1 - a) * ratio)).sum(-1) / (a * (a - 1))


def total_variation(logits: Tensor, labels: Tensor) -> Tensor:
    """sum_k |f_k - w_k| / 2; g_k = sign(f_k - w_k) / 2. At most 1."""
    return 0.5 * (logits.softmax(-1) - labels).abs().sum(-1)
