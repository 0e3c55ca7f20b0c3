"""A trained student for those who do not have outgrow: models of transformers, ONNX graphs, and their cards."""

from __future__ import annotations

from outgrow.export.write import Exported, Format, export

__all__ = ["Exported", "Format", "export"]
