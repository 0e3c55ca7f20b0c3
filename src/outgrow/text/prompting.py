"""Classification by prompting: labelled examples stand before the text, and the next word is the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from outgrow.errors import ConfigError
from outgrow.learning.network import Network
from outgrow.tasks.base import Output
from outgrow.text.network import answer_words, pool, settle
from outgrow.text.pretrained import Pretrained
from outgrow.text.tokens import TokenBatch, Tokens, tokenize


class FewShot(Network):
    """Texts to logits: those of the classes' words as the next token of the prompt."""

    mixed_precision: ClassVar[bool] = True

    def __init__(self, pretrained: Pretrained, output: Output, *, shots: Sequence[tuple[str, int]], limit: int) -> None:
        super().__init__()
        assert pretrained.unembedding is not None
        self.backbone, self.tokenizer = pretrained.backbone, pretrained.tokenizer
        words, tokens = answer_words(self.tokenizer, output)
        if len(set(tokens)) < len(tokens):
            raise ConfigError(
                "few_shot tells classes apart by the first token of their names, and the first tokens of "
                f"{', '.join(words[:8])} are not all different; give the task's classes other names"
            )
        self.words, self.one, self.positions = words, limit, pretrained.positions
        self.show(shots)
        self.register_buffer("head", pretrained.unembedding[tokens].clone())

    def show(self, shots: Sequence[tuple[str, int]]) -> None:
        """Put these examples into the prompt in place of others."""
        self.prompt = "".join(f"{text}\nLabel: {self.words[label]}\n\n" for text, label in shots)
        self.limit = self.one * (len(shots) + 1)
        if self.positions:
            self.limit = min(self.limit, self.positions)

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Texts [n] behind the examples; what is too long is cut at the left, so that the text stays."""
        texts = [f"{self.prompt}{text}\nLabel:" for text in inputs]
        return tokenize(self.tokenizer, texts, limit=self.limit, cut="left")

    def settle(self, device: torch.device) -> None:
        """Compute attention as plain matrix products where that is faster."""
        settle(self.backbone, device, self.limit)

    def forward(self, batch: TokenBatch) -> Tensor:
        states = self.backbone(input_ids=batch.input_ids, attention_mask=batch.mask, use_cache=False)
        head: Tensor = self.head  # type: ignore[assignment]
        return pool(states.last_hidden_state, batch.mask, "last") @ head.T.to(states.last_hidden_state.dtype)
