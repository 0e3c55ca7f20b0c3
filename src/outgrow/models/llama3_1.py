"""Llama 3.1: one causal language model, a ladder by itself."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "llama-3.1-8b": Preset(path="meta-llama/Llama-3.1-8B", layers=32, parameters=6.98e9, learning_rate=5e-6),
    }
)
