"""SmolLM2: small causal language models, of which the smallest comes out of an offline pack."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "smollm2-135m": Preset(
            path="HuggingFaceTB/SmolLM2-135M-Instruct",
            pack="smollm2-135m",
            layers=30,
            parameters=106e6,
            learning_rate=5e-5,
        ),
        "smollm2-360m": Preset(path="HuggingFaceTB/SmolLM2-360M", layers=32, parameters=315e6, learning_rate=2e-5),
        "smollm2-1.7b": Preset(path="HuggingFaceTB/SmolLM2-1.7B", layers=24, parameters=1.61e9, learning_rate=1e-5),
    }
)
