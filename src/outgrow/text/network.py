"""Pretrained transformers with a head: classification, reward, and features of the frozen network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError, DataError, MissingDependency
from outgrow.tasks.base import Output
from outgrow.text.source import transformers_library
from outgrow.text.tokens import TokenBatch, Tokens, tokenize

Pooling = Literal["last", "mean"]


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A transformer as loaded.

    Args:
        backbone: token numbers -> hidden states.
        unembedding: [vocabulary, width] of a language model, else None.
        causal: the whole language model, or None for an encoder.
    """

    backbone: Any
    tokenizer: Any
    unembedding: Tensor | None
    causal: Any
    width: int


def load(folder: Path, *, layers: int) -> Pretrained:
    """Load float32 weights out of a folder, cut after the first `layers` layers (0: all)."""
    transformers = transformers_library()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} holds no model that transformers knows: {error}") from error
    cut(config, layers)
    causal_names = ("ForCausalLM", "LMHeadModel")
    is_causal = (getattr(config, "architectures", None) or [""])[0].endswith(causal_names)
    maker = transformers.AutoModelForCausalLM if is_causal else transformers.AutoModel
    options = {"config": config, "dtype": torch.float32, "use_safetensors": True, "trust_remote_code": False}
    if config.model_type == "bert":
        options["add_pooling_layer"] = False
    try:
        model = maker.from_pretrained(folder, **options)
    except OSError as error:
        raise DataError(f"the weights in {folder} cannot be read: {error}") from error
    if not is_causal:
        return Pretrained(backbone=model, tokenizer=tokenizer, unembedding=None, causal=None, width=config.hidden_size)
    unembedding = model.get_output_embeddings().weight.detach()
    return Pretrained(
        backbone=model.base_model,
        tokenizer=tokenizer,
        unembedding=unembedding,
        causal=model,
        width=unembedding.shape[1],
    )


def cut(config: Any, layers: int) -> None:
    """Keep the first `layers` layers of a configuration."""
    if not layers:
        return
    if layers > config.num_hidden_layers:
        raise ConfigError(f"layers = {layers}: the model has only {config.num_hidden_layers}")
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:layers]


def with_lora(network: Any, *, rank: int, seed: int) -> Any:
    """Freeze a network and add a low-rank update to each of its linear layers (Hu et al. 2021), zero at first."""
    try:
        import peft
    except ImportError as error:
        raise MissingDependency("training = 'lora' needs the extra [text]: pip install 'outgrow[text]'") from error
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return peft.get_peft_model(network, config)


class TextNetwork(nn.Module):
    """A transformer that turns texts into one vector each."""

    mixed_precision = True

    def __init__(
        self, pretrained: Pretrained, *, pooling: Pooling, limit: int, cut: str, pairs: bool, lora_rank: int, seed: int
    ) -> None:
        super().__init__()
        backbone = pretrained.backbone
        self.backbone: Any = with_lora(backbone, rank=lora_rank, seed=seed) if lora_rank else backbone
        self.pooling, self.limit, self.cut, self.pairs = pooling, limit, cut, pairs
        self.tokenizer = pretrained.tokenizer

    def encode(self, inputs: np.ndarray) -> Tokens:
        """Texts [n], or pairs [n, 2], to tokens."""
        per_row = 2 if self.pairs else 1
        return tokenize(self.tokenizer, list(inputs.reshape(-1)), limit=self.limit, cut=self.cut, per_row=per_row)

    def notes(self, rows: object) -> list[str]:
        """What the user should know of the rows."""
        return rows.note() if isinstance(rows, Tokens) else []

    def pooled(self, batch: TokenBatch) -> Tensor:
        """One vector for each sequence, [sequences, width]."""
        states = self.backbone(input_ids=batch.input_ids, attention_mask=batch.mask, **self._no_cache)
        return pool(states.last_hidden_state, batch.mask, self.pooling)

    @property
    def _no_cache(self) -> dict[str, bool]:
        return {} if self.backbone.config.model_type in ("bert", "distilbert") else {"use_cache": False}

    def checkpoint_activations(self) -> None:
        """Recompute activations in the backward pass instead of keeping them."""
        self.backbone.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def pool(states: Tensor, mask: Tensor | None, pooling: Pooling) -> Tensor:
    """Hidden states [b, tokens, width] -> [b, width]: the last real token, or the mean of the real ones.

    Goes by the mask alone, so that it is right whichever side is padded, and for models without a pad token.
    """
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
                words = first_tokens(self.tokenizer, label_words(output))
                self.head.weight.copy_(pretrained.unembedding[words])

    def forward(self, batch: TokenBatch) -> Tensor:
        logits: Tensor = self.head(self.pooled(batch))
        return logits.view(-1, 2) if self.pairs else logits


class Embedder(TextNetwork):
    """Texts to feature vectors of the frozen network; pairs to two vectors."""

    def forward(self, batch: TokenBatch) -> Tensor:
        pooled = self.pooled(batch)
        return pooled.view(-1, 2, pooled.shape[-1]) if self.pairs else pooled


def label_words(output: Output) -> list[str]:
    """A word for each class: its name, or its number where the classes have no names."""
    return list(output.class_names) or [str(i) for i in range(output.n_classes)]


def first_tokens(tokenizer: Any, words: list[str]) -> list[int]:
    """The first token of each word after a space; numbers instead where two words begin alike."""
    tokens = [tokenizer(f" {word}", add_special_tokens=False)["input_ids"][0] for word in words]
    if len(set(tokens)) < len(tokens) and words != [str(i) for i in range(len(words))]:
        return first_tokens(tokenizer, [str(i) for i in range(len(words))])
    return tokens


def load_start(pretrained: Pretrained, start: Mapping[str, Tensor] | None) -> Pretrained:
    """Put the weights of a generative fine-tuning into the backbone."""
    if start is not None:
        pretrained.backbone.load_state_dict(dict(start))
    return pretrained
