"""Qwen3: causal language models, not tuned to instructions."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "qwen3-0.6b": Preset(path="Qwen/Qwen3-0.6B-Base", layers=28, parameters=440e6, learning_rate=2e-5),
        "qwen3-1.7b": Preset(path="Qwen/Qwen3-1.7B-Base", layers=28, parameters=1.4e9, learning_rate=1e-5),
        "qwen3-4b": Preset(path="Qwen/Qwen3-4B-Base", layers=36, parameters=3.6e9, learning_rate=1e-5),
    }
)
