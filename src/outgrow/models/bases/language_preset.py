"""What is known beforehand of a pretrained language model that has a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Facts of a pretrained model.

    Args:
        path: hub repository.
        pack: offline pack with its files, or "".
        layers, parameters: of the network, embeddings not counted.
        learning_rate: a sensible peak for full fine-tuning; low-rank updates take ten times as much.
        generates: whether it is a causal language model.
    """

    path: str
    pack: str = ""
    layers: int
    parameters: float
    learning_rate: float
    generates: bool = True

    @property
    def about(self) -> str:
        """One line on what it is."""
        what = "causal language model" if self.generates else "encoder"
        return f"{what}, {self.layers} layers, {self.parameters / 1e6:,.0f}M parameters"

    @property
    def source(self) -> str:
        """Where it comes from."""
        return f"offline pack {self.pack}" if self.pack else f"hub: {self.path}"
