"""A pretrained transformer with its tokenizer, out of a folder: everything that can be wrong with one is one error."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from outgrow.errors import ConfigError, DataError
from outgrow.hub import AGAIN, one_error, transformers_library
from outgrow.learning.machine import give_back_freed_memory
from outgrow.text.configuration import measure
from outgrow.text.quantised import Bits, options

TRIAL = "a short text"
LOADING = threading.Lock()
"""While transformers loads a model, it swaps a method of its classes; two threads at once would leave it swapped."""


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A transformer as loaded.

    Args:
        backbone: token numbers -> hidden states.
        unembedding: [vocabulary, width] of a language model, else None.
        causal: the whole language model; None for an encoder, and where there is no head to predict tokens with.
        decoder: whether a token's state tells of those before it alone, so that the last knows the most.
        positions: tokens it can read at once; 0 where its configuration does not say.
    """

    backbone: Any
    tokenizer: Any
    unembedding: Tensor | None
    causal: Any
    decoder: bool
    width: int
    positions: int


def load(folder: Path, *, layers: int, bits: Bits = "") -> Pretrained:
    """Load float32 weights out of a folder, cut after the first `layers` layers (0: all).

    Args:
        bits: read the weights of its linear layers so instead; they can only stay frozen.

    Raises:
        DataError: the folder holds no such model, or a file of it is damaged; names the file.
        ConfigError: it has fewer layers.
        MissingDependency: what reads weights in few bits is not here.
    """
    transformers = transformers_library()
    few = options(bits)
    give_back_freed_memory()
    size = measure(folder / "config.json")
    with one_error(f"{folder / 'config.json'}: {folder} holds no model that transformers knows"):
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
        cut(config, layers)
        decoder = _sees_what_came_before(config)
    tokenizer, most = _tokenizer(folder)
    maker = transformers.AutoModelForCausalLM if decoder else transformers.AutoModel
    with LOADING, one_error(f"the weights in {folder} cannot be read as {folder / 'config.json'} says"):
        model, found = maker.from_pretrained(
            folder, config=config, dtype=torch.float32, use_safetensors=True, trust_remote_code=False,
            output_loading_info=True, **few,
        )  # fmt: skip
    head = model.get_output_embeddings() if decoder else None
    missing = sorted(name for name in found["missing_keys"] if not name.startswith("pooler."))
    if decoder and missing and {name.rsplit(".", 1)[0] for name in missing} <= _names_of(model, head):
        missing, head = [], None  # a classifier's checkpoint, or a bare decoder
    if missing:  # transformers would make them up
        raise DataError(
            f"the weights in {folder} lack {len(missing):,} of the model's, such as {missing[0]}; config.json and "
            f"weights belong to different models, or files are missing: {AGAIN}"
        )
    if not layers and (more := [name for name in found["unexpected_keys"] if _layer(name) >= config.num_hidden_layers]):
        raise DataError(
            f"the weights in {folder} have more layers than the {config.num_hidden_layers} of config.json, such as "
            f"{sorted(more)[0]}; if the rest is to be left out, set layers = {config.num_hidden_layers}"
        )
    backbone = model.base_model if decoder else model
    if not decoder and hasattr(model, "pooler"):
        model.pooler = None  # never used, and not part of every checkpoint
    return Pretrained(
        backbone=backbone,
        tokenizer=tokenizer,
        unembedding=None if head is None else head.weight.detach(),
        causal=None if head is None else model,
        decoder=decoder,
        width=_width(backbone, tokenizer, most, folder),
        positions=_positions(backbone, size.positions),
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


def _sees_what_came_before(config: Any) -> bool:
    """Whether a token sees only what came before it: by the family, not by the head that a checkpoint has."""
    from transformers.models.auto import modeling_auto as auto

    family = config.model_type
    if getattr(config, "use_bidirectional_attention", False) or getattr(config, "is_causal", True) is False:
        return False
    if family in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES:  # encoders, which can be made decoders
        return bool(getattr(config, "is_decoder", False))
    return family in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


def _tokenizer(folder: Path) -> tuple[Any, int]:
    """The tokenizer and the largest number of its tokens. Raises DataError if there is none that can be used."""
    with one_error(f"the tokenizer of {folder} cannot be used", lambda: f" ({_damaged(folder)} is damaged)"):
        tokenizer = transformers_library().AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        empty = len(tokenizer) <= len(tokenizer.all_special_tokens)  # what some classes make of no vocabulary at all
        slow = not empty and not (tokenizer(TRIAL, truncation=True, max_length=8).encodings and tokenizer(TRIAL))
        most = max(tokenizer.vocab_size - 1, *tokenizer.all_special_ids, 0)  # others that are added stand in no text
    if empty or slow:
        raise DataError(
            f"{folder} holds no tokenizer: a tokenizer.json is missing; put in that of the model, or save it with "
            "AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER)"
        )
    return tokenizer, most


def _damaged(folder: Path) -> Path:
    """Which of a tokenizer's files it is that cannot be used."""
    words, settings = (folder / name for name in ("tokenizer.json", "tokenizer_config.json"))
    try:
        if words.exists():
            transformers_library().PreTrainedTokenizerFast(tokenizer_file=str(words))
    except BaseException:  # as in `one_error`
        return words
    return settings


def _width(backbone: Any, tokenizer: Any, most: int, folder: Path) -> int:
    """Of the hidden states, found by a trial. Raises DataError if network and tokenizer do not fit together."""
    rows = backbone.get_input_embeddings().num_embeddings
    if most >= rows:
        raise DataError(
            f"the tokenizer of {folder} has token numbers up to {most:,}, and the network knows {rows:,} tokens: "
            "put in the tokenizer that the model was trained with, or give the network more rows by "
            "resize_token_embeddings and save it"
        )
    with one_error(f"the network in {folder} cannot be run as {folder / 'config.json'} says"), torch.inference_mode():
        ids = torch.tensor([tokenizer(TRIAL, truncation=True, max_length=8)["input_ids"] or [0]])
        states = backbone.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        return int(states.shape[2])


def _positions(backbone: nn.Module, told: int) -> int:
    """Tokens it can read: fewer than it has positions where those up to the padding's are never used."""
    for name, module in backbone.named_modules():
        padding: Any = getattr(module, "padding_idx", None)
        if name.endswith("position_embeddings") and padding is not None:
            return int(cast(Tensor, module.weight).shape[0]) - int(padding) - 1
    return told


def _names_of(model: nn.Module, part: nn.Module | None) -> set[str]:
    return {name for name, module in model.named_modules() if module is part}


def _layer(name: str) -> int:
    """The number of the layer that a weight is of; -1 for none."""
    found = re.search(r"(?:^|\.)(?:layers?|h|blocks?)\.(\d+)\.", name)
    return int(found[1]) if found else -1
