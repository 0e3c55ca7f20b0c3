"""Qwen2.5: causal language models, not tuned to instructions."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "qwen2.5-0.5b": Preset(path="Qwen/Qwen2.5-0.5B", layers=24, parameters=358e6, learning_rate=2e-5),
        "qwen2.5-1.5b": Preset(path="Qwen/Qwen2.5-1.5B", layers=28, parameters=1.31e9, learning_rate=1e-5),
        "qwen2.5-3b": Preset(path="Qwen/Qwen2.5-3B", layers=36, parameters=2.77e9, learning_rate=1e-5),
        "qwen2.5-7b": Preset(path="Qwen/Qwen2.5-7B", layers=28, parameters=6.53e9, learning_rate=5e-6),
    }
)
