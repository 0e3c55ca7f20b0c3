"""Pythia: causal language models trained on the Pile in one order."""

from outgrow.models.bases.language import Preset, add_family

add_family(
    {
        "pythia-70m": Preset(path="EleutherAI/pythia-70m", layers=6, parameters=19e6, learning_rate=5e-5),
        "pythia-160m": Preset(path="EleutherAI/pythia-160m", layers=12, parameters=85e6, learning_rate=5e-5),
        "pythia-410m": Preset(path="EleutherAI/pythia-410m", layers=24, parameters=302e6, learning_rate=2e-5),
        "pythia-1b": Preset(path="EleutherAI/pythia-1b", layers=16, parameters=805e6, learning_rate=1e-5),
        "pythia-1.4b": Preset(path="EleutherAI/pythia-1.4b", layers=24, parameters=1.21e9, learning_rate=1e-5),
        "pythia-2.8b": Preset(path="EleutherAI/pythia-2.8b", layers=32, parameters=2.52e9, learning_rate=1e-5),
        "pythia-6.9b": Preset(path="EleutherAI/pythia-6.9b", layers=32, parameters=6.44e9, learning_rate=5e-6),
        "pythia-12b": Preset(path="EleutherAI/pythia-12b", layers=36, parameters=11.3e9, learning_rate=5e-6),
    }
)
