"""A causal language model that continues texts: answers to prompts, and plain language modelling."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError
from outgrow.hub import transformers_library
from outgrow.learning.batching import Rows
from outgrow.learning.network import Network
from outgrow.learning.objective import Targets
from outgrow.text.network import recompute, settle, with_lora
from outgrow.text.pretrained import Pretrained
from outgrow.text.quantised import merged
from outgrow.text.tokens import AnswerTokens, TokenBatch, Tokens, tokenize


class Generator(Network):
    """Prompts to texts, greedily; in training, tokens of known answers to logits for each of them."""

    mixed_precision: ClassVar[bool] = True
    generates: ClassVar[bool] = True

    def __init__(self, pretrained: Pretrained, *, limit: int, new_tokens: int, lora_rank: int, seed: int) -> None:
        super().__init__()
        if pretrained.causal is None:
            what = "a decoder without a language model's head" if pretrained.decoder else "an encoder"
            raise ConfigError(f"{what} cannot generate text; choose a causal language model such as smollm2-135m")
        model = pretrained.causal
        model.generation_config = transformers_library().GenerationConfig()  # no repetition penalty of the checkpoint's
        self.model: Any = with_lora(model, rank=lora_rank, seed=seed) if lora_rank else model
        self.tokenizer, self.limit, self.new_tokens = pretrained.tokenizer, limit, new_tokens
        if self.tokenizer.eos_token_id is None:
            raise ConfigError("to generate text, the model's tokenizer needs an end-of-text token (eos_token)")
        self.end = int(self.tokenizer.eos_token_id)
        self._forget_ties()

    def _forget_ties(self) -> None:
        """Leave second names of one parameter, such as a tied unembedding, out of what is saved and loaded."""
        once = {name for name, _ in self.named_parameters()}
        again = {name for name, _ in self.named_parameters(remove_duplicate=False)} - once
        self.register_state_dict_post_hook(partial(_saved, again))  # type: ignore[no-untyped-call]
        self.register_load_state_dict_post_hook(partial(_loaded, again))  # type: ignore[no-untyped-call]

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Prompts [n] to tokens; what is too long is cut at the left, since the end matters most."""
        limit = self.limit - self.new_tokens
        if limit < 1:
            raise ConfigError(
                f"max_length = {self.limit} leaves no room for a prompt beside an answer of new_tokens = "
                f"{self.new_tokens}; make max_length larger"
            )
        return tokenize(self.tokenizer, list(inputs), limit=limit, cut="left", side="left")

    def answered(self, rows: Rows, answers: np.ndarray) -> tuple[Rows, Targets]:
        """Prompts with their answers appended, and the answers' tokens as targets; an answer ends with end-of-text."""
        assert isinstance(rows, Tokens)
        known = [
            [*self.tokenizer(f" {answer}", add_special_tokens=False)["input_ids"][: self.new_tokens - 1], self.end]
            for answer in answers
        ]
        joined = [np.array([*prompt, *answer], np.int64) for prompt, answer in zip(rows.sequences, known, strict=True)]
        made = Tokens(
            sequences=joined, pad=rows.pad, asked=[len(one) for one in known],
            truncated=rows.truncated, limit=rows.limit, cut=rows.cut,
        )  # fmt: skip
        return made, AnswerTokens(tokens=made)

    def continued(self, inputs: np.ndarray) -> tuple[Rows, Targets]:
        """Texts, or pairs of them, of which every token after the first is to be predicted."""
        found = tokenize(self.tokenizer, list(inputs.reshape(-1)), limit=self.limit - 1, cut="right")
        sequences = [np.append(one, self.end) for one in found.sequences]
        made = Tokens(sequences=sequences, pad=found.pad, asked=[len(one) - 1 for one in sequences])
        return made, AnswerTokens(tokens=made)

    def notes(self, rows: Rows) -> list[str]:
        """What the user should know of the rows."""
        return rows.note() if isinstance(rows, Tokens) else []

    def forward(self, batch: TokenBatch) -> Tensor:
        """Logits [tokens asked, vocabulary], row after row."""
        assert batch.asked is not None
        base = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        states = base.base_model(input_ids=batch.input_ids, attention_mask=batch.mask, use_cache=False)
        logits: Tensor = base.get_output_embeddings()(states.last_hidden_state[batch.asked])
        return logits

    def generate(self, batch: TokenBatch) -> np.ndarray:
        """The most probable token again and again, up to end-of-text or a new line; texts [b]."""
        mask = torch.ones_like(batch.input_ids) if batch.mask is None else batch.mask
        made = self.model.generate(
            input_ids=batch.input_ids, attention_mask=mask, max_new_tokens=self.new_tokens, do_sample=False,
            num_beams=1, pad_token_id=self.end, eos_token_id=self.end, use_cache=True,
        )  # fmt: skip
        texts = self.tokenizer.batch_decode(made[:, batch.input_ids.shape[1] :], skip_special_tokens=True)
        return np.array([text.split("\n")[0].strip() for text in texts], dtype=object)

    def settle(self, device: torch.device) -> None:
        """Compute attention as plain matrix products where that is faster."""
        settle(self.model, device, self.limit)

    def backbone_state(self) -> dict[str, Tensor]:
        """Weights of the hidden layers, low-rank updates merged in."""
        return dict(merged(self.model).base_model.state_dict())

    def checkpoint_activations(self) -> None:
        """Recompute activations in the backward pass instead of keeping them."""
        recompute(self.model)


def _saved(again: Collection[str], module: nn.Module, state: dict[str, Tensor], prefix: str, metadata: object) -> None:
    for name in again:
        del state[prefix + name]


def _loaded(again: Collection[str], module: nn.Module, keys: Any) -> None:
    keys.missing_keys[:] = [name for name in keys.missing_keys if name not in again]
