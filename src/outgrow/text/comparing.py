"""Preference by prompting: both candidates stand in one prompt, once in either order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from outgrow.learning.network import Network
from outgrow.text.network import first_tokens, pool, settle
from outgrow.text.pretrained import Pretrained
from outgrow.text.tokens import TokenBatch, Tokens, tokenize

WORDS = ("A", "B")


class Compared(Network):
    """Pairs to log probabilities: of the word of each candidate's place as the next token, averaged over both orders.

    P(second better) = (p + 1 - p') / 2, where p is read with the second candidate in the second place, and p' with the
    candidates exchanged: so a liking for a place cancels out, and exchanging candidates exchanges the answers.
    """

    mixed_precision: ClassVar[bool] = True

    def __init__(self, pretrained: Pretrained, *, limit: int) -> None:
        super().__init__()
        assert pretrained.unembedding is not None
        self.backbone, self.tokenizer = pretrained.backbone, pretrained.tokenizer
        self.limit = min(2 * limit + 32, pretrained.positions or 2 * limit + 32)
        self.register_buffer("head", pretrained.unembedding[first_tokens(self.tokenizer, list(WORDS))].clone())

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Pairs [n, 2] as two prompts each; what is too long is cut at the left, so that the question stays."""
        texts = [prompt(*order) for one, two in inputs for order in ((one, two), (two, one))]
        return tokenize(self.tokenizer, texts, limit=self.limit, cut="left", per_row=2)

    def settle(self, device: torch.device) -> None:
        """Compute attention as plain matrix products where that is faster."""
        settle(self.backbone, device, self.limit)

    def forward(self, batch: TokenBatch) -> Tensor:
        states = self.backbone(input_ids=batch.input_ids, attention_mask=batch.mask, use_cache=False)
        head: Tensor = self.head  # type: ignore[assignment]
        logits = pool(states.last_hidden_state, batch.mask, "last") @ head.T.to(states.last_hidden_state.dtype)
        return averaged(logits.float().view(-1, 2, 2))


def averaged(logits: Tensor) -> Tensor:
    """Logits [b, orders, places] of both orders to log probabilities [b, candidates]."""
    said = logits.softmax(-1)
    return ((said[:, 0] + said[:, 1].flip(-1)) / 2).log()


def prompt(first: str, second: str) -> str:
    """Two candidates and the question which is better, up to the answer."""
    return f"{WORDS[0]}:\n{first}\n\n{WORDS[1]}:\n{second}\n\nThe better one of {WORDS[0]} and {WORDS[1]} is"
