"""The size of a transformer, out of its configuration alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from outgrow.errors import DataError


def measure(file: Path) -> tuple[int, float]:
    """Layers and their parameters, embeddings not counted: 12 width^2 a layer, or what the fields say.

    Args:
        file: config.json of a model of transformers; DataError if it names no layers and heads.
    """
    try:
        config = json.loads(file.read_text())

        def first(*names: str) -> Any:
            return next((config[name] for name in names if config.get(name)), None)

        width = int(first("hidden_size", "n_embd", "dim"))
        layers = int(first("num_hidden_layers", "n_layer", "n_layers"))
        heads = int(first("num_attention_heads", "n_head", "n_heads"))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is no configuration of a transformer with layers and heads: {error}") from error
    inner = first("intermediate_size", "n_inner", "hidden_dim") or 4 * width
    gated = 3 if config.get("hidden_act") == "silu" else 2
    shared = (config.get("num_key_value_heads") or heads) / heads
    return layers, layers * width * ((2 + 2 * shared) * width + gated * inner)
