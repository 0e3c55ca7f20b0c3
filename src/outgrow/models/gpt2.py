"""GPT-2: causal language models of 2019."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "gpt2": Preset(path="openai-community/gpt2", layers=12, parameters=85e6, learning_rate=5e-5),
        "gpt2-medium": Preset(path="openai-community/gpt2-medium", layers=24, parameters=302e6, learning_rate=5e-5),
        "gpt2-large": Preset(path="openai-community/gpt2-large", layers=36, parameters=708e6, learning_rate=1e-5),
        "gpt2-xl": Preset(path="openai-community/gpt2-xl", layers=48, parameters=1.475e9, learning_rate=1e-5),
    }
)
