"""What a transformer's configuration says of it, read before anything is loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.hub import AGAIN, check_whole

MOST_LAYERS = 1_000  # more are a damaged number, and would be built for hours
OFFSET = {  # families that number positions from pad_token_id + 1 on: as many as that are never used
    "camembert", "data2vec-text", "esm", "ibert", "longformer", "luke", "mpnet", "roberta", "roberta-prelayernorm",
    "xlm-roberta", "xlm-roberta-xl", "xmod",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a transformer.

    Args:
        layers: how many.
        parameters: of the layers, embeddings not counted: 12 width^2 each, or what the fields say.
        positions: tokens it can read at once; 0 where its configuration does not say.
    """

    layers: int
    parameters: float
    positions: int


def measure(file: Path) -> Size:
    """The size that the config.json of a model of transformers tells; DataError says what else it is."""
    config = _read(file)
    try:

        def first(*names: str) -> Any:
            return next((config[name] for name in names if config.get(name)), None)

        width = _count(first("hidden_size", "n_embd", "dim"), "width")
        layers = _count(first("num_hidden_layers", "n_layer", "n_layers"), "number of layers")
        heads = _count(first("num_attention_heads", "n_head", "n_heads"), "number of heads")
        inner = int(first("intermediate_size", "n_inner", "hidden_dim") or 4 * width)
        shared = int(config.get("num_key_value_heads") or heads) / heads
        positions = int(first("max_position_embeddings", "n_positions") or 0)
        if positions and config.get("model_type") in OFFSET:
            padding = config.get("pad_token_id")
            positions -= 1 + (1 if padding is None else int(padding))
        gated = 3 if config.get("hidden_act") == "silu" else 2
        parameters = layers * width * ((2 + 2 * shared) * width + gated * inner)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"{file} is no configuration of a transformer with layers and heads: {error}; choose a causal language "
            f"model or an encoder, or {AGAIN}"
        ) from error
    return Size(layers=layers, parameters=parameters, positions=positions)


def _read(file: Path) -> dict[str, Any]:
    folder = file.parent
    check_whole(folder)
    try:
        config = json.loads(file.read_bytes())
        if not isinstance(config, dict):
            raise ValueError(f"it holds {type(config).__name__}, not an object")
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{file} is no configuration of a transformer: {why}; {AGAIN}") from error
    if config.get("is_encoder_decoder"):
        raise DataError(
            f"{folder} holds an encoder-decoder ({config.get('model_type')}): only causal language models and encoders "
            "are supported; choose another, such as smollm2-135m or minilm-l6"
        )
    if quantized := config.get("quantization_config"):
        how = quantized.get("quant_method") if isinstance(quantized, dict) else None
        raise DataError(
            f"{folder} holds quantized weights ({str(how or 'quantization_config')[:40]}), which are not read: take "
            "the model as it was before it was quantized, or load it with transformers, call its dequantize() where "
            "it has that, and save it with save_pretrained"
        )
    return config


def _count(value: Any, what: str) -> int:
    if not isinstance(value, int) or value < 1 or (what == "number of layers" and value > MOST_LAYERS):
        raise ValueError(f"it gives no {what}" if value is None else f"its {what} is {str(value)[:40]!r}")
    return value
