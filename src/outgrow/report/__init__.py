"""The report: results in, one self-contained HTML page out. Reads results only, never a model."""

from outgrow.report.page import render

__all__ = ["render"]
