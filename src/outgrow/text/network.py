"""Pretrained transformers with a head: classification, reward, and features of the frozen network."""

from __future__ import annotations

import string
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import MissingDependency
from outgrow.learning.batching import Rows
from outgrow.learning.network import Network
from outgrow.learning.probe import tied
from outgrow.tasks.base import Output
from outgrow.text.pretrained import Pretrained
from outgrow.text.quantised import merged
from outgrow.text.tokens import TokenBatch, Tokens, tokenize

Pooling = Literal["last", "mean"]
SHORT = 256  # tokens; the matrices of attention grow with their square


def settle(network: Any, device: torch.device, limit: int) -> None:
    """Attention as plain matrix products for short texts on a CPU, where the fused kernel's backward pass is slow."""
    base = network.get_base_model() if hasattr(network, "get_base_model") else network
    if device.type == "cpu" and limit <= SHORT:
        base.set_attn_implementation("eager")


def recompute(network: Any) -> None:
    """Let each layer of a network recompute its activations in the backward pass."""
    base = network.get_base_model() if hasattr(network, "get_base_model") else network
    if hasattr(base, "activation_checkpointing_enable"):  # the newer name
        base.activation_checkpointing_enable({"use_reentrant": False})
    else:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def with_lora(network: Any, *, rank: int, seed: int) -> Any:
    """Freeze a network and add a low-rank update to each of its linear layers (Hu et al. 2021), zero at first."""
    try:
        import peft
    except ImportError as error:
        raise MissingDependency("training = 'lora' needs the extra [text]: pip install 'outgrow[text]'") from error
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fan_in_fan_out is set to False")  # GPT-2's transposed layers; peft sets it
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")  # within peft
        torch.manual_seed(seed)
        return peft.get_peft_model(network, config)


class TextNetwork(Network):
    """A transformer that turns texts into one vector each."""

    mixed_precision: ClassVar[bool] = True

    def __init__(
        self, pretrained: Pretrained, *, pooling: Pooling, limit: int, cut: str, pairs: bool, lora_rank: int, seed: int
    ) -> None:
        super().__init__()
        backbone = pretrained.backbone
        self.backbone: Any = with_lora(backbone, rank=lora_rank, seed=seed) if lora_rank else backbone
        self.pooling, self.limit, self.cut, self.pairs = pooling, limit, cut, pairs
        self.tokenizer = pretrained.tokenizer
        self.decoder = pretrained.decoder
        self.options = {"use_cache": False} if self.decoder else {}

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Texts [n], or pairs [n, 2], to tokens."""
        per_row = 2 if self.pairs else 1
        return tokenize(self.tokenizer, list(inputs.reshape(-1)), limit=self.limit, cut=self.cut, per_row=per_row)

    def notes(self, rows: Rows) -> list[str]:
        """What the user should know of the rows."""
        return rows.note() if isinstance(rows, Tokens) else []

    def pooled(self, batch: TokenBatch) -> Tensor:
        """One vector for each sequence, [sequences, width]."""
        states = self.backbone(input_ids=batch.input_ids, attention_mask=batch.mask, **self.options)
        return pool(states.last_hidden_state, batch.mask, self.pooling)

    def paired(self, values: Tensor, batch: TokenBatch) -> Tensor:
        """Values of sequences [2 b, ...] as those of pairs [b, 2, ...], equal where both have the same tokens."""
        ids, mask = batch.input_ids, batch.mask
        same = (ids[::2] == ids[1::2]).all(1)
        if mask is not None:
            same &= (mask[::2] == mask[1::2]).all(1)
        return tied(values.view(-1, 2, *values.shape[1:]), same)

    def backbone_state(self) -> dict[str, Tensor]:
        """Weights of the hidden layers, low-rank updates merged in."""
        return dict(merged(self.backbone).state_dict())

    def settle(self, device: torch.device) -> None:
        """Compute attention as plain matrix products where that is faster: short texts on a CPU."""
        settle(self.backbone, device, self.limit)

    def checkpoint_activations(self) -> None:
        """Recompute activations in the backward pass instead of keeping them."""
        recompute(self.backbone)


def pool(states: Tensor, mask: Tensor | None, pooling: Pooling) -> Tensor:
    """Hidden states [b, tokens, width] -> [b, width]: the last real token, or the mean of the real ones.

    Goes by the mask alone, so that it is right whichever side is padded, and for models without a pad token.
    """
    if pooling == "mean":
        states = states.float()  # sums of many numbers
    if mask is None:
        return states[:, -1] if pooling == "last" else states.mean(1)
    if pooling == "last":
        last = (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).argmax(1)
        return states[torch.arange(len(states), device=states.device), last]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


class Classifier(TextNetwork):
    """Texts to logits: a linear head on the pooled state; for preference one reward for each candidate.

    The two rewards of a pair are its logits, so that P(second better) = sigmoid(r2 - r1) (Bradley-Terry), and swapping
    the candidates swaps the logits.
    """

    def __init__(self, pretrained: Pretrained, output: Output, *, head: str, **options: Any) -> None:
        super().__init__(pretrained, pairs=output.kind == "preference", **options)
        self.head = nn.Linear(pretrained.width, 1 if self.pairs else output.n_classes, bias=not self.pairs)
        with torch.no_grad():
            self.head.weight.zero_()
            if self.head.bias is not None:
                self.head.bias.zero_()
            if head == "words" and pretrained.unembedding is not None and not self.pairs:
                _, tokens = answer_words(self.tokenizer, output)
                self.head.weight.copy_(pretrained.unembedding[tokens])

    def forward(self, batch: TokenBatch) -> Tensor:
        return self.represent(batch)[0]

    def represent(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """Logits, and the pooled states that the head reads."""
        pooled = self.pooled(batch)
        logits: Tensor = self.head(pooled)
        return self.paired(logits.squeeze(-1), batch) if self.pairs else logits, pooled


class Embedder(TextNetwork):
    """Texts to feature vectors of the frozen network; pairs to two vectors."""

    def forward(self, batch: TokenBatch) -> Tensor:
        pooled = self.pooled(batch)
        return self.paired(pooled, batch) if self.pairs else pooled


def answer_words(tokenizer: Any, output: Output) -> tuple[list[str], list[int]]:
    """A word for each class, and the first token of each word after a space.

    The words are the classes' names; where two begin alike, numbers; where numbers do too, as with tokenizers that put
    the space before a number in a token of its own, letters. If nothing helps, the names after all.
    """
    numbers = [str(i) for i in range(output.n_classes)]
    names = list(output.class_names) or numbers
    letters = list(string.ascii_uppercase[: output.n_classes])
    for words in (names, numbers, letters):
        tokens = first_tokens(tokenizer, words)
        if len(set(tokens)) == output.n_classes:
            return words, tokens
    return names, first_tokens(tokenizer, names)


def first_tokens(tokenizer: Any, words: list[str]) -> list[int]:
    """The first token of each word after a space."""
    return [[*tokenizer(f" {word}", add_special_tokens=False)["input_ids"], 0][0] for word in words]


def load_start(pretrained: Pretrained, start: Mapping[str, Tensor] | None) -> Pretrained:
    """Put the weights of a generative fine-tuning into the backbone."""
    if start is not None:
        pretrained.backbone.load_state_dict(dict(start))
    return pretrained
