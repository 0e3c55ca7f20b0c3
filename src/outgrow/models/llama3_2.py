"""Llama 3.2: the small causal language models of that generation."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "llama-3.2-1b": Preset(path="meta-llama/Llama-3.2-1B", layers=16, parameters=973e6, learning_rate=1e-5),
        "llama-3.2-3b": Preset(path="meta-llama/Llama-3.2-3B", layers=28, parameters=2.82e9, learning_rate=1e-5),
    }
)
