"""A finding: a title, sentences, and a table behind them; the same for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.results.shown import TextTable


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found.

    Args:
        sentences: in plain words; the first says the most.
        table: what is behind them, or None.
    """

    title: str
    sentences: Sequence[str]
    table: TextTable | None = None


def percent(value: float, digits: int = 1) -> str:
    """A share in percent: `81.3 %`."""
    return f"{100 * value:.{digits}f} %"


def between(low: float, high: float) -> str:
    """An interval in percent: `79.1 to 83.4 %`."""
    return f"{100 * low:.1f} to {100 * high:.1f} %"
