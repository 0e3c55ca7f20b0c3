"""What a check finds."""

from __future__ import annotations

from outgrow.errors import OutgrowError


class Broken(OutgrowError):
    """A component breaks its contract; the message says what, and what to do."""


def demand(holds: object, message: str) -> None:
    """Raise `Broken` with the message unless it holds."""
    if not holds:
        raise Broken(message)
