"""MiniLM: small encoders of sentences, out of offline packs."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "minilm-l3": Preset(
            path="sentence-transformers/paraphrase-MiniLM-L3-v2",
            pack="minilm-l3",
            layers=3,
            parameters=5.3e6,
            learning_rate=1e-4,
            generates=False,
        ),
        "minilm-l6": Preset(
            path="sentence-transformers/all-MiniLM-L6-v2",
            pack="minilm-l6",
            layers=6,
            parameters=10.6e6,
            learning_rate=1e-4,
            generates=False,
        ),
    }
)
