"""BERT: encoders of English without capitals."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "bert-base": Preset(
            path="google-bert/bert-base-uncased", layers=12, parameters=85e6, learning_rate=3e-5, generates=False
        ),
        "bert-large": Preset(
            path="google-bert/bert-large-uncased", layers=24, parameters=302e6, learning_rate=2e-5, generates=False
        ),
    }
)
